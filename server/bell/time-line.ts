/** Writes alerts and the training's epochs on the time line of the history, where this worker is its writer. */
import type { Alert } from "../../protocol/alert.ts";
import type { BellState } from "../../protocol/bell.ts";
import type { Annotation } from "../../protocol/history.ts";
import type { Disposable } from "../host/host.ts";
import type { Log } from "../host/log.ts";
import { AnnotationsUnavailable } from "../octopus/store/annotations.ts";
import type { SeriesStore } from "../octopus/store/store.ts";
import type { Bell } from "./bell.ts";
import { ruleName } from "./rules.ts";

/** A note without its number. */
export type NewNote = Omit<Annotation, "id">;

/** The kind of a note on an alert that was CRIT, from when it fired to its end; its source is the rule's name (`ruleName`). */
export const ALERT = "alert";

/** While an alert stands its end is moved so often: a worker that is killed leaves one that ends about then. */
const EXTEND_MS = 60_000;

/** Notes that wait while the file is busy; more than these are dropped, the oldest first. */
const MOST_WAITING = 100;

/** What the time line needs. */
export interface TimeLineOptions {
  readonly bell: Pick<Bell, "on" | "state">;
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

/** Listens to the bell until it is disposed. */
export class TimeLine implements Disposable {
  readonly #options: TimeLineOptions;
  /** By the alert's id. */
  readonly #open = new Map<string, OpenAlert>();
  /** Alerts for which the file was asked whether another worker had noted them. */
  #asked: ReadonlySet<string> = new Set();
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
    this.#try(() => [...this.#open.keys()].forEach((alert) => this.#finish(alert, time)));
  }

  /** The leader's alerts are those of every window's rules. */
  #hear({ alerts, time }: BellState): void {
    if (!this.#options.leads()) {
      // Whoever leads now goes on with them.
      this.#open.clear();
      this.#asked = new Set();
      this.#waiting.length = 0;
      return;
    }
    this.#try(() => {
      this.#write();
      const firing = new Map(alerts.filter(({ status }) => status === "firing").map((one) => [one.id, one]));
      for (const [id, { told }] of [...this.#open]) {
        if (firing.has(id)) {
          if (time - told >= EXTEND_MS) this.#finish(id, time);
          continue;
        }
        this.#finish(id, alerts.find((one) => one.id === id)?.resolvedAt ?? time);
        this.#open.delete(id);
      }
      this.#asked = new Set([...this.#asked].filter((id) => firing.has(id)));
      for (const alert of firing.values()) if (!this.#open.has(alert.id)) this.#begin(alert, time);
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

  #begin(alert: Alert, now: number): void {
    const notes = this.#options.store().annotations;
    const crit = alert.level === "CRIT";
    if (notes === undefined || (!crit && this.#asked.has(alert.id))) return;
    const time = Math.round(alert.firingSince ?? alert.pendingSince);
    const source = ruleName({ id: alert.rule, origin: alert.origin });
    // The worker that led before may have noted it already.
    const taken = new Set([...this.#open.values()].map(({ id }) => id));
    const known = notes
      .list({ from: time, to: time + 1, kinds: [ALERT] })
      .filter((one) => one.time === time && one.source === source && !taken.has(one.id))
      .sort((one, other) => alike(other.text, alert.message) - alike(one.text, alert.message))[0];
    this.#asked = new Set([...this.#asked, alert.id]);
    if (known === undefined && !crit) return;
    const end = Math.max(time, now);
    const id = known?.id ?? notes.add({ time, end, kind: ALERT, text: alert.message, source });
    // What was known is drawn on to now at once.
    this.#open.set(alert.id, { id, told: known === undefined ? end : -Infinity });
    if (known !== undefined) this.#finish(alert.id, end);
  }

  #finish(alert: string, time: number): void {
    const note = this.#open.get(alert);
    if (note === undefined) return;
    const there = this.#options.store().annotations?.finish(note.id, time) ?? false;
    if (there) this.#open.set(alert, { ...note, told: time });
    else this.#open.delete(alert);
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

/** How many characters two texts begin with alike: of two alerts of one moment their subjects tell them apart. */
function alike(one: string, other: string): number {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length += 1;
  return length;
}
