// Received and answered per day: two series, the second dashed, and the same figures as a table one key away.
import { html, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Contents, Part } from '../board';
import { addDays, daysBetween, today } from '../day';
import { count, dayMonth } from '../numbers';
import { say } from '../words';
import { inState, open, PageElement } from './base';
import { opener } from './marks';
import type { TrendChart } from './trend-chart';

export interface Day {
  day: string;
  received: number;
  answered: number;
}

type Series = 'received' | 'answered';

const FORTNIGHT = 14;

@customElement('ht-trend')
export class Trend extends PageElement {
  @property({ attribute: false }) figures!: Part<Contents['days']>;
  @property({ attribute: false }) again: () => void = () => undefined;
  @state() private asTable = false;
  #chart: TrendChart | null = null;
  #drawing = false;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#chart?.dispose();
    this.#chart = null;
  }

  protected override render(): TemplateResult {
    const words = say().trend;
    return html`
      <section class="card pn trend" aria-labelledby="trend-heading">
        <div class="row between head">
          <h2 id="trend-heading">${words.heading}</h2>
          <span class="lk row keys">
            <span class="row" aria-hidden="true"><svg width="20" height="4"><line class="first" x1="0" x2="20" y1="2" y2="2"></line></svg>${words.received}</span>
            <span class="row" aria-hidden="true"><svg width="20" height="4"><line class="second" x1="0" x2="20" y1="2" y2="2"></line></svg>${words.answered}</span>
            <button class="link" @click=${() => (this.asTable = !this.asTable)}>${this.asTable ? say().showChart : say().showTable}</button>
          </span>
        </div>
        ${inState(this.figures, this.again, (data) => this.#content(data))}
      </section>
    `;
  }

  #content(data: Contents['days']): TemplateResult {
    const days = this.days(data);
    if (days.every((day) => !day.received && !day.answered)) return html`<p class="empty">${say().trend.empty}</p>`;
    if (this.asTable) return this.#table(days);
    const first = days[0]!.day;
    const last = days[days.length - 1]!.day;
    const sum = (series: Series) => count(days.reduce((total, day) => total + day[series], 0));
    const label = say().trend.summary(dayMonth(first), dayMonth(last), sum('received'), sum('answered'));
    return html`<div class="chart" role="img" aria-label=${label}></div>`;
  }

  #table(days: Day[]): TemplateResult {
    const words = say().trend;
    const cell = (day: Day, series: Series) => html`<td class="r">${opener(count(day[series]), this.opening(day.day, series), 'link')}</td>`;
    return html`
      <div class="scroll" tabindex="0" role="group" aria-label=${words.heading}>
        <table class="list">
          <thead><tr><th scope="col">${words.day}</th><th scope="col" class="r">${words.received}</th><th scope="col" class="r">${words.answered}</th></tr></thead>
          <tbody>
            ${[...days].reverse().map((day) => html`<tr><th scope="row">${dayMonth(day.day)}</th>${cell(day, 'received')}${cell(day, 'answered')}</tr>`)}
          </tbody>
        </table>
      </div>
    `;
  }

  /** Every day of the period up to today; a day without reports is a zero, a day to come is no day. */
  days(data: Contents['days']): Day[] {
    const { from = today(), to = today() } = data.received.question;
    const end = [to, addDays(today(), 1)].sort()[0]!;
    const read = (series: Series) => new Map(data[series].items.map((item) => [item.day, item.value ?? 0]));
    const received = read('received');
    const answered = read('answered');
    const days = Array.from({ length: Math.max(1, daysBetween(from, end)) }, (_, index) => {
      const day = addDays(from, index);
      return { day, received: received.get(day) ?? 0, answered: answered.get(day) ?? 0 };
    });
    // Months before the first report ever would squeeze the rest; a fortnight is always shown.
    const first = days.findIndex((day) => day.received || day.answered);
    return first < 0 ? days : days.slice(Math.max(0, Math.min(first, days.length - FORTNIGHT)));
  }

  opening(day: string, series: Series): Parameters<typeof open>[1] {
    const asked = this.figures.data![series];
    const { group_by: _, ...question } = asked.question;
    return {
      title: `${say().trend[series]} · ${dayMonth(day)}`,
      questions: [{ ...question, from: day, to: addDays(day, 1) }],
      version: asked.version,
    };
  }

  protected override updated(): void {
    void this.#draw();
  }

  async #draw(): Promise<void> {
    const ground = this.querySelector<HTMLElement>('.chart');
    if (!ground || this.#chart?.ground !== ground) {
      this.#chart?.dispose();
      this.#chart = null;
    }
    if (!ground || !this.figures.data || this.#drawing) return;
    this.#drawing = true; // the chart library arrives once; updates meanwhile wait for it
    const { TrendChart } = await import('./trend-chart').finally(() => (this.#drawing = false));
    if (!ground.isConnected || !this.figures.data) return;
    this.#chart ??= new TrendChart(ground, (day) => open(this, this.opening(day, 'received')));
    this.#chart.show(this.days(this.figures.data));
  }
}
