// Rates drawn as intervals: strict is a solid teal dot and bar, lenient a hollow grey one, always both, never a bare rank.
// Positions are SVG attributes, since a style attribute would need a wider content policy.
import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { FigureItem } from '../wire';

/** A stretch of shares, 0…1, mapped onto the width. */
export interface Axis {
  from: number;
  to: number;
}

/** From a round tenth below everything that is drawn, up to 100 %. */
export function axisFor(items: readonly (FigureItem | undefined)[]): Axis {
  const lowest = Math.min(0.9, ...items.map((item) => item?.low ?? item?.value ?? 1));
  return { from: Math.max(0, Math.floor(lowest * 10) / 10), to: 1 };
}

const at = (share: number, axis: Axis): string =>
  `${Math.min(100, Math.max(0, ((share - axis.from) / (axis.to - axis.from)) * 100)).toFixed(2)}%`;

function stroke(item: FigureItem | undefined, axis: Axis, y: number, kind: string): SVGTemplateResult | typeof nothing {
  if (!item || item.value === null) return nothing;
  const { low, high, value } = item;
  const bar = low == null || high == null ? nothing : svg`<line class=${kind} x1=${at(low, axis)} x2=${at(high, axis)} y1=${y} y2=${y}></line>`;
  return svg`${bar}<circle class=${kind} cx=${at(value, axis)} cy=${y} r=${kind === 'strict' ? 4.5 : 3.5}></circle>`;
}

/** Strict above lenient on one axis, with a dotted line at a share to compare with. */
export const pairOfIntervals = (strict: FigureItem | undefined, lenient: FigureItem | undefined, axis: Axis, mark?: number | null): TemplateResult => html`
  <svg class="iv" width="100%" height="22" aria-hidden="true">
    <line class="rail" x1="0" x2="100%" y1="11" y2="11"></line>
    ${mark == null ? nothing : svg`<line class="mark-line" x1=${at(mark, axis)} x2=${at(mark, axis)} y1="0" y2="22"></line>`}
    ${stroke(lenient, axis, 16, 'lenient')} ${stroke(strict, axis, 6, 'strict')}
  </svg>
`;
