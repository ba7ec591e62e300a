// Small pieces that several elements draw: the mark, the language switch, a status chip, a figure that opens.
import { html, type TemplateResult } from 'lit';
import { icon, lookOf, shape, type Shape, type Tone } from '../icons';
import { language, say, speak, wordFor } from '../words';
import { LANGUAGE_CHANGED, open, type Opening } from './base';

export const mark = (): TemplateResult => html`<span class="mark" aria-hidden="true">${icon('pin')}</span>`;

export function languageButton(): TemplateResult {
  const other = language() === 'vi' ? 'en' : 'vi';
  return html`
    <button type="button" class="btn small" lang=${other} @click=${() => switchTo(other)}>${say().otherLanguage}</button>
  `;
}

function switchTo(other: 'vi' | 'en'): void {
  speak(other);
  const url = new URL(location.href);
  url.searchParams.set('lang', other);
  history.replaceState(null, '', url);
  window.dispatchEvent(new Event(LANGUAGE_CHANGED));
}

export const chip = (tone: Tone, look: Shape, word: string, small = false): TemplateResult =>
  html`<span class="chip ${tone} ${small ? 'sm' : ''}">${shape(look)}${word}</span>`;

export function statusChip(status: string): TemplateResult {
  const [tone, look] = lookOf(status);
  return chip(tone, look, wordFor(say().status, status));
}

/** A figure as a button that opens the reports it counts. */
export const opener = (text: unknown, opening: Opening, className = 'open'): TemplateResult => html`
  <button class=${className} aria-haspopup="dialog" @click=${(event: Event) => open(event.currentTarget!, opening)}>${text}</button>
`;
