/** Fetches what the window needs and no more: missing parts only, one question at a time, with a pause after a failure. */
import type { Annotation, HistoryQuery, SeriesFrame } from "../../protocol/history.ts";
import type { Ask } from "../ask.ts";
import { type Held, type Missing, joined, missingParts } from "./frames.ts";
import { type ChosenSeries, keyOf } from "./state.ts";
import type { Span } from "./window.ts";
import { messageOf } from "../words.ts";

/** What is to be there. */
export interface Wish {
  readonly series: readonly ChosenSeries[];
  readonly window: Span;
  readonly step: number;
  /** By the worker's clock. */
  readonly now: number;
}

/** How it is going. `failed` says why, in a sentence. */
export interface FeedStatus {
  /** Series of which nothing is there yet for this window. */
  readonly loading: number;
  readonly failed: string;
}

/** Questions in one message: the worker takes 64 at most. */
const MOST_QUERIES = 60;
/** A drag moves the window with every frame; questions come no more often than this. */
const PAUSE_MS = 250;
/** After a failure nothing is asked by itself for so long. */
const FAILED_PAUSE_MS = 5000;
/** What happened is asked for again after this long. */
const NOTES_FRESH_MS = 15_000;

/** Keeps values and notes in step with the newest wish. */
export class Feed {
  readonly #ask: Ask;
  readonly #changed: () => void;
  readonly #held = new Map<string, Held>();
  #notes: { readonly asked: Span; readonly at: number; readonly list: readonly Annotation[] } | null = null;
  #wish: Wish | null = null;
  /** A wish that came while a question was on its way. */
  #dirty = false;
  #asking: { readonly abort: AbortController; readonly step: number } | null = null;
  #askedAt = -Infinity;
  #timer: number | undefined;
  #failed = "";

  /** `changed` is called when there is something new to draw. */
  constructor(ask: Ask, changed: () => void) {
    this.#ask = ask;
    this.#changed = changed;
  }

  /** What is there of a series, in whatever step. */
  held(key: string): Held | undefined {
    return this.#held.get(key);
  }

  get notes(): readonly Annotation[] {
    return this.#notes?.list ?? [];
  }

  status(): FeedStatus {
    const wish = this.#wish;
    const loading = wish?.series.filter((one) => !this.#touches(this.#held.get(keyOf(one)), wish)).length ?? 0;
    return { loading, failed: this.#failed };
  }

  /** Sees to it that this is there soon. */
  want(wish: Wish): void {
    this.#wish = wish;
    const keys = new Set(wish.series.map(keyOf));
    for (const key of this.#held.keys()) if (!keys.has(key)) this.#held.delete(key);
    if (this.#asking !== null) {
      this.#dirty = true;
      // Nobody needs what is on its way any more.
      if (this.#asking.step !== wish.step) this.#asking.abort.abort();
      return;
    }
    const wait = this.#askedAt + (this.#failed === "" ? PAUSE_MS : FAILED_PAUSE_MS) - performance.now();
    if (wait <= 0) void this.#fetch();
    else this.#timer ??= window.setTimeout(() => void this.#fetch(), wait);
  }

  /** The user does not want to wait for the pause. */
  retry(): void {
    if (this.#asking === null) void this.#fetch();
  }

  /** Nobody looks: nothing is asked any more, until the next wish. */
  rest(): void {
    window.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#dirty = false;
    this.#asking?.abort.abort();
  }

  async #fetch(): Promise<void> {
    window.clearTimeout(this.#timer);
    this.#timer = undefined;
    const wish = this.#wish;
    if (wish === null || this.#asking !== null) return;
    const asking = { abort: new AbortController(), step: wish.step };
    const { signal } = asking.abort;
    this.#asking = asking;
    this.#askedAt = performance.now();
    this.#dirty = false;
    try {
      await Promise.all([this.#fetchValues(wish, signal), this.#fetchNotes(wish, signal)]);
      this.#failed = "";
    } catch (error) {
      if (!signal.aborted) this.#failed = messageOf(error);
    }
    this.#asking = null;
    this.#changed();
    this.#goOn();
  }

  /** Sees to the wish that came meanwhile. */
  #goOn(): void {
    if (this.#dirty && this.#wish !== null) this.want(this.#wish);
  }

  async #fetchValues(wish: Wish, signal: AbortSignal): Promise<void> {
    const missing = missingParts(wish.series, this.#held, wish.window, wish.step);
    for (let at = 0; at < missing.length; at += MOST_QUERIES) {
      const parts = missing.slice(at, at + MOST_QUERIES);
      const queries = parts.map((part): HistoryQuery => part.query);
      const answers = await this.#ask({ ask: "frames", queries }, signal);
      if (signal.aborted) return;
      parts.forEach((part, index) => this.#take(part, answers[index] ?? [], wish));
      this.#changed();
    }
  }

  #take(part: Missing, frames: readonly SeriesFrame[], wish: Wish): void {
    const window = this.#wish?.window ?? wish.window;
    this.#held.set(part.key, joined(this.#held.get(part.key), part, frames, wish.now, window));
  }

  async #fetchNotes({ window, now, series }: Wish, signal: AbortSignal): Promise<void> {
    const known = this.#notes;
    const within = known !== null && known.asked.from <= window.from && known.asked.to >= Math.min(window.to, now);
    const fresh = known !== null && performance.now() - known.at < NOTES_FRESH_MS;
    if (series.length === 0 || (within && fresh)) return;
    // Half a window more to either side, so that panning does not ask each time; ahead of now, so that it stays fresh.
    const more = (window.to - window.from) / 2 + NOTES_FRESH_MS;
    const asked = { from: Math.floor(window.from - more), to: Math.ceil(window.to + more) };
    const list = await this.#ask({ ask: "annotations", ...asked }, signal);
    if (!signal.aborted) this.#notes = { asked, at: performance.now(), list };
  }

  #touches(held: Held | undefined, { window, step }: Wish): boolean {
    return held?.step === step && held.from < window.to && held.to > window.from - step;
  }
}
