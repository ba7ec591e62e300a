// Asking for figures, and for the reports behind one: the same question serves both, so a number and its list agree.
import { get } from './session';
import type { Figure, FigureItem, FigureRow, Page } from './wire';

/** `from` and `to` are half-open local days or instants. */
export interface Question {
  indicator: string;
  from?: string;
  to?: string;
  basis?: 'received' | 'resolved' | 'open_at';
  units?: 'calendar_hours' | 'working_hours';
  group_by?: 'area' | 'agency' | 'category' | 'day';
  area?: string;
  agency?: string;
  category?: string;
}

export function queryOf(question: Partial<Question>, more: Record<string, string> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...question, ...more })) {
    if (value !== undefined) query.append(name, value);
  }
  return query.toString();
}

export type Shared = Omit<Question, 'indicator'>;

/** Several figures of one population's bounds in one request, in the order asked. */
export async function figures(indicators: readonly string[], shared: Shared): Promise<Figure[]> {
  const query = new URLSearchParams(indicators.map((code) => ['indicator', code]));
  const answer = await get<Figure | { items: Figure[] }>(`/v1/figures?${query}&${queryOf(shared)}`);
  return 'indicator' in answer ? [answer] : answer.items; // one figure comes as itself
}

/** The only item of an ungrouped figure; an empty answer means an empty population. */
export const single = (answer: Figure): FigureItem => answer.items[0] ?? { n: 0, value: null };

export const reportsBehind = (question: Question, cursor?: string): Promise<Page<FigureRow>> => {
  const { group_by: _, ...rest } = question;
  return get(`/v1/figures/reports?${queryOf(rest, { limit: '50', ...(cursor ? { cursor } : {}) })}`);
};
