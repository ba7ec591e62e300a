// One report in the drawer: where it stands, who has it and by when, why, and what has happened to it.
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { asProblem, type Part } from '../board';
import { icon, lookOf, shape } from '../icons';
import type { Names } from '../names';
import { count, moment } from '../numbers';
import { get } from '../session';
import type { Clock, Page, Report, TimelineEntry } from '../wire';
import { say, wordFor } from '../words';
import { inState, PageElement } from './base';
import { chip, statusChip } from './marks';

interface Whole {
  report: Report;
  timeline: TimelineEntry[];
}

@customElement('ht-report')
export class ReportView extends PageElement {
  @property() code = '';
  @property({ attribute: false }) names!: Names;
  @state() private answer: Part<Whole> = { loading: true };

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('code')) {
      this.answer = { loading: true };
      this.load();
    }
  }

  load(): void {
    void this.#load(this.code);
  }

  async #load(code: string): Promise<void> {
    const path = `/v1/reports/${encodeURIComponent(code)}`;
    const both = Promise.all([get<Report>(path), get<Page<TimelineEntry>>(`${path}/timeline`)]);
    const part: Part<Whole> = await both.then(
      ([report, timeline]) => ({ data: { report, timeline: timeline.items }, loading: false }),
      (error: unknown) => ({ problem: asProblem(error), loading: false }),
    );
    if (code === this.code) this.answer = part;
  }

  protected override render(): TemplateResult {
    if (this.answer.problem?.status === 404) return html`<div class="body"><p class="empty">${say().drawer.gone}</p></div>`;
    return html`<div class="body">${inState(this.answer, () => this.load(), (data) => this.#whole(data))}</div>`;
  }

  #whole({ report, timeline }: Whole): TemplateResult {
    const words = say().report;
    return html`
      <div class="row chips">
        ${statusChip(report.status)} ${report.overdue ? chip('late', 'octagon', words.overdue) : nothing}
        ${report.at_risk && !report.overdue ? chip('risk', 'triangle', words.atRisk) : nothing}
      </div>
      ${report.description ? html`<p class="told">${report.description}</p>` : nothing}
      ${photos(report)} ${this.#facts(report)}
      <h3>${words.promise}</h3>
      ${report.clocks?.length ? html`<ul class="clocks">${report.clocks.map((clock) => this.#clock(clock))}</ul>` : html`<p class="meta">${words.noClock}</p>`}
      <h3>${words.timeline}</h3>
      ${timeline.length ? html`<ol class="tl">${newestFirst(timeline).map((entry) => step(entry))}</ol>` : html`<p class="meta">${words.noTimeline}</p>`}
    `;
  }

  #facts(report: Report): TemplateResult {
    const words = say().report;
    const fact = (label: string, value: unknown) => (value ? html`<div><dt>${label}</dt><dd>${value}</dd></div>` : nothing);
    const area = report.area && `${report.area.name}${report.area.approximate ? ` (${words.approximate})` : ''}`;
    return html`
      <dl class="facts">
        ${fact(words.agency, report.agency?.name)} ${fact(words.category, this.names.of('categories', report.category, report.category_name))}
        ${fact(words.area, area)} ${fact(words.address, report.address)} ${fact(words.received, moment(report.received_at))}
        ${fact(words.because, report.because?.text)}
      </dl>
      ${report.imported ? html`<p class="meta">${words.imported}</p>` : nothing}
    `;
  }

  #clock(clock: Clock): TemplateResult {
    const words = say();
    const agency = typeof clock.agency === 'string' ? this.names.of('agencies', clock.agency) : clock.agency?.name;
    const [tone, look] = CLOCK_LOOKS[clock.state] ?? CLOCK_LOOKS['running']!;
    return html`
      <li>
        <div class="grow">
          <b>${wordFor(words.clock, clock.kind)}</b>${clock.cycle > 1 ? html` <span class="meta">${words.report.round(count(clock.cycle))}</span>` : nothing}
          <div class="meta">
            ${clock.due_at ? words.report.dueBy(moment(clock.due_at)) : nothing}${clock.stopped_at ? ` · ${words.report.stopped(moment(clock.stopped_at))}` : nothing}${agency && clock.kind !== 'citizen' ? ` · ${agency}` : nothing}
          </div>
        </div>
        ${chip(tone, look, wordFor(words.clockState, clock.state), true)}
      </li>
    `;
  }
}

const CLOCK_LOOKS: Record<string, Parameters<typeof chip> extends [infer T, infer S, ...unknown[]] ? [T, S] : never> = {
  running: ['moving', 'half'],
  paused: ['paused', 'bars'],
  met: ['done', 'tick'],
  breached: ['late', 'octagon'],
  cancelled: ['exit', 'cross'],
  transferred: ['exit', 'cross'],
};

function photos(report: Report): TemplateResult | typeof nothing {
  const ready = (report.photos ?? []).filter((photo) => photo.urls?.screen ?? photo.urls?.thumb);
  if (!ready.length) return nothing;
  const word = (kind: string) => (kind === 'after' ? say().report.after : say().report.before);
  return html`<ul class="photos">
    ${ready.map((photo) => html`<li><img src=${photo.urls?.screen ?? photo.urls?.thumb ?? ''} alt=${word(photo.kind)} loading="lazy" /><span class="tag">${word(photo.kind)}</span></li>`)}
  </ul>`;
}

const newestFirst = (timeline: TimelineEntry[]): TimelineEntry[] => [...timeline].sort((a, b) => b.seq - a.seq);

function step(entry: TimelineEntry): TemplateResult {
  const [tone, look] = entry.to_status ? lookOf(entry.to_status) : (['exit', 'ring'] as const);
  const who = entry.actor?.name ?? entry.actor?.alias ?? wordFor(say().role, entry.actor?.role);
  const inside = entry.visibility === 'internal';
  return html`
    <li>
      <span class="dot t-${tone}">${shape(look)}</span>
      <b>${wordFor(say().action, entry.action)}</b>${inside ? html` <span class="meta">${icon('lock')}${say().report.staffOnly}</span>` : nothing}
      ${entry.text ? html`<div class="said">${entry.text}</div>` : nothing}
      <div class="meta">${who} · <time datetime=${entry.at}>${moment(entry.at)}</time></div>
    </li>
  `;
}
