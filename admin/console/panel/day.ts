// The server's day. The browser's clock and zone are not trusted: the zone is the province's, and the clock is set
// by the `as_of` of the first figure, so that a demo whose time was moved still has the right "today".
let province = 'Asia/Ho_Chi_Minh';
let ahead = 0; // milliseconds the server's clock is ahead of ours

export const zone = (): string => province;

export function useZone(name: string): void {
  province = name;
}

/** Follow the server's clock; by how many milliseconds it moved against what we thought. */
export function setClock(asOf: string): number {
  const before = ahead;
  ahead = Date.parse(asOf) - Date.now();
  return ahead - before;
}

/** Now by the server's clock, in epoch milliseconds. */
export const now = (): number => Date.now() + ahead;

/** The local calendar day of an instant, as "YYYY-MM-DD". */
export const dayOf = (instant: number): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone: zone(), year: 'numeric', month: '2-digit', day: '2-digit' }).format(instant);

export const today = (): string => dayOf(now());

const asDate = (day: string) => new Date(`${day}T00:00:00Z`);
const asDay = (date: Date) => date.toISOString().slice(0, 10);

export function addDays(day: string, days: number): string {
  const date = asDate(day);
  date.setUTCDate(date.getUTCDate() + days);
  return asDay(date);
}

/** The same date some months away, clamped to the month's last day. */
export function addMonths(day: string, months: number): string {
  const date = asDate(day);
  const wanted = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const last = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(wanted, last));
  return asDay(date);
}

export const daysBetween = (from: string, to: string): number =>
  Math.round((asDate(to).getTime() - asDate(from).getTime()) / 86_400_000);

/** Minutes east of UTC in the province at an instant. */
function offsetMinutes(instant: number): number {
  const name = new Intl.DateTimeFormat('en-GB', { timeZone: zone(), timeZoneName: 'longOffset' })
    .formatToParts(instant)
    .find((part) => part.type === 'timeZoneName')?.value;
  const found = /GMT([+-])(\d\d):(\d\d)/.exec(name ?? '');
  return found ? (found[1] === '-' ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3])) : 0;
}

/** The instant at which a local day begins. */
export function startOf(day: string): number {
  const guess = asDate(day).getTime();
  return guess - offsetMinutes(guess - offsetMinutes(guess) * 60_000) * 60_000;
}
