// Names for codes where a figure gives only the code. Asked once per language; a missing name shows the code.
import { get } from './session';
import type { Indicator, Named, Page } from './wire';

export type Kind = 'categories' | 'agencies' | 'areas';

export class Names {
  #known: Record<Kind, Map<string, string>> = { categories: new Map(), agencies: new Map(), areas: new Map() };
  /** The only province loaded, by its name; empty when there is none or there are several. */
  province = '';
  #indicators = new Map<string, Indicator>();

  of(kind: Kind, code: string | null | undefined, given?: string | null): string {
    return given ?? (code ? (this.#known[kind].get(code) ?? code) : '');
  }

  indicator(code: string): Indicator | undefined {
    return this.#indicators.get(code);
  }

  /** Fetches all names in the language in force; a list we may not read simply stays unknown. */
  async load(): Promise<void> {
    await Promise.allSettled([
      ...(['categories', 'agencies', 'areas'] as const).map((kind) => this.#read(kind)),
      this.#readIndicators(),
      this.#readProvince(),
    ]);
  }

  async #read(kind: Kind): Promise<void> {
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Page<Named> = await get(`/v1/${kind}${cursor ? `?cursor=${encodeURIComponent(cursor)}` : ''}`);
      page.items.forEach((item) => this.#known[kind].set(item.code, item.name));
      cursor = page.next ?? null;
    }
  }

  async #readProvince(): Promise<void> {
    const { items }: Page<Named> = await get('/v1/areas?layer=province');
    this.province = items.length === 1 ? items[0]!.name : '';
  }

  async #readIndicators(): Promise<void> {
    const page: Page<Indicator> = await get('/v1/indicators');
    page.items.forEach((item) => this.#indicators.set(item.indicator ?? item.code ?? '', item));
  }
}
