// Shapes of the page. A status is a shape and a word before it is a colour.
import { html, type TemplateResult } from 'lit';

export const SHAPES = {
  triage: 'M8 .8 15.2 8 8 15.2.8 8Z',
  ring: 'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm0 2.4a4.6 4.6 0 1 0 0 9.2A4.6 4.6 0 0 0 8 3.4Z',
  half: 'M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1Zm0 2.2a4.8 4.8 0 0 0 0 9.6Z',
  bars: 'M3 2h3.6v12H3ZM9.4 2H13v12H9.4Z',
  tick: 'M6.3 13.6 1 8.3l2.1-2.1 3.2 3.2 6.7-6.7L15 4.8Z',
  triangle: 'M8 1 15.6 14.5H.4ZM7.1 6v4h1.8V6Zm0 5.2v1.7h1.8v-1.7Z',
  octagon: 'M5 1h6l4 4v6l-4 4H5l-4-4V5Zm2.1 3v5h1.8V4Zm0 6.2V12h1.8v-1.8Z',
  cross: 'M3.2 1.4 8 6.2l4.8-4.8 1.8 1.8L9.8 8l4.8 4.8-1.8 1.8L8 9.8l-4.8 4.8-1.8-1.8L6.2 8 1.4 3.2Z',
} as const;

export type Shape = keyof typeof SHAPES;
export type Tone = 'triage' | 'moving' | 'paused' | 'done' | 'risk' | 'late' | 'exit';

const LOOKS: Record<string, [Tone, Shape]> = {
  triage: ['triage', 'triage'],
  routed: ['moving', 'ring'],
  accepted: ['moving', 'ring'],
  assigned: ['moving', 'half'],
  in_progress: ['moving', 'half'],
  awaiting_approval: ['moving', 'half'],
  awaiting_citizen: ['paused', 'bars'],
  resolved: ['done', 'tick'],
  closed: ['done', 'tick'],
};

export const lookOf = (status: string): [Tone, Shape] => LOOKS[status] ?? ['exit', 'cross'];
export const STATUSES_ON_MAP = Object.keys(LOOKS);

export const shape = (name: Shape): TemplateResult =>
  html`<svg class="gl" viewBox="0 0 16 16" aria-hidden="true"><path fill-rule="evenodd" d=${SHAPES[name]}></path></svg>`;

const LINES = {
  pin: 'M19.4 12.9A8 8 0 1 0 4 10c0 5 5.5 10.2 7.4 11.8.4.3.8.3 1.2 0l.8-.7M12 7a3 3 0 1 1 0 6 3 3 0 0 1 0-6ZM16 18l2 2 4-4',
  close: 'M5 5l14 14M19 5 5 19',
  back: 'M15 5l-7 7 7 7',
  next: 'M9 5l7 7-7 7',
  plus: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  whole: 'M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5',
  leave: 'M10 4H5v16h5M15 8l4 4-4 4M19 12H9',
  save: 'M12 3v12M7 10l5 5 5-5M4 16v4h16v-4',
  lock: 'M6 11h12v9H6ZM9 11V8a3 3 0 0 1 6 0v3',
  list: 'M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01',
} as const;

export const icon = (name: keyof typeof LINES): TemplateResult =>
  html`<svg class="ic" viewBox="0 0 24 24" aria-hidden="true"><path d=${LINES[name]}></path></svg>`;
