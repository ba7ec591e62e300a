// What every element of the page shares: it lives in the page's own tree (one stylesheet, labels that reach across),
// it speaks again when the language changes, and it can tint a figure that has just moved.
import { html, LitElement, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';
import type { Part } from '../board';
import type { Question } from '../figures';
import { icon, shape } from '../icons';
import { say } from '../words';

export const LANGUAGE_CHANGED = 'ht-language';

export class PageElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  #speakAgain = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener(LANGUAGE_CHANGED, this.#speakAgain);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    window.removeEventListener(LANGUAGE_CHANGED, this.#speakAgain);
  }
}

/** What a click on a figure asks the drawer for. Several questions make one list (rejected, referred, withdrawn). */
export interface Opening {
  title: string;
  questions: Question[];
  version?: string;
  /** Instead of questions: a list of reports at this path. */
  path?: string;
  /** Instead of a list: one report. */
  report?: string;
}

export function open(from: EventTarget, opening: Opening): void {
  from.dispatchEvent(new CustomEvent<Opening>('ht-open', { detail: opening, bubbles: true, composed: true }));
}

const TINT = 2_000; // milliseconds

/** Remembers values by key and says for two seconds that one has changed. */
export class Tints implements ReactiveController {
  #seen = new Map<string, unknown>();
  #until = new Map<string, number>();

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {}

  forget(): void {
    this.#seen.clear();
    this.#until.clear();
  }

  /** "touched" while the value under this key is freshly changed, else "". */
  of(key: string, value: unknown): string {
    if (this.#seen.has(key) && this.#seen.get(key) !== value) {
      this.#until.set(key, Date.now() + TINT);
      setTimeout(() => this.host.requestUpdate(), TINT + 20);
    }
    this.#seen.set(key, value);
    return (this.#until.get(key) ?? 0) > Date.now() ? 'touched' : '';
  }
}

/** A part of the page in its four states: bones of the true layout, content, content with a warning, failure. */
export function inState<T>(part: Part<T>, again: () => void, content: (data: T) => TemplateResult): TemplateResult {
  if (part.data !== undefined) return html`${content(part.data)}${part.problem ? failure(part, again) : nothing}`;
  return part.problem ? failure(part, again) : bones();
}

export const bones = (): TemplateResult => html`
  <div class="bones" aria-busy="true">
    <i></i><i></i><i></i>
    <p class="slow">${say().error.slow}</p>
  </div>
`;

function failure(part: Part<unknown>, again: () => void): TemplateResult {
  const words = say().error;
  const slug = part.problem?.slug ?? '';
  const what = slug === 'offline' ? words.offline : part.problem?.status === 403 ? words.forbidden : words.part;
  return html`
    <div class="failure" role="alert">
      ${shape('triangle')}
      <p>${what} ${words.safe} <span class="meta">${words.code(slug)}</span></p>
      <button class="btn small" @click=${again}>${say().retry}</button>
    </div>
  `;
}

export const closeButton = (close: () => void): TemplateResult =>
  html`<button class="ib" aria-label=${say().close} @click=${close}>${icon('close')}</button>`;
