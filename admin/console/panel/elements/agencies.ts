// On-time share by agency, strict and lenient, drawn as intervals. Too few cases to tell: hidden, and how many is said.
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Contents, Part } from '../board';
import type { Names } from '../names';
import { count, percent, percentSign, points } from '../numbers';
import type { FigureItem } from '../wire';
import { say } from '../words';
import { inState, open, PageElement, Tints } from './base';
import { axisFor, pairOfIntervals, type Axis } from './interval';

@customElement('ht-agencies')
export class Agencies extends PageElement {
  @property({ attribute: false }) figures!: Part<Contents['agencies']>;
  @property({ attribute: false }) whole: number | null = null;
  @property({ attribute: false }) names!: Names;
  @property({ attribute: false }) again: () => void = () => undefined;
  @property() periodKey = '';
  #tints = new Tints(this);

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('periodKey')) this.#tints.forget();
  }

  protected override render(): TemplateResult {
    const words = say().agencies;
    return html`
      <section class="card pn agencies" aria-labelledby="agencies-heading">
        <div class="row between head">
          <h2 id="agencies-heading">${words.heading}</h2>
          <span class="lk row keys" aria-hidden="true">
            <span class="row"><svg width="20" height="10"><line class="strict" x1="0" x2="20" y1="5" y2="5"></line><circle class="strict" cx="10" cy="5" r="4"></circle></svg>${words.strict}</span>
            <span class="row"><svg width="20" height="10"><line class="lenient" x1="0" x2="20" y1="5" y2="5"></line><circle class="lenient" cx="10" cy="5" r="3.5"></circle></svg>${words.lenient}</span>
          </span>
        </div>
        ${inState(this.figures, this.again, (data) => this.#table(data))}
      </section>
    `;
  }

  #table({ strict, lenient }: Contents['agencies']): TemplateResult {
    const words = say().agencies;
    const told = strict.items.filter((item) => item.value !== null && !item.suppressed);
    const hidden = strict.items.filter((item) => item.agency && item.n > 0).length - told.filter((item) => item.agency).length;
    const second = new Map(lenient.items.map((item) => [item.agency, item]));
    const rows = told.filter((item) => item.agency).sort((a, b) => (b.value ?? 0) - (a.value ?? 0) || b.n - a.n);
    if (!rows.length) return html`<p class="empty">${hidden ? words.allHidden(count(hidden)) : words.empty}</p>`;
    const axis = axisFor([...rows, ...rows.map((item) => second.get(item.agency))]);
    return html`
      <ul class="rows scroll" tabindex="0" aria-label=${words.heading}>
        ${rows.map((item) => this.#row(item, second.get(item.agency), axis))}
        <li class="ag axis lk" aria-hidden="true"><span></span><span class="row between"><span>${percent(axis.from, 0)}</span><span>${percent(1, 0)}</span></span></li>
      </ul>
      <div class="row between lk foot"><span>${words.line}</span>${hidden ? html`<span>${words.hiddenFew(count(hidden))}</span>` : nothing}</div>
    `;
  }

  #row(strict: FigureItem, lenient: FigureItem | undefined, axis: Axis): TemplateResult {
    const words = say();
    const name = this.names.of('agencies', strict.agency, strict.agency_name);
    const tint = this.#tints.of(strict.agency ?? '', `${strict.value}/${lenient?.value}/${strict.n}`);
    const label = words.agencies.interval(name, percent(strict.value ?? 0, 0), percent(strict.low ?? 0, 0), percent(strict.high ?? 1, 0), count(strict.n));
    const show = (part: 'strict' | 'lenient') => (event: Event) => this.#open(event, name, strict.agency ?? '', part);
    return html`
      <li class="ag ${tint}" data-agency=${strict.agency ?? ''}>
        <button class="name link" title=${label} aria-label=${label} aria-haspopup="dialog" @click=${show('strict')}>${name}</button>
        ${pairOfIntervals(strict, lenient, axis, this.whole)}
        <span class="num">
          <b>${points(strict.value ?? 0, 0)}</b>
          <span class="meta">/ ${lenient?.value == null ? words.none : html`<button class="link" aria-haspopup="dialog" aria-label="${name}, ${words.agencies.lenient}: ${percent(lenient.value, 0)}" @click=${show('lenient')}>${points(lenient.value, 0)}</button>`}${percentSign()}</span>
        </span>
      </li>
    `;
  }

  #open(event: Event, name: string, agency: string, which: 'strict' | 'lenient'): void {
    const asked = this.figures.data?.[which];
    if (!asked) return;
    open(event.currentTarget!, {
      title: `${name} · ${say().tile.onTime}, ${say().tile[which]}`,
      questions: [{ ...asked.question, agency }],
      version: asked.version,
    });
  }
}
