// The headline figures. Each tile names its definition's version, its n where it is a rate, and opens its reports.
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Contents, One, Part, PartName } from '../board';
import type { Shape, Tone } from '../icons';
import { count, hours, percent, percentSign, points } from '../numbers';
import { say } from '../words';
import { inState, open, PageElement, Tints, type Opening } from './base';
import { axisFor, pairOfIntervals } from './interval';
import { chip, opener } from './marks';

type TileName = 'inflow' | 'open' | 'onTime' | 'speed' | 'opinion';

const TITLES = { inflow: 'valid', open: 'backlog', onTime: 'onTime', speed: 'median', opinion: 'satisfied' } as const;

@customElement('ht-tiles')
export class Tiles extends PageElement {
  @property({ attribute: false }) parts!: { [K in PartName]: Part<Contents[K]> };
  @property({ attribute: false }) again: (part: PartName) => void = () => undefined;
  @property() periodKey = '';
  #tints = new Tints(this);

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('periodKey')) this.#tints.forget();
  }

  protected override render(): TemplateResult {
    return html`
      <section class="tiles" aria-label=${say().tile.region}>
        ${this.#tile('inflow', (data) => this.#inflow(data))} ${this.#tile('open', (data) => this.#open(data))}
        ${this.#tile('onTime', (data) => this.#onTime(data), 'lead')} ${this.#tile('speed', (data) => this.#speed(data))}
        ${this.#tile('opinion', (data) => this.#opinion(data))}
      </section>
    `;
  }

  #tile<K extends TileName>(name: K, content: (data: Contents[K]) => TemplateResult, extra = ''): TemplateResult {
    const part = this.parts[name];
    const tint = part.data ? this.#tints.of(name, asShown(name, part.data)) : '';
    const title = part.data ? nothing : html`<h2 class="eyebrow">${say().tile[TITLES[name]]}</h2>`;
    return html`<article class="card tile ${extra} ${tint}" data-part=${name}>
      ${title}${inState(part, () => this.again(name), content)}
    </article>`;
  }

  #inflow({ valid, received, duplicate, rejected, referred, withdrawn }: Contents['inflow']): TemplateResult {
    const words = say().tile;
    const declined = [rejected, referred, withdrawn];
    const declinedCount = declined.reduce((sum, item) => sum + (item.value ?? 0), 0);
    return html`
      ${head(words.valid, valid)}
      <div class="fig">${countOpener(valid, words.valid)}</div>
      <div class="lk parts">
        <span>${words.received} ${countOpener(received, words.received, 'link')}</span>
        <span>${words.duplicate} ${countOpener(duplicate, words.duplicate, 'link')}</span>
        <span>${words.declined} ${opener(count(declinedCount), { title: words.declined, questions: declined.map((one) => one.question) }, 'link')}</span>
      </div>
    `;
  }

  #open({ backlog, overdue, atRisk }: Contents['open']): TemplateResult {
    const words = say().tile;
    const risky = `${count(atRisk.count)}${atRisk.more ? '+' : ''}`;
    return html`
      ${head(words.backlog, backlog)}
      <div class="fig">${countOpener(backlog, words.backlog)}</div>
      <div class="row chips">
        ${opener(alarm(overdue.value ?? 0, 'late', 'octagon', `${count(overdue.value ?? 0)} ${words.overdue}`), opening(words.overdue, overdue), 'plain')}
        ${opener(alarm(atRisk.count, 'risk', 'triangle', `${risky} ${words.atRisk}`), { title: words.atRisk, questions: [], path: '/v1/reports?at_risk=true' }, 'plain')}
      </div>
    `;
  }

  #onTime({ strict, lenient }: Contents['onTime']): TemplateResult {
    const words = say().tile;
    const title = `${words.onTime}, ${words.strict}`;
    const meta = html`${words.n(count(strict.n))} · ${words.version(strict.version)} ·
      <button class="link" aria-haspopup="dialog" @click=${(event: Event) => open(event.currentTarget!, opening(title, strict))}>${words.seeReports(count(strict.n))}</button>`;
    if (strict.value === null) return html`${head(words.onTime, strict, meta)}${tooFew(strict)}`;
    return html`
      ${head(words.onTime, strict, meta)}
      <div class="row pair">
        <div class="fig">${opener(points(strict.value), opening(title, strict))} <small>${percentSign()} ${words.strict}</small></div>
        ${lenient.value === null
          ? nothing
          : html`<div class="fig second">
              ${opener(points(lenient.value), opening(`${words.onTime}, ${words.lenient}`, lenient))}
              <small>${percentSign()} ${words.lenient}</small>
            </div>`}
      </div>
      <div class="row strip">${pairOfIntervals(strict, lenient, axisFor([strict, lenient]))}${rangeText(strict)}</div>
    `;
  }

  #speed({ median, p90, reopened }: Contents['speed']): TemplateResult {
    const words = say().tile;
    const rest = html`<div class="lk parts">
      ${p90.value === null ? nothing : opener(words.p90(hours(p90.value)), opening(words.p90(hours(p90.value)), p90), 'link')}
      ${reopened.value === null ? nothing : opener(words.reopened(percent(reopened.value)), opening(words.reopened(percent(reopened.value)), reopened), 'link')}
    </div>`;
    return html`
      ${head(words.median, median)}
      ${median.value === null
        ? median.n ? html`<p class="few">${words.notReached(count(median.n))}</p>` : tooFew(median)
        : html`<div class="fig">${opener(hours(median.value), opening(words.median, median))} <small>${words.workingHours}</small></div>`}
      ${rest}
    `;
  }

  #opinion({ satisfied, responded, qd766 }: Contents['opinion']): TemplateResult {
    const words = say().tile;
    const share = (text: (share: string) => string, item: One) =>
      item.value === null ? nothing : opener(text(percent(item.value)), opening(text(percent(item.value)), item), 'link');
    return html`
      ${head(words.satisfied, satisfied, html`${words.n(count(satisfied.n))} · ${words.version(satisfied.version)}`)}
      ${satisfied.value === null
        ? tooFew(satisfied)
        : html`<div class="fig">${opener(points(satisfied.value), opening(words.satisfied, satisfied))} <small>${percentSign()} ${words.ofRated}</small></div>`}
      <div class="lk parts">${share(words.rated, responded)}${share(words.qd766, qd766)}</div>
    `;
  }
}

/** What a tile shows, coarsely: a median that moves by seconds with the clock is not news. */
function asShown(name: PartName, data: object): string {
  const grain = name === 'speed' ? 1 / 360 : 1_000;
  return Object.values(data)
    .map((one: { value?: number | null; count?: number }) => one.count ?? Math.round((one.value ?? -1) * grain))
    .join(' ');
}

const opening = (title: string, item: One): Opening => ({ title, questions: [item.question], version: item.version });

const head = (title: string, item: One, meta?: TemplateResult): TemplateResult => html`
  <div class="row between head"><h2 class="eyebrow">${title}</h2><span class="lk">${meta ?? say().tile.version(item.version)}</span></div>
`;

/** A count as its own button; what it counts is said with it. */
const countOpener = (item: One, title: string, className = 'open'): TemplateResult => opener(count(item.value ?? 0), opening(title, item), className);

/** Colour only when something is wrong: none is a quiet tick. */
const alarm = (n: number, tone: Tone, look: Shape, text: string): TemplateResult =>
  n ? chip(tone, look, text, true) : chip('exit', 'tick', text, true);

const tooFew = (item: One): TemplateResult => html`
  <p class="few">${item.n === 0 ? say().tile.noCase : say().tile.few(count(item.n))}</p>
`;

function rangeText(item: One): TemplateResult | typeof nothing {
  if (item.low == null || item.high == null) return nothing;
  return html`<span class="lk range" title=${say().tile.rangeLabel(percent(item.low), percent(item.high))}>${say().tile.range(points(item.low), points(item.high))}</span>`;
}
