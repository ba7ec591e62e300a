// Who is signed in, and every call to the server. Tokens live in sessionStorage: they end with the tab. A refused
// access token is refreshed once for all calls that wait; a refused refresh token ends the session, which is said.
import type { Tokens } from './wire';
import { language } from './words';

const KEPT = 'ht.tokens';
const PATIENCE = 30_000; // milliseconds before a call is given up

interface Held extends Tokens {
  until: number; // epoch milliseconds
}

/** What went wrong, as the server named it (RFC 9457), or "offline" when it could not be asked. */
export class Problem extends Error {
  constructor(
    readonly slug: string,
    readonly status: number,
    readonly detail = '',
  ) {
    super(detail || slug);
  }
}

let tokens: Held | null = read();
let renewal = 0;
let refreshing: Promise<boolean> | null = null;
const door = new EventTarget();
if (tokens) renewBefore(tokens.until);

function read(): Held | null {
  const kept = sessionStorage.getItem(KEPT);
  return kept ? (JSON.parse(kept) as Held) : null;
}

function keep(fresh: Tokens): void {
  tokens = { ...fresh, until: Date.now() + fresh.expires_in * 1_000 };
  sessionStorage.setItem(KEPT, JSON.stringify(tokens));
  renewBefore(tokens.until);
}

function forget(): void {
  tokens = null;
  clearTimeout(renewal);
  sessionStorage.removeItem(KEPT);
}

/** Map tiles are fetched by the map's own worker, which cannot refresh: the token is renewed before it wears out. */
function renewBefore(until: number): void {
  clearTimeout(renewal);
  renewal = window.setTimeout(() => void renew().catch(() => undefined), Math.max(0, (until - Date.now()) * 0.8));
}

export const signedIn = (): boolean => tokens !== null;
export const bearer = (): Record<string, string> => (tokens ? { Authorization: `Bearer ${tokens.access_token}` } : {});
export const onEnd = (listener: () => void): void => door.addEventListener('end', listener);

async function problemOf(answer: Response): Promise<Problem> {
  const body = (await answer.json().catch(() => ({}))) as { type?: string; detail?: string; title?: string };
  const slug = body.type?.split('/').pop() || String(answer.status);
  return new Problem(slug, answer.status, body.detail ?? body.title ?? '');
}

async function send(path: string, init: RequestInit): Promise<Response> {
  const headers = { Accept: 'application/json', 'Accept-Language': language(), ...(init.headers as Record<string, string>) };
  const signal = init.signal ?? AbortSignal.timeout(PATIENCE);
  return fetch(path, { ...init, headers, signal }).catch((error: unknown) => {
    if (init.signal?.aborted) throw error;
    throw new Problem('offline', 0);
  });
}

const post = (path: string, body: unknown): Promise<Response> =>
  send(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

async function refresh(): Promise<boolean> {
  const answer = await post('/v1/auth/refresh', { refresh_token: tokens?.refresh_token });
  if (answer.ok) keep((await answer.json()) as Tokens);
  else if (answer.status < 500) end();
  return answer.ok;
}

/** Gets a new access token; several callers share one attempt. */
export function renew(): Promise<boolean> {
  refreshing ??= refresh().finally(() => (refreshing = null));
  return refreshing;
}

function end(): void {
  forget();
  door.dispatchEvent(new Event('end'));
}

/** Sends with the token in force, once more after a refresh when it was refused. */
export async function authorised(path: string, init: RequestInit = {}): Promise<Response> {
  const attempt = () => send(path, { ...init, headers: { ...(init.headers as Record<string, string>), ...bearer() } });
  const answer = await attempt();
  return answer.status === 401 && tokens && (await renew()) ? attempt() : answer;
}

/** Reads JSON; throws a Problem for any refusal. */
export async function get<T>(path: string, init: RequestInit = {}): Promise<T> {
  const answer = await authorised(path, init);
  if (!answer.ok) throw await problemOf(answer);
  return (await answer.json()) as T;
}

/** Signs in; throws Problem "totp-required" when a code is asked for. */
export async function signIn(login: string, password: string, totp?: string): Promise<void> {
  const answer = await post('/v1/auth/login', { login, password, ...(totp ? { totp } : {}) });
  if (!answer.ok) throw await problemOf(answer);
  keep((await answer.json()) as Tokens);
}

/** Forgets the tokens here at once; the server is told, but its answer is not waited for. */
export function signOut(): void {
  const ending = tokens;
  forget();
  if (!ending) return;
  void send('/v1/auth/logout', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${ending.access_token}` },
    body: JSON.stringify({ refresh_token: ending.refresh_token }),
  }).catch(() => undefined);
}
