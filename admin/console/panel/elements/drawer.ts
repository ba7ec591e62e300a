// The drawer: the reports behind a figure, page by page, and one of them in full. A native modal dialog keeps the focus,
// gives Escape, and returns to the figure that was clicked.
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { asProblem, type Part } from '../board';
import { reportsBehind } from '../figures';
import { icon, shape } from '../icons';
import type { Names } from '../names';
import { codeText, count, hours } from '../numbers';
import { get } from '../session';
import type { FigureRow, Page, Report } from '../wire';
import { say } from '../words';
import { closeButton, inState, PageElement, type Opening } from './base';
import { statusChip } from './marks';
import './report';
import type { ReportView } from './report';

/** A line of a figure's list or of the list of reports: what both have. */
interface Row {
  code: string;
  status?: string;
  category?: string | null;
  area?: string | { name: string } | null;
  in_numerator?: FigureRow['in_numerator'];
  value_s?: FigureRow['value_s'];
}

interface Source {
  read: (cursor?: string) => Promise<Page<Row>>;
  next: string | null;
  total: number | null;
}

interface Listing {
  rows: Row[];
  sources: Source[];
}

@customElement('ht-drawer')
export class Drawer extends PageElement {
  @property({ attribute: false }) names!: Names;
  @state() private opening: Opening | null = null;
  @state() private listing: Part<Listing> = { loading: false };
  @state() private report = '';
  #from: Element | null = null;

  show(opening: Opening): void {
    this.#from = document.activeElement;
    this.opening = opening;
    this.report = opening.report ?? '';
    this.listing = { loading: true };
    void this.updateComplete.then(() => this.#dialog?.showModal());
    if (!opening.report) void this.#begin();
  }

  /** A report has changed: the one in view is read again. */
  moved(code: string): void {
    if (this.report && bare(this.report) === bare(code)) this.querySelector<ReportView>('ht-report')?.load();
  }

  get #dialog(): HTMLDialogElement | null {
    return this.querySelector('dialog');
  }

  protected override render(): TemplateResult {
    if (!this.opening) return html``;
    const title = this.report ? say().report.label(codeText(this.report)) : this.opening.title;
    return html`
      <dialog class="drawer" aria-labelledby="drawer-title" @close=${this.#closed} @click=${this.#outside}>
        <div class="sheet">
          <header class="row">
            ${this.report && !this.opening.report
              ? html`<button class="ib" aria-label=${say().back} @click=${() => (this.report = '')}>${icon('back')}</button>`
              : nothing}
            <h2 id="drawer-title" class="grow">${title}</h2>
            ${closeButton(() => this.#dialog?.close())}
          </header>
          ${this.report
            ? html`<ht-report .code=${this.report} .names=${this.names}></ht-report>`
            : html`<div class="body">${this.#definition()}${inState(this.listing, () => void this.#begin(), (data) => this.#list(data))}</div>`}
        </div>
      </dialog>
    `;
  }

  #definition(): TemplateResult | typeof nothing {
    const [question] = this.opening?.questions ?? [];
    const known = question && this.names.indicator(question.indicator);
    if (!known?.definition) return nothing;
    const version = this.opening?.version ? ` · ${say().tile.version(this.opening.version)}` : '';
    return html`<p class="meta definition">${say().drawer.definition}${version}: ${known.definition}</p>`;
  }

  #list({ rows, sources }: Listing): TemplateResult {
    const words = say().drawer;
    const total = sources.reduce<number | null>((sum, source) => (sum === null || source.total === null ? null : sum + source.total), 0);
    const more = sources.some((source) => source.next !== null);
    if (!rows.length) return html`<p class="empty">${words.empty}</p>`;
    const shown = total === null ? words.count(`${count(rows.length)}${more ? '+' : ''}`) : words.count(count(total));
    return html`
      <p class="total" role="status"><b>${shown}</b>${more && total !== null ? html` · <span class="meta">${words.shown(count(rows.length), count(total))}</span>` : nothing}</p>
      <ul class="rows reports">${rows.map((row) => this.#row(row))}</ul>
      ${more ? html`<button class="btn small wide" ?disabled=${this.listing.loading} @click=${() => void this.#more()}>${say().more}</button>` : nothing}
    `;
  }

  #row(row: Row): TemplateResult {
    return html`
      <li>
        <button class="line" @click=${() => (this.report = row.code)}>
          <span class="grow">
            <b class="code">${codeText(row.code)}</b>
            ${this.#where(row)}
          </span>
          ${row.status ? statusChip(row.status) : nothing} ${verdict(row)}
          ${icon('next')}
        </button>
      </li>
    `;
  }

  #where(row: Row): TemplateResult | typeof nothing {
    const place = typeof row.area === 'string' ? this.names.of('areas', row.area) : row.area?.name;
    const text = [this.names.of('categories', row.category), place].filter(Boolean).join(' · ');
    return text ? html`<span class="meta what">${text}</span>` : nothing;
  }

  async #begin(): Promise<void> {
    const opening = this.opening;
    if (!opening) return;
    this.listing = { loading: true };
    const sources = sourcesOf(opening);
    const pages = await Promise.all(sources.map((source) => source.read())).catch((error: unknown) => asProblem(error));
    if (opening !== this.opening) return;
    if (!Array.isArray(pages)) {
      this.listing = { loading: false, problem: pages };
      return;
    }
    pages.forEach((page, index) => Object.assign(sources[index]!, { next: page.next, total: page.total ?? null }));
    this.listing = { loading: false, data: { rows: pages.flatMap((page) => page.items), sources } };
  }

  async #more(): Promise<void> {
    const opening = this.opening;
    const data = this.listing.data;
    const source = data?.sources.find((one) => one.next !== null);
    if (!data || !source?.next) return;
    this.listing = { loading: true, data };
    const page = await source.read(source.next).catch((error: unknown) => asProblem(error));
    if (opening !== this.opening) return;
    if (!('items' in page)) {
      this.listing = { loading: false, data, problem: page };
      return;
    }
    source.next = page.next;
    this.listing = { loading: false, data: { rows: [...data.rows, ...page.items], sources: data.sources } };
  }

  #outside = (event: Event): void => {
    if (event.target === this.#dialog) this.#dialog?.close();
  };

  #closed = (): void => {
    this.opening = null;
    this.report = '';
    if (this.#from instanceof HTMLElement && this.#from.isConnected) this.#from.focus();
  };
}

const bare = (code: string): string => code.replaceAll('-', '').toUpperCase();

function sourcesOf(opening: Opening): Source[] {
  const fresh = (read: Source['read']): Source => ({ read, next: null, total: null });
  if (opening.path) {
    const path = opening.path;
    return [fresh((cursor) => get<Page<Report>>(`${path}&limit=50${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`))];
  }
  return opening.questions.map((question) => fresh((cursor) => reportsBehind(question, cursor)));
}

/** What this report contributes: a duration, or met and not met. */
function verdict(row: Row): TemplateResult | typeof nothing {
  const words = say().drawer;
  if (typeof row.value_s === 'number') return html`<span class="meta">${words.hours(hours(row.value_s))}</span>`;
  if (row.in_numerator === true) return html`<span class="verdict t-done">${shape('tick')}${words.yes}</span>`;
  if (row.in_numerator === false) return html`<span class="verdict">${shape('cross')}${words.no}</span>`;
  return nothing;
}

