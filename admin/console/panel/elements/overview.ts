// The page for someone signed in: holds the board, keeps it live, and lays the parts out.
import { html, type TemplateResult } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { Board, type PartName } from '../board';
import { saveFigures } from '../export';
import { Live } from '../live';
import { Names } from '../names';
import type { Choice } from '../period';
import { chosenPeriod } from '../period';
import { say } from '../words';
import './agencies';
import { LANGUAGE_CHANGED, PageElement, type Opening } from './base';
import './categories';
import './drawer';
import type { Drawer } from './drawer';
import './tiles';
import './top-bar';
import './trend';
import './ward-map';
import type { WardMap } from './ward-map';

@customElement('ht-overview')
export class Overview extends PageElement {
  @query('ht-drawer') private drawer!: Drawer;
  @query('ht-ward-map') private map!: WardMap;
  @state() private notice = '';
  @state() private names = new Names();
  #board = new Board(this, chosenPeriod(new URLSearchParams(location.search)));
  #live = new Live(this.#board, () => this.requestUpdate(), (code) => this.#reportMoved(code));

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener(LANGUAGE_CHANGED, this.#rename);
    void this.#rename();
    void this.#board.start();
    this.#live.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener(LANGUAGE_CHANGED, this.#rename);
    this.#live.stop();
  }

  protected override render(): TemplateResult {
    const { parts, period } = this.#board;
    const again = (name: PartName) => () => void this.#board.load([name]);
    return html`
      <ht-top-bar .province=${this.names.province} .choice=${period.choice} .provedAt=${this.#board.provedAt}
        .connected=${this.#live.connected} .lostAt=${this.#live.lostAt} .notice=${this.notice}
        @ht-period=${this.#choose} @ht-save=${this.#save}></ht-top-bar>
      <main id="figures" class="board" tabindex="-1" @ht-open=${(event: CustomEvent<Opening>) => this.drawer.show(event.detail)}>
        <ht-tiles .parts=${parts} .periodKey=${period.choice} .again=${(name: PartName) => again(name)()}></ht-tiles>
        <ht-ward-map .figures=${parts.wards} .names=${this.names} .again=${again('wards')}></ht-ward-map>
        <ht-agencies .figures=${parts.agencies} .whole=${parts.onTime.data?.strict.value ?? null} .names=${this.names}
          .periodKey=${period.choice} .again=${again('agencies')}></ht-agencies>
        <ht-trend .figures=${parts.days} .again=${again('days')}></ht-trend>
        <ht-categories .figures=${parts.categories} .names=${this.names} .periodKey=${period.choice} .again=${again('categories')}></ht-categories>
      </main>
      <ht-drawer .names=${this.names}></ht-drawer>
    `;
  }

  #choose = (event: CustomEvent<Choice>): void => {
    const url = new URL(location.href);
    url.searchParams.set('period', event.detail);
    history.replaceState(null, '', url);
    void this.#board.choose(event.detail);
  };

  #save = async (): Promise<void> => {
    this.notice = (await saveFigures(this.#board.period)) ? say().notSaved : '';
  };

  #rename = async (): Promise<void> => {
    const names = new Names();
    await names.load();
    this.names = names;
  };

  #reportMoved(code: string): void {
    this.map?.freshenDots();
    this.drawer?.moved(code);
  }
}
