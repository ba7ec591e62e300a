// Categories against their own usual: the same stretch of earlier periods. Sorted by how surprising the count is, not by
// the ratio, so that 3 instead of 1 does not beat 140 instead of 60.
import { html, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Contents, Part, Past } from '../board';
import { shape } from '../icons';
import type { Names } from '../names';
import { count, decimal } from '../numbers';
import { say } from '../words';
import { inState, open, PageElement, Tints } from './base';
import { opener } from './marks';

interface Row {
  code: string;
  name: string;
  now: number;
  usual: number | null;
  surprise: number;
}

const SHOWN = 8;
const HOT = 3; // standard deviations of a Poisson count above its usual

@customElement('ht-categories')
export class Categories extends PageElement {
  @property({ attribute: false }) figures!: Part<Past>;
  @property({ attribute: false }) names!: Names;
  @property({ attribute: false }) again: () => void = () => undefined;
  @property() periodKey = '';
  @state() private asTable = false;
  #tints = new Tints(this);

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has('periodKey')) this.#tints.forget();
  }

  protected override render(): TemplateResult {
    const words = say().categories;
    return html`
      <section class="card pn categories" aria-labelledby="categories-heading">
        <div class="row between head">
          <h2 id="categories-heading">${words.heading} <span class="lk">${words.versus}</span></h2>
          <button class="link lk" @click=${() => (this.asTable = !this.asTable)}>${this.asTable ? say().showChart : say().showTable}</button>
        </div>
        ${inState(this.figures, this.again, (data) => this.#content(data))}
      </section>
    `;
  }

  #content(data: Contents['categories']): TemplateResult {
    const rows = this.#rows(data);
    if (!rows.length) return html`<p class="empty">${say().categories.empty}</p>`;
    return this.asTable ? this.#table(rows) : this.#bars(rows.slice(0, SHOWN), hasPast(data) ? data.before.length : 0);
  }

  #rows(data: Past): Row[] {
    const compared = hasPast(data);
    return data.now.items
      .filter((item) => item.category && (item.value ?? 0) > 0)
      .map((item) => {
        const now = item.value ?? 0;
        const usual = compared ? meanOf(data.before, item.category ?? '') : null;
        const surprise = usual === null ? now : (now - usual) / Math.sqrt(Math.max(usual, 1));
        return { code: item.category ?? '', name: this.names.of('categories', item.category, item.category_name), now, usual, surprise };
      })
      .sort((a, b) => b.surprise - a.surprise || b.now - a.now);
  }

  #bars(rows: Row[], periods: number): TemplateResult {
    const words = say().categories;
    // One common width for all bars: where the usual stands is the same place in every row.
    const widest = Math.max(2, ...rows.map((row) => (row.usual ? Math.min(4, row.now / row.usual) : 1)));
    const most = Math.max(1, ...rows.map((row) => row.now));
    return html`
      <ul class="rows scroll" tabindex="0" aria-label=${words.heading}>
        ${rows.map((row) => this.#bar(row, (row.usual === null ? row.now / most : row.usual ? row.now / row.usual / widest : 1), 1 / widest))}
      </ul>
      <div class="lk foot">${periods ? words.mark(count(periods)) : words.noPast}</div>
    `;
  }

  #bar(row: Row, length: number, usualAt: number): TemplateResult {
    const words = say().categories;
    const hot = row.usual !== null && row.surprise >= HOT;
    return html`
      <li class="ca ${this.#tints.of(row.code, row.now)}" data-category=${row.code}>
        ${hot ? html`<span class="t-risk" role="img" aria-label=${words.hot}>${shape('triangle')}</span>` : html`<span></span>`}
        ${opener(row.name, this.#opening(row), 'link name')}
        <svg class="pace" width="100%" height="16" aria-hidden="true">
          <rect class="bed" width="100%" height="10" y="3" rx="3"></rect>
          <rect class=${hot ? 'hot' : 'fill'} width="${Math.min(100, length * 100).toFixed(1)}%" height="10" y="3" rx="3"></rect>
          ${row.usual ? svg`<rect class="tick" x="${(usualAt * 100).toFixed(1)}%" width="2" height="16"></rect>` : nothing}
        </svg>
        <span class="num"><b>${count(row.now)}</b> <span class="meta">${this.#versus(row)}</span></span>
      </li>
    `;
  }

  #versus(row: Row): string {
    if (row.usual === null) return '';
    return row.usual === 0 ? say().categories.fresh : say().categories.times(decimal(row.now / row.usual));
  }

  #table(rows: Row[]): TemplateResult {
    const words = say().categories;
    return html`
      <div class="scroll" tabindex="0" role="group" aria-label=${words.heading}>
        <table class="list">
          <thead><tr><th scope="col">${words.category}</th><th scope="col" class="r">${words.now}</th><th scope="col" class="r">${words.usual}</th><th scope="col" class="r">${words.ratio}</th></tr></thead>
          <tbody>
            ${rows.map((row) => html`<tr>
              <th scope="row">${row.name}</th>
              <td class="r">${opener(count(row.now), this.#opening(row), 'link')}</td>
              <td class="r">${row.usual === null ? say().none : decimal(row.usual)}</td>
              <td class="r">${row.usual ? decimal(row.now / row.usual) : say().none}</td>
            </tr>`)}
          </tbody>
        </table>
      </div>
    `;
  }

  #opening(row: Row): Parameters<typeof open>[1] {
    const asked = this.figures.data!.now;
    return { title: row.name, questions: [{ ...asked.question, category: row.code }], version: asked.version };
  }
}

const hasPast = (data: Past): boolean => data.before.some((period) => period.some((item) => (item.value ?? 0) > 0));

function meanOf(before: Past['before'], category: string): number {
  const counted = before.filter((period) => period.length > 0); // a period before the first report is no zero
  const sum = counted.reduce((total, period) => total + (period.find((item) => item.category === category)?.value ?? 0), 0);
  return sum / Math.max(1, counted.length);
}
