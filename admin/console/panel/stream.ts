// The live stream, read with fetch because a token must not stand in a URL. It resumes after the last number it saw,
// tries again with growing pauses, and counts silence longer than two pings as a lost connection.
import { authorised } from './session';

export interface Message {
  id: string;
  event: string;
  data: Record<string, unknown>;
}

const SILENCE = 40_000; // milliseconds; the server pings every 15 s
const LONGEST_PAUSE = 15_000;

/** Splits server-sent event text into whole messages; what is not finished stays for the next piece. */
export function cutMessages(text: string): { messages: Message[]; rest: string } {
  const blocks = text.replaceAll('\r\n', '\n').split('\n\n');
  const rest = blocks.pop() ?? '';
  return { messages: blocks.map(parse).filter((message): message is Message => message !== null), rest };
}

function parse(block: string): Message | null {
  const fields: Record<string, string> = {};
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue; // a comment, or no field
    const name = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, '');
    fields[name] = name in fields ? `${fields[name]}\n${value}` : value;
  }
  if (!Object.keys(fields).length) return null;
  return { id: fields['id'] ?? '', event: fields['event'] ?? 'message', data: readData(fields['data']) };
}

function readData(text: string | undefined): Record<string, unknown> {
  try {
    return text ? (JSON.parse(text) as Record<string, unknown>) : {};
  } catch {
    return {}; // a message we cannot read still tells that something moved
  }
}

export class LiveStream {
  #last = '';
  #open = false;
  #stop = new AbortController();

  constructor(
    private readonly heard: (message: Message) => void,
    private readonly connected: (up: boolean) => void,
  ) {}

  start(): void {
    void this.#keepReading(this.#stop.signal);
  }

  stop(): void {
    this.#stop.abort();
  }

  async #keepReading(stopped: AbortSignal): Promise<void> {
    let failures = 0;
    while (!stopped.aborted) {
      this.#open = false;
      await this.#readOnce(stopped).catch(() => undefined);
      if (stopped.aborted) return;
      // A stream that had been open may just have ended (a worn token, a restart): only a refused return is a loss.
      failures = this.#open ? 0 : failures + 1;
      if (failures) this.connected(false);
      await pause(Math.min(LONGEST_PAUSE, 400 * 2 ** failures) * (0.5 + Math.random() / 2), stopped);
    }
  }

  async #readOnce(stopped: AbortSignal): Promise<void> {
    const quiet = new AbortController();
    const signal = AbortSignal.any([stopped, quiet.signal]);
    let watchdog = setTimeout(() => quiet.abort(), SILENCE);
    addEventListener('offline', () => quiet.abort(), { signal });
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream' };
      if (this.#last) headers['Last-Event-ID'] = this.#last;
      const answer = await authorised('/v1/stream', { headers, signal });
      if (!answer.ok || !answer.body) return;
      this.#open = true;
      this.connected(true);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        clearTimeout(watchdog);
        watchdog = setTimeout(() => quiet.abort(), SILENCE);
        text = this.#take(text + piece.value);
      }
    } finally {
      quiet.abort(); // whatever ended the reading ends the request and its listeners
      clearTimeout(watchdog);
    }
  }

  #take(text: string): string {
    const { messages, rest } = cutMessages(text);
    for (const message of messages) {
      if (message.id) this.#last = message.id;
      this.heard(message);
    }
    return rest;
  }
}

/** Waits; less when the network comes back or the reader leaves. */
const pause = (milliseconds: number, stopped: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const over = new AbortController();
    const done = () => (clearTimeout(timer), over.abort(), resolve());
    const timer = setTimeout(done, milliseconds);
    addEventListener('online', done, { signal: over.signal });
    stopped.addEventListener('abort', done, { signal: over.signal });
  });
