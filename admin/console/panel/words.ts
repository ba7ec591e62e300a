// Which language the page speaks. Vietnamese first; the choice stands in the URL and is remembered on this machine.
import { en } from './locales/en';
import { vi, type Words } from './locales/vi';

export type Language = 'vi' | 'en';

const CATALOGUES: Record<Language, Words> = { vi, en };
const REMEMBERED = 'ht.language';

let current: Language = 'vi';

export const language = (): Language => current;

/** The catalogue in force; read it at render time, never keep it. */
export const say = (): Words => CATALOGUES[current];

/** A word for a code of the server; a code we have no word for is shown as it is rather than hidden. */
export function wordFor(group: Record<string, string>, code: string | null | undefined): string {
  return code ? (group[code] ?? code.replaceAll('_', ' ')) : say().none;
}

/** A name in the middle of a sentence: "Tỉnh Phú Thọ" gives "tỉnh Phú Thọ". */
export const inSentence = (name: string): string => name.replace(/^(Tỉnh|Thành phố|Phường|Xã) /, (kind) => kind.toLowerCase());

export function speak(chosen: Language): void {
  current = chosen;
  document.documentElement.lang = chosen;
  localStorage.setItem(REMEMBERED, chosen);
}

/** Language of the URL, else the remembered one, else Vietnamese. */
export function chooseLanguage(search: URLSearchParams): void {
  const wish = search.get('lang') ?? localStorage.getItem(REMEMBERED);
  speak(wish === 'en' ? 'en' : 'vi');
}
