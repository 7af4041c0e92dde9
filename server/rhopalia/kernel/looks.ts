/** The looks at one kernel of the last quarter of an hour, from which runs are measured afterwards. */
import type { TreeSight } from "./eye.ts";

/** What is kept of one look. */
export interface Look extends Omit<TreeSight, "pids"> {
  readonly children: number;
  /** Memory with shared pages counted once, bytes; null where it was not looked at. */
  readonly treeBytes: number | null;
}

/** A quarter of an hour at one look a second, and four a second while a cell runs, in bounds. */
const KEPT_MS = 900_000;
const MOST = 2000;
/** Of old looks one a second is enough. */
const THIN_AFTER_MS = 120_000;
const THIN_TO_MS = 950;

/** A bounded list by time. */
export class Looks {
  #looks: Look[] = [];

  /** Adds the newest. A clock that was set back begins anew: what is later than now cannot be compared. */
  add(look: Look): void {
    const last = this.#looks.at(-1);
    // Where the system is asked seldom, the same answer may be given twice.
    if (last?.time === look.time) this.#looks.pop();
    if (last !== undefined && look.time < last.time) this.#looks = this.#looks.filter(({ time }) => time <= look.time);
    this.#looks.push(look);
    if (this.#looks.length > MOST || look.time - (this.#looks[0]?.time ?? 0) > KEPT_MS * 1.1) this.#tidy(look.time);
  }

  get last(): Look | null {
    return this.#looks.at(-1) ?? null;
  }

  /** The newest at or before a moment; null when there is none. */
  before(time: number): Look | null {
    return this.#looks.findLast((one) => one.time <= time) ?? null;
  }

  /** The oldest at or after a moment; null when there is none. */
  after(time: number): Look | null {
    return this.#looks.find((one) => one.time >= time) ?? null;
  }

  /** All in [from, to]. */
  between(from: number, to: number): readonly Look[] {
    return this.#looks.filter(({ time }) => time >= from && time <= to);
  }

  #tidy(now: number): void {
    let keptAt = -Infinity;
    const thin = this.#looks.filter(({ time }) => {
      if (now - time > KEPT_MS) return false;
      if (now - time > THIN_AFTER_MS && time - keptAt < THIN_TO_MS) return false;
      keptAt = time;
      return true;
    });
    this.#looks = thin.slice(-MOST);
  }
}
