// Open reports by ward: a map, its legend with printed bounds, and one key away the same wards as a list. The map itself
// (a large library) is fetched after the figures; without it the list stands alone.
import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Many, Part } from '../board';
import { quantileBounds, rampSteps } from '../heat';
import { icon, shape } from '../icons';
import type { Names } from '../names';
import { count } from '../numbers';
import { say } from '../words';
import { inState, open, PageElement, Tints } from './base';
import type { MapCanvas, Ward } from './map-canvas';

@customElement('ht-ward-map')
export class WardMap extends PageElement {
  @property({ attribute: false }) figures!: Part<Many>;
  @property({ attribute: false }) names!: Names;
  @property({ attribute: false }) again: () => void = () => undefined;
  @state() private asList = false;
  @state() private broken = false;
  @state() private hovered: (Ward & { x: number; y: number }) | null = null;
  @state() private known = 0;
  @state() private approximate = false;
  #canvas: MapCanvas | null = null;
  #coming = false;
  #tints = new Tints(this);

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#canvas?.dispose();
    this.#canvas = null;
  }

  /** A report has moved somewhere: its dot is read again. */
  freshenDots(): void {
    this.#canvas?.freshenDots();
  }

  get #counts(): Map<string, number> {
    return new Map((this.figures.data?.items ?? []).flatMap((item) => (item.area ? [[item.area, item.value ?? 0] as const] : [])));
  }

  protected override render(): TemplateResult {
    const words = say().map;
    const list = this.asList || this.broken;
    return html`
      <section class="card pn wards" aria-labelledby="wards-heading">
        <div class="row between head">
          <h2 id="wards-heading">${words.heading}</h2>
          ${this.broken ? nothing : html`<button class="link lk" @click=${() => (this.asList = !this.asList)}>${this.asList ? say().showMap : say().showList}</button>`}
        </div>
        ${this.broken ? html`<p class="note risk" role="alert">${shape('triangle')}<span class="grow">${say().error.map}</span><button class="btn small" @click=${() => (this.broken = false)}>${say().retry}</button></p>` : nothing}
        ${inState(this.figures, this.again, (data) => html`${list ? this.#list(data) : nothing}`)}
        <div class="mapbox" ?hidden=${list || !this.figures.data}>
          <div class="ground"></div>
          ${this.#controls()} ${this.#tip()}
          ${this.figures.data ? this.#legend() : nothing}
          <p class="lk mapnote">${this.known ? words.note(count(this.known)) : nothing} ${this.approximate ? words.approximate : words.official}</p>
        </div>
      </section>
    `;
  }

  #controls(): TemplateResult {
    const words = say().map;
    const button = (name: 'plus' | 'minus' | 'whole', label: string, act: () => void) =>
      html`<button class="ib" aria-label=${label} title=${label} @click=${act}>${icon(name)}</button>`;
    return html`<div class="mapctl">
      ${button('plus', words.zoomIn, () => this.#canvas?.zoom(1))} ${button('minus', words.zoomOut, () => this.#canvas?.zoom(-1))}
      ${button('whole', words.whole, () => this.#canvas?.whole())}
    </div>`;
  }

  #tip(): TemplateResult {
    const ward = this.hovered;
    const text = ward ? `${ward.name} · ${this.#openText(this.#counts.get(ward.code) ?? 0)}` : '';
    return html`<div class="tip" ?hidden=${!ward}>${text}</div>`;
  }

  #openText = (open: number): string => (open ? say().map.open(count(open)) : say().map.nothing);

  #legend(): TemplateResult {
    const bounds = quantileBounds([...this.#counts.values()]);
    const ramp = rampSteps(bounds.length);
    const label = (index: number) => {
      const from = (bounds[index - 1] ?? 0) + 1;
      const to = bounds[index]!;
      return from === to ? count(to) : `${count(from)}–${count(to)}`;
    };
    return html`
      <ul class="legend" aria-label=${say().map.legend}>
        <li><svg width="26" height="10" aria-hidden="true"><rect class="heat-0" width="26" height="10"></rect></svg>0</li>
        ${bounds.map((_, index) => html`<li><svg width="26" height="10" aria-hidden="true"><rect class="heat-${ramp[index]}" width="26" height="10"></rect></svg>${label(index)}</li>`)}
      </ul>
    `;
  }

  #list(data: Many): TemplateResult {
    const words = say().map;
    const rows = data.items.filter((item) => (item.value ?? 0) > 0).sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
    if (!rows.length) return html`<p class="empty">${words.allQuiet}</p>`;
    return html`
      <div class="scroll" tabindex="0" role="group" aria-label=${words.heading}>
        <table class="list">
          <thead><tr><th scope="col">${words.ward}</th><th scope="col" class="r">${words.count}</th></tr></thead>
          <tbody>
            ${rows.map((item) => {
              const name = this.names.of('areas', item.area, item.area_name) || words.unplaced;
              return html`<tr class=${this.#tints.of(item.area ?? '', item.value)}>
                <th scope="row">${item.area ? html`<button class="link" aria-haspopup="dialog" @click=${() => this.#open({ code: item.area!, name })}>${name}</button>` : name}</th>
                <td class="r"><b>${count(item.value ?? 0)}</b></td>
              </tr>`;
            })}
          </tbody>
        </table>
      </div>
    `;
  }

  #open = (ward: Ward): void => {
    const asked = this.figures.data;
    if (!asked) return;
    const { group_by: _, ...question } = asked.question;
    open(this, { title: `${ward.name} · ${say().tile.backlog}`, questions: [{ ...question, area: ward.code }], version: asked.version });
  };

  protected override updated(): void {
    void this.#draw();
    const tip = this.querySelector<HTMLElement>('.tip');
    if (tip && this.hovered) tip.style.transform = `translate(${this.hovered.x}px, ${this.hovered.y}px)`;
  }

  async #draw(): Promise<void> {
    if (this.#canvas) return this.#canvas.colour(this.#counts, this.#openText);
    if (this.#coming || this.broken || this.figures.data === undefined) return;
    this.#coming = true; // fetched once
    try {
      const { MapCanvas } = await import('./map-canvas');
      const ground = this.querySelector<HTMLElement>('.ground');
      if (!ground || !this.isConnected) return;
      this.#canvas = new MapCanvas(ground, {
        hover: (ward) => (this.hovered = ward),
        choose: this.#open,
        failed: () => this.#fail(),
        report: (code) => open(this, { title: '', questions: [], report: code }),
        measured: (wards, approximate) => {
          this.known = wards;
          this.approximate = approximate;
        },
      });
      this.#canvas.colour(this.#counts, this.#openText);
    } catch {
      this.#fail(); // no WebGL, or the file did not come
    }
  }

  /** The list takes the map's place and the reason is said above it; "try again" begins anew. */
  #fail(): void {
    this.#canvas?.dispose();
    this.#canvas = null;
    this.#coming = false;
    this.broken = true;
  }
}
