/** Writes the book into the store's file: what changed, all at once, as soon as the file takes it. */
import type { Silence } from "../../../protocol/alert.ts";
import type { Log } from "../../host/log.ts";
import type { AlertKeeper, RecordQuery, RecordRow, StateRow } from "../../octopus/store/alert-tables.ts";
import type { Damped } from "./damping.ts";
import { KEPT_MS, KEPT_RECORDS } from "./history.ts";
import { dampedRow, groupRow, lifeRow, load, seenRow, silenceRow, type Kept } from "./kept.ts";
import type { Life } from "./life.ts";

/** While alerts are open it is written so often that somebody looks. */
const SEEN_MS = 15_000;
/** Old records are looked for so often. */
const PRUNE_MS = 3_600_000;

/** The rows that wait, by what they are of, and whether the file was read. */
export class Ledger {
  readonly #keeper: () => AlertKeeper | undefined;
  readonly #log: Log;
  readonly #state = new Map<string, StateRow>();
  readonly #records = new Map<string, RecordRow>();
  /** The tables that were read and are written now. */
  #open: AlertKeeper | null = null;
  #seenAt = -Infinity;
  #prunedAt = -Infinity;
  #trouble = "";

  constructor(keeper: () => AlertKeeper | undefined, log: Log) {
    this.#keeper = keeper;
    this.#log = log;
  }

  /** What was kept, once, when this process begins to write a file; else null. */
  opened(): Kept | null {
    const keeper = this.#keeper();
    if (keeper?.ready !== true) {
      this.#open = null;
      // Nobody waits for them: a worker that does not lead keeps nothing, one without a file has it in memory.
      this.#state.clear();
      this.#records.clear();
      return null;
    }
    if (this.#open === keeper) return null;
    const kept = this.#try(() => load(keeper));
    if (kept === null) return null;
    this.#open = keeper;
    return kept;
  }

  life(life: Life): void {
    const { fingerprint, id, rule, status, pendingSince, resolvedAt } = life.alert;
    this.#add(lifeRow(fingerprint, status === "resolved" ? null : life));
    // One that never fired is nobody's history.
    if (status === "pending") return;
    const body = JSON.stringify({ alert: life.alert, steps: life.steps });
    this.#records.set(id, { id, rule, begin: pendingSince, end: resolvedAt, body });
  }

  forget(fingerprint: string): void {
    this.#add(lifeRow(fingerprint, null));
  }

  damped(fingerprint: string, damped: Damped | null): void {
    this.#add(dampedRow(fingerprint, damped));
  }

  silence(id: string, silence: Silence | null): void {
    this.#add(silenceRow(id, silence));
  }

  told(group: string, now: number): void {
    this.#add(groupRow(group, now));
  }

  seen(now: number): void {
    this.#seenAt = now;
    this.#add(seenRow(now));
  }

  /** Says that somebody looks, as often as is needed. */
  seenNow(now: number): void {
    if (this.#state.size > 0 || Math.abs(now - this.#seenAt) >= SEEN_MS) this.seen(now);
    if (this.#open === null || Math.abs(now - this.#prunedAt) < PRUNE_MS) return;
    this.#prunedAt = now;
    this.#try(() => this.#open?.prune(now - KEPT_MS, KEPT_RECORDS));
  }

  /** Writes what waits. What cannot be written now is tried again at the next judgement. */
  flush(): void {
    if (this.#open === null || this.#state.size + this.#records.size === 0) return;
    const written = this.#try(() => this.#open?.save([...this.#state.values()], [...this.#records.values()]) ?? false);
    if (written !== true) return;
    this.#state.clear();
    this.#records.clear();
  }

  /** Bodies of records, newest first; none while they cannot be read. */
  records(query: RecordQuery): readonly string[] {
    return this.#try(() => this.#keeper()?.records(query) ?? []) ?? [];
  }

  #add(row: StateRow): void {
    this.#state.set(`${row.kind}\u0000${row.key}`, row);
  }

  #try<T>(work: () => T): T | null {
    try {
      const done = work();
      this.#trouble = "";
      return done;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (reason !== this.#trouble) this.#log.warn(`Alerts are not kept for the next start at this moment: ${reason}`);
      this.#trouble = reason;
      return null;
    }
  }
}
