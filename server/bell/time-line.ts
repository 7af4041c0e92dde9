/** Writes alerts and the training's epochs on the time line of the history, where this worker is its writer. */
import type { BellState, Verdict } from "../../protocol/bell.ts";
import type { Annotation } from "../../protocol/history.ts";
import type { Level } from "../../protocol/level.ts";
import type { Disposable } from "../host/host.ts";
import type { Log } from "../host/log.ts";
import { AnnotationsUnavailable } from "../octopus/store/annotations.ts";
import type { SeriesStore } from "../octopus/store/store.ts";
import type { Bell } from "./bell.ts";
import { headline } from "./headline.ts";
import { ruleName } from "./rules.ts";

/** A note without its number. */
export type NewNote = Omit<Annotation, "id">;

/** The kind of a note on a rule that is CRIT; its source is the rule's name (`ruleName`). */
export const ALERT = "alert";

/** While an alert stands its end is moved so often: a worker that is killed leaves one that ends about then. */
const EXTEND_MS = 60_000;

/** Notes that wait while the file is busy; more than these are dropped, the oldest first. */
const MOST_WAITING = 100;

/** What the time line needs. */
export interface TimeLineOptions {
  readonly bell: Pick<Bell, "on" | "state" | "guests">;
  /** Asked each time: the store is another one after a change of settings. */
  readonly store: () => Pick<SeriesStore, "annotations">;
  /** Whether this worker writes the history: of several only one notes. */
  readonly leads: () => boolean;
  readonly log: Log;
}

interface OpenAlert {
  readonly id: number;
  /** Until when the file says that it stands. */
  readonly told: number;
}

function isCalm(level: Level): boolean {
  return level === "OK" || level === "WARN";
}

/** Listens to the bell until it is disposed. */
export class TimeLine implements Disposable {
  readonly #options: TimeLineOptions;
  readonly #open = new Map<string, OpenAlert>();
  /** Those of the rules that were seen to be no alert. */
  #calm: ReadonlySet<string> = new Set();
  readonly #waiting: NewNote[] = [];
  readonly #subscription: Disposable;
  #trouble = "";

  constructor(options: TimeLineOptions) {
    this.#options = options;
    this.#subscription = options.bell.on((state) => this.#hear(state));
  }

  /** Notes something, now or as soon as the file takes it. Nothing is noted where another worker leads. */
  add(note: NewNote): void {
    if (!this.#options.leads()) return;
    this.#waiting.push(note);
    if (this.#waiting.length > MOST_WAITING) this.#waiting.shift();
    this.#try(() => this.#write());
  }

  /** Alerts that stand end here, as far as this worker knows. */
  dispose(): void {
    this.#subscription.dispose();
    const { time } = this.#options.bell.state();
    this.#try(() => [...this.#open.keys()].forEach((rule) => this.#finish(rule, time)));
  }

  #hear({ verdicts: own, time }: BellState): void {
    // Each window shows what becomes of its own workspace's rules; the leader notes it for all.
    const verdicts = [...own, ...this.#options.bell.guests()];
    this.#note(verdicts, time);
    const seen = verdicts.filter(({ rule, level }) => isCalm(level) || this.#calm.has(ruleName(rule)));
    this.#calm = new Set(seen.map(({ rule }) => ruleName(rule)));
  }

  #note(verdicts: readonly Verdict[], time: number): void {
    if (!this.#options.leads()) {
      // Whoever leads now goes on with them.
      this.#open.clear();
      this.#waiting.length = 0;
      return;
    }
    this.#try(() => {
      this.#write();
      const bad = new Map(verdicts.filter((one) => one.level === "CRIT").map((one) => [ruleName(one.rule), one]));
      for (const [rule, { told }] of [...this.#open]) {
        if (!bad.has(rule)) {
          this.#finish(rule, time);
          this.#open.delete(rule);
        } else if (time - told >= EXTEND_MS) this.#finish(rule, time);
      }
      for (const [rule, verdict] of bad) if (!this.#open.has(rule)) this.#begin(rule, verdict, time);
    });
  }

  #write(): void {
    const notes = this.#options.store().annotations;
    if (notes === undefined) this.#waiting.length = 0;
    for (let note = this.#waiting[0]; note !== undefined; note = this.#waiting[0]) {
      notes?.add(note);
      this.#waiting.shift();
    }
  }

  #begin(rule: string, verdict: Verdict, now: number): void {
    const notes = this.#options.store().annotations;
    if (notes === undefined) return;
    const { since } = verdict;
    // The worker that led before may have noted it already; where this one never saw it otherwise, it stood before.
    const from = this.#calm.has(rule) ? since : since - EXTEND_MS;
    const known = notes.list({ from, to: now + 1, kinds: [ALERT] }).findLast((one) => one.source === rule);
    const end = Math.max(since, now);
    const note = { time: since, end, kind: ALERT, text: headline([verdict]), source: rule };
    this.#open.set(rule, { id: known?.id ?? notes.add(note), told: end });
  }

  #finish(rule: string, time: number): void {
    const alert = this.#open.get(rule);
    if (alert === undefined) return;
    const there = this.#options.store().annotations?.finish(alert.id, time) ?? false;
    if (there) this.#open.set(rule, { ...alert, told: time });
    else this.#open.delete(rule);
  }

  /** What cannot be written now is tried again at the next judgement; said once. */
  #try(work: () => void): void {
    try {
      work();
      this.#trouble = "";
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#trouble) {
        const level = error instanceof AnnotationsUnavailable ? "debug" : "warn";
        this.#options.log[level](`The time line was not written: ${reason}`);
      }
      this.#trouble = reason;
    }
  }
}
