// How numbers, shares, durations and instants are written. Instants are epoch milliseconds or RFC 3339 text.
import { zone } from './day';
import { language, say } from './words';

const LOCALES = { vi: 'vi-VN', en: 'en-GB' } as const;
const NBSP = '\u00a0';

const locale = () => LOCALES[language()];

export const count = (n: number): string => n.toLocaleString(locale(), { maximumFractionDigits: 0 });

export const decimal = (n: number, digits = 1): string =>
  n.toLocaleString(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits });

/** The digits of a share 0…1 as percent, without the sign; nothing and everything need no decimals. */
export const points = (share: number, digits = 1): string => decimal(share * 100, share === 0 || share === 1 ? 0 : digits);

/** "81,4 %" in Vietnamese, "81.4%" in English. */
export const percent = (share: number, digits = 1): string => `${points(share, digits)}${percentSign()}`;

export const percentSign = (): string => (language() === 'vi' ? `${NBSP}%` : '%');

/** Seconds as hours; short ones keep a decimal. */
export function hours(seconds: number): string {
  const value = seconds / 3600;
  return value >= 100 ? count(Math.round(value)) : decimal(value);
}

/** An age in words, in its largest unit. */
export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return say().fresh.seconds(count(seconds));
  if (seconds < 3600) return say().fresh.minutes(count(Math.floor(seconds / 60)));
  return say().fresh.hours(count(Math.floor(seconds / 3600)));
}

const cut = (instant: number | string, options: Intl.DateTimeFormatOptions): Record<string, string> =>
  Object.fromEntries(
    new Intl.DateTimeFormat('en-GB', { timeZone: zone(), hourCycle: 'h23', ...options })
      .formatToParts(new Date(instant))
      .map((part) => [part.type, part.value]),
  );

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const WEEKDAYS_VI: Record<string, string> = { Mon: 'T2', Tue: 'T3', Wed: 'T4', Thu: 'T5', Fri: 'T6', Sat: 'T7', Sun: 'CN' };

/** A local day "2026-11-23" as "23/11" or "23 Nov". */
export function dayMonth(day: string): string {
  const [, month = '1', date = '1'] = day.split('-');
  return language() === 'vi' ? `${Number(date)}/${Number(month)}` : `${Number(date)} ${MONTHS[Number(month) - 1]}`;
}

export function clockTime(instant: number | string, seconds = false): string {
  const parts = cut(instant, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
  return seconds ? `${parts['hour']}:${parts['minute']}:${parts['second']}` : `${parts['hour']}:${parts['minute']}`;
}

/** "10:25 T6 27/11" or "10:25 Fri 27 Nov"; the year is added when it is not the present one. */
export function moment(instant: number | string): string {
  const parts = cut(instant, { weekday: 'short', day: '2-digit', month: '2-digit', year: 'numeric' });
  const weekday = parts['weekday'] ?? '';
  const day = dayMonth(`${parts['year']}-${parts['month']}-${parts['day']}`);
  const sameYear = parts['year'] === cut(Date.now(), { year: 'numeric' })['year'];
  const year = sameYear ? '' : language() === 'vi' ? `/${parts['year']}` : ` ${parts['year']}`;
  return `${clockTime(instant)} ${language() === 'vi' ? WEEKDAYS_VI[weekday] : weekday} ${day}${year}`;
}

/** A tracking code in two groups of four, as it is spoken. */
export const codeText = (code: string): string => (code.length === 8 ? `${code.slice(0, 4)}-${code.slice(4)}` : code);
