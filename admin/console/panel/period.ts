// The period the reader looks at: four choices, half-open local days, kept in the URL; and the earlier periods it is
// measured against, each cut at the same distance from its start so that a half-finished day meets half days.
import { addDays, addMonths, now, startOf, today } from './day';
import { dayMonth } from './numbers';
import { say } from './words';

export type Choice = 'today' | 'mid' | 'days30' | 'year';
export const CHOICES: readonly Choice[] = ['today', 'mid', 'days30', 'year'];

/** Local days, `to` not included. */
export interface Period {
  choice: Choice;
  from: string;
  to: string;
}

/** First day of the reporting month (15th to 14th) that holds a day. */
function midStart(day: string): string {
  const fifteenth = `${day.slice(0, 8)}15`;
  return day >= fifteenth ? fifteenth : addMonths(fifteenth, -1);
}

export function periodOf(choice: Choice, day = today()): Period {
  const tomorrow = addDays(day, 1);
  switch (choice) {
    case 'today':
      return { choice, from: day, to: tomorrow };
    case 'mid':
      return { choice, from: midStart(day), to: addMonths(midStart(day), 1) };
    case 'days30':
      return { choice, from: addDays(day, -29), to: tomorrow };
    case 'year':
      return { choice, from: `${day.slice(0, 4)}-01-01`, to: tomorrow };
  }
}

/** The span as people write it: last day included. */
export const spanText = (period: Period): string =>
  period.choice === 'today' ? dayMonth(period.from) : say().period.span(dayMonth(period.from), dayMonth(addDays(period.to, -1)));

export function choiceLabel(choice: Choice): string {
  const words = say().period;
  if (choice !== 'mid') return words[choice];
  const { from, to } = periodOf('mid');
  return words.mid(dayMonth(from), dayMonth(addDays(to, -1)));
}

const EARLIER: Record<Choice, { how: number; step: (day: string, back: number) => string }> = {
  today: { how: 4, step: (day, back) => addDays(day, -7 * back) }, // same weekday: a Sunday is no Monday
  mid: { how: 3, step: (day, back) => addMonths(day, -back) },
  days30: { how: 3, step: (day, back) => addDays(day, -30 * back) },
  year: { how: 1, step: (day, back) => addMonths(day, -12 * back) },
};

/** Earlier stretches comparable with this period so far, as instants (RFC 3339, UTC). */
export function earlier(period: Period): { from: string; to: string }[] {
  const { how, step } = EARLIER[period.choice];
  const soFar = Math.min(now(), startOf(period.to)) - startOf(period.from);
  return Array.from({ length: how }, (_, index) => {
    const start = startOf(step(period.from, index + 1));
    return { from: new Date(start).toISOString(), to: new Date(start + soFar).toISOString() };
  });
}

export function chosenPeriod(search: URLSearchParams): Choice {
  const wish = search.get('period');
  return CHOICES.find((choice) => choice === wish) ?? 'days30';
}
