// What the page shows, part by part: each part knows which indicators it is made of, loads alone, fails alone, and keeps
// its last good figures while it is fetched anew. A change heard on the stream reloads the touched parts soon after.
import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { figures, single, type Question, type Shared } from './figures';
import { earlier, periodOf, type Choice, type Period } from './period';
import { get, Problem } from './session';
import { addDays, now, setClock } from './day';
import type { Figure, FigureItem, Page, Report } from './wire';

export interface One extends FigureItem {
  question: Question;
  version: string;
}

export interface Many {
  question: Question;
  version: string;
  items: FigureItem[];
}

export interface Past {
  now: Many;
  before: FigureItem[][];
}

export interface Contents {
  inflow: Record<'valid' | 'received' | 'duplicate' | 'rejected' | 'referred' | 'withdrawn', One>;
  open: { backlog: One; overdue: One; atRisk: { count: number; more: boolean } };
  onTime: { strict: One; lenient: One };
  speed: { median: One; p90: One; reopened: One };
  opinion: { satisfied: One; responded: One; qd766: One };
  wards: Many;
  agencies: { strict: Many; lenient: Many };
  days: { received: Many; answered: Many };
  categories: Past;
}

export type PartName = keyof Contents;

export interface Part<T> {
  data?: T;
  problem?: Problem;
  loading: boolean;
}

type Asker = (indicators: readonly string[], shared: Shared) => Promise<Figure[]>;
type Loader<T> = (ask: Asker, period: Period) => Promise<T>;

const inPeriod = (period: Period): Shared => ({ from: period.from, to: period.to });

/** One day makes no line: "today" is drawn at the end of its fortnight. */
const daysShown = (period: Period): Shared =>
  period.choice === 'today' ? { from: addDays(period.from, -13), to: period.to } : inPeriod(period);

/** Ungrouped figures under names of our own: `{strict: 'on_time_strict'}`. */
async function ones<K extends string>(ask: Asker, codes: Record<K, string>, shared: Shared): Promise<Record<K, One>> {
  return named(codes, await ask(Object.values(codes), shared), (answer) => ({
    ...single(answer),
    question: { indicator: answer.indicator, ...shared },
    version: String(answer.definition_version),
  }));
}

/** Grouped figures under names of our own. */
async function manys<K extends string>(ask: Asker, codes: Record<K, string>, shared: Shared): Promise<Record<K, Many>> {
  return named(codes, await ask(Object.values(codes), shared), (answer) => ({
    question: { indicator: answer.indicator, ...shared },
    version: String(answer.definition_version),
    items: answer.items,
  }));
}

function named<K extends string, T>(codes: Record<K, string>, answers: Figure[], read: (answer: Figure) => T): Record<K, T> {
  const byCode = new Map(answers.map((answer) => [answer.indicator, answer]));
  const entries = Object.entries<string>(codes).map(([name, code]) => {
    const answer = byCode.get(code);
    if (!answer) throw new Error(`no answer for ${code}`);
    return [name, read(answer)];
  });
  return Object.fromEntries(entries) as Record<K, T>;
}

const AT_RISK_SHOWN = 200; // the list's page limit; beyond it the tile says "200+"

async function countAtRisk(): Promise<{ count: number; more: boolean }> {
  const page = await get<Page<Report>>(`/v1/reports?at_risk=true&limit=${AT_RISK_SHOWN}`);
  return { count: page.items.length, more: page.next !== null };
}

async function againstItself(ask: Asker, period: Period): Promise<Past> {
  const byCategory = (stretch: Shared) => manys(ask, { now: 'received' }, { group_by: 'category', ...stretch });
  const [present, ...before] = await Promise.all([inPeriod(period), ...earlier(period)].map(byCategory));
  return { now: present!.now, before: before.map((stretch) => stretch.now.items) };
}

const LOADERS: { [K in PartName]: Loader<Contents[K]> } = {
  inflow: (ask, period) =>
    ones(
      ask,
      { valid: 'valid', received: 'received', duplicate: 'duplicate', rejected: 'rejected', referred: 'referred', withdrawn: 'withdrawn' },
      inPeriod(period),
    ),
  open: async (ask) => ({ ...(await ones(ask, { backlog: 'backlog', overdue: 'backlog_overdue' }, {})), atRisk: await countAtRisk() }),
  onTime: (ask, period) => ones(ask, { strict: 'on_time_strict', lenient: 'on_time_lenient' }, inPeriod(period)),
  speed: (ask, period) =>
    ones(ask, { median: 'resolve_km_median', p90: 'resolve_p90', reopened: 'reopen_rate' }, { units: 'working_hours', ...inPeriod(period) }),
  opinion: (ask, period) =>
    ones(ask, { satisfied: 'satisfied_rate', responded: 'response_rate', qd766: 'qd766_satisfied' }, inPeriod(period)),
  wards: async (ask) => (await manys(ask, { wards: 'backlog' }, { group_by: 'area' })).wards,
  agencies: (ask, period) => manys(ask, { strict: 'on_time_strict', lenient: 'on_time_lenient' }, { group_by: 'agency', ...inPeriod(period) }),
  days: async (ask, period) => ({
    ...(await manys(ask, { received: 'received' }, { group_by: 'day', ...daysShown(period) })),
    ...(await manys(ask, { answered: 'resolved' }, { basis: 'resolved', group_by: 'day', ...daysShown(period) })),
  }),
  categories: againstItself,
};

const MADE_OF: Record<PartName, readonly string[]> = {
  inflow: ['valid', 'received', 'duplicate', 'rejected', 'referred', 'withdrawn'],
  open: ['backlog', 'backlog_overdue'],
  onTime: ['on_time_strict', 'on_time_lenient'],
  speed: ['resolve_km_median', 'resolve_p90', 'reopen_rate'],
  opinion: ['satisfied_rate', 'response_rate', 'qd766_satisfied'],
  wards: ['backlog'],
  agencies: ['on_time_strict', 'on_time_lenient'],
  days: ['received', 'resolved'],
  categories: ['received'],
};

export const PARTS = Object.keys(LOADERS) as PartName[];
/** These change with the clock alone, without any event. */
export const CLOCK_DRIVEN: readonly PartName[] = ['open'];

export const partsOf = (indicator: string): PartName[] => PARTS.filter((part) => MADE_OF[part].includes(indicator));

const AT_ONCE = 4; // the browser gives one server six connections; the stream and the map need the others

export class Board implements ReactiveController {
  parts: { [K in PartName]: Part<Contents[K]> } = emptyParts();
  period: Period;
  /** Server time of the newest proof that what stands here is current, epoch milliseconds. */
  provedAt = 0;
  #round = 0;
  #waiting: (() => void)[] = [];
  #running = 0;

  constructor(
    private readonly host: ReactiveControllerHost,
    choice: Choice,
  ) {
    this.period = periodOf(choice);
    host.addController(this);
  }

  hostConnected(): void {}

  choose(choice: Choice): Promise<void> {
    this.period = periodOf(choice);
    this.#round += 1;
    const kept = { open: this.parts.open, wards: this.parts.wards }; // these do not depend on the period
    this.parts = { ...emptyParts(), ...kept };
    return this.load(PARTS);
  }

  /** First load: one figure sets the server's clock, and with it the day; then everything. */
  async start(): Promise<void> {
    await this.#ask(['backlog'], {}).catch(() => undefined); // a refusal shows in the parts themselves
    await this.load(PARTS);
  }

  async load(names: readonly PartName[]): Promise<void> {
    const round = this.#round;
    this.period = periodOf(this.period.choice); // midnight may have passed
    const asked = performance.now();
    await Promise.all(names.map((name) => this.#loadOne(name, round)));
    // Everything asked anew and answered: the page is as fresh as the moment of asking.
    if (names.length === PARTS.length && PARTS.every((name) => !this.parts[name].problem)) {
      this.provedAt = now() - (performance.now() - asked);
    }
  }

  async #loadOne<K extends PartName>(name: K, round: number): Promise<void> {
    this.#put(name, { ...this.parts[name], loading: true } as Part<Contents[K]>);
    const part: Part<Contents[K]> = await LOADERS[name](this.#ask, this.period).then(
      (data) => ({ data, loading: false }),
      (error: unknown) => ({ ...this.#kept(name), problem: asProblem(error), loading: false }),
    );
    if (round === this.#round) this.#put(name, part);
  }

  #kept<K extends PartName>(name: K): Pick<Part<Contents[K]>, 'data'> {
    const { data } = this.parts[name];
    return data === undefined ? {} : { data };
  }

  #put<K extends PartName>(name: K, part: Part<Contents[K]>): void {
    this.parts = { ...this.parts, [name]: part };
    this.host.requestUpdate();
  }

  #ask: Asker = async (indicators, shared) => {
    if (this.#running >= AT_ONCE) await new Promise<void>((go) => this.#waiting.push(go));
    this.#running += 1;
    try {
      const answers = await figures(indicators, shared);
      if (answers[0]) {
        const moved = setClock(answers[0].as_of);
        if (this.provedAt) this.provedAt += moved; // a ping proved the page before we knew the server's time
      }
      return answers;
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  };
}

const emptyParts = (): Board['parts'] =>
  Object.fromEntries(PARTS.map((name) => [name, { loading: true }])) as unknown as Board['parts'];

export const asProblem = (error: unknown): Problem =>
  error instanceof Problem ? error : new Problem('unexpected', 0, String(error));
