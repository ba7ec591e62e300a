// The map's scale: five steps by quantile over the wards that have anything open, each with its upper bound.

/** Upper bounds of steps 1…k (k ≤ 5), ascending and different; zero is a step of its own, 0. */
export function quantileBounds(counts: readonly number[], steps = 5): number[] {
  const positive = counts.filter((count) => count > 0).sort((a, b) => a - b);
  const bounds = Array.from({ length: steps }, (_, step) => positive[Math.ceil(((step + 1) / steps) * positive.length) - 1] ?? 0);
  return [...new Set(bounds)].filter((bound) => bound > 0);
}

/** Which colours of the six-step ramp k steps take, so that the highest is always the darkest. */
export const rampSteps = (steps: number): number[] => [...([[], [5], [3, 5], [1, 3, 5], [1, 2, 4, 5], [1, 2, 3, 4, 5]][steps] ?? [])];

/** Index into the bounds for a count, or −1 for none open. */
export const stepOf = (count: number, bounds: readonly number[]): number =>
  count <= 0 ? -1 : Math.max(0, bounds.findIndex((bound) => count <= bound));
