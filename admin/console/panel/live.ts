// Keeps the board current: listens to the stream, waits a moment so that a burst costs one reload, and never asks
// faster than the server answers. Silence is checked too, since some figures move with the clock alone.
import { CLOCK_DRIVEN, PARTS, partsOf, type Board, type PartName } from './board';
import { now } from './day';
import { LiveStream, type Message } from './stream';

const SETTLE = 1_000; // milliseconds from a change to its reload
const CALM = 3; // at most a quarter of the time is spent asking
const LONGEST = 10_000;
const BY_CLOCK = 60_000;
const SECOND_LOOK = 4_000; // figures follow reports through a queue: the first look may come too early

export class Live {
  connected = true;
  lostAt = 0;
  #touched = new Set<PartName>();
  #timer = 0;
  #clockTimer = 0;
  #echo = 0;
  #busyFor = 0;
  #stream: LiveStream;

  constructor(
    private readonly board: Board,
    private readonly changed: () => void,
    private readonly reportMoved: (code: string) => void,
  ) {
    this.#stream = new LiveStream((message) => this.#hear(message), (up) => this.#line(up));
  }

  start(): void {
    this.#stream.start();
    this.#clockTimer = window.setInterval(() => this.touch(CLOCK_DRIVEN), BY_CLOCK);
  }

  stop(): void {
    this.#stream.stop();
    clearTimeout(this.#timer);
    clearTimeout(this.#echo);
    clearInterval(this.#clockTimer);
  }

  touch(parts: readonly PartName[]): void {
    parts.forEach((part) => this.#touched.add(part));
    this.#timer ||= window.setTimeout(() => void this.#reload(), Math.min(LONGEST, Math.max(SETTLE, this.#busyFor * CALM)));
  }

  #hear(message: Message): void {
    if (message.event === 'report.changed') {
      this.reportMoved(String(message.data['code'] ?? ''));
      this.touch(PARTS);
      this.#echo ||= window.setTimeout(() => {
        this.#echo = 0;
        this.touch(PARTS);
      }, SECOND_LOOK);
    } else if (message.event === 'figure.changed') {
      const parts = partsOf(String(message.data['indicator'] ?? ''));
      this.touch(parts.length ? parts : PARTS);
    } else if (message.event === 'reset') {
      this.touch(PARTS);
    }
    // A ping with nothing pending proves that what stands here is still so.
    if (!this.#touched.size) this.board.provedAt = now();
    this.changed();
  }

  #line(up: boolean): void {
    if (up && !this.connected) this.touch(PARTS);
    if (!up && this.connected) this.lostAt = now();
    this.connected = up;
    this.changed();
  }

  async #reload(): Promise<void> {
    const parts = [...this.#touched];
    this.#touched.clear();
    const began = performance.now();
    await this.board.load(parts);
    this.#busyFor = performance.now() - began;
    this.#timer = 0;
    if (this.connected && !this.#touched.size) this.board.provedAt = now() - this.#busyFor;
    if (this.#touched.size) this.touch([]);
  }
}
