/** The open alerts of a node and those that just ended: each is written down when it changes, and taken up again. */
import type { Alert } from "../../../protocol/alert.ts";
import { LEVELS } from "../../../protocol/level.ts";
import type { RecordQuery } from "../../octopus/store/alert-tables.ts";
import { came, forgotten, went, type Damped, type DampingRule } from "./damping.ts";
import { merged, RecentRecords } from "./history.ts";
import { recordOf, type Kept } from "./kept.ts";
import type { Ledger } from "./ledger.ts";
import { skip, type Life } from "./life.ts";

/** Alerts that ended are shown for so long. */
const SHOWN_MS = 900_000;
/** Of more the newest are shown: a label that never repeats ends alerts without end. */
const MOST_SHOWN = 200;
/** Damping remembers so many series; of more the newest. */
const MOST_DAMPED = 5000;
/** Time in which nobody looked may be so long before a crossing has to begin anew. */
const OUTAGE_MS = 3_600_000;

/** By the fingerprint of rule and series. */
export class Lives {
  readonly #ledger: Ledger;
  readonly #damping: DampingRule;
  readonly #recent = new RecentRecords();
  #open = new Map<string, Life>();
  #damped = new Map<string, Damped>();
  /** Ended within the last minutes. */
  #ended: readonly Life[] = [];

  constructor(ledger: Ledger, damping: DampingRule) {
    this.#ledger = ledger;
    this.#damping = damping;
  }

  /** Every open one. */
  get open(): readonly Life[] {
    return [...this.#open.values()];
  }

  get size(): number {
    return this.#open.size;
  }

  /** The open one of a rule and series. */
  get(fingerprint: string): Life | undefined {
    return this.#open.get(fingerprint);
  }

  /** Pending, firing and just ended alerts, worst first. */
  alerts(now: number): readonly Alert[] {
    const ended = this.#ended.filter(({ alert }) => now - (alert.resolvedAt ?? 0) < SHOWN_MS);
    return [...this.#open.values(), ...ended].map(({ alert }) => alert).sort(worstFirst);
  }

  /** Every alert that was open at some time in [from, to), newest first, with every step. */
  history(query: RecordQuery): ReturnType<typeof merged> {
    const firing = this.open.filter(({ alert }) => alert.status === "firing");
    for (const { alert, steps } of firing) this.#recent.put({ alert, steps });
    const kept = this.#ledger.records(query).flatMap(recordOf);
    return merged(kept, this.#recent.list(query), query.limit);
  }

  /** Puts a life in place of what was of the same rule and series; one that is over joins those that ended. */
  put(life: Life): void {
    const { fingerprint, status } = life.alert;
    const before = this.#open.get(fingerprint);
    if (status !== "resolved") {
      this.#open.set(fingerprint, life);
      if (before === undefined || changed(before, life)) this.#ledger.life(life);
      return;
    }
    this.#open.delete(fingerprint);
    this.went(fingerprint, life.alert.resolvedAt ?? 0);
    this.#ended = [...this.#ended, life].slice(-MOST_SHOWN);
    this.#recent.put({ alert: life.alert, steps: life.steps });
    this.#ledger.life(life);
  }

  /** Forgets one that never fired. */
  drop(fingerprint: string): void {
    if (this.#open.delete(fingerprint)) this.#ledger.forget(fingerprint);
  }

  /** Puts one in place whose story another worker has written already. */
  takeOver(life: Life): void {
    this.#open.set(life.alert.fingerprint, life);
  }

  /** Remembers that it is CRIT; answers with what is remembered, or null when that is nothing new. */
  came(fingerprint: string, now: number): Damped | null {
    const before = this.#damped.get(fingerprint);
    const damped = came(before, now, this.#damping);
    if (damped === before) return null;
    this.#remember(fingerprint, damped);
    return damped;
  }

  /** Remembers that it is not CRIT any more, if it ever was. */
  went(fingerprint: string, now: number): void {
    const before = this.#damped.get(fingerprint);
    if (before !== undefined) this.#remember(fingerprint, went(before, now));
  }

  /** Lets go what is too long ago to be remembered or shown. */
  tidy(now: number): void {
    const tooMany = this.#damped.size - MOST_DAMPED;
    let index = 0;
    for (const [fingerprint, damped] of [...this.#damped]) {
      index += 1;
      if (index > tooMany && !forgotten(damped, now, this.#damping)) continue;
      this.#damped.delete(fingerprint);
      this.#ledger.damped(fingerprint, null);
    }
    this.#ended = this.#ended.filter(({ alert }) => now - (alert.resolvedAt ?? 0) < SHOWN_MS);
  }

  /** Takes up what was kept. What this process saw itself since stands where the file has nothing of it, or only old things. */
  restore(kept: Pick<Kept, "lives" | "damped">, outage: number): void {
    const own = this.#open;
    // What is in the file was said by whoever led before; after a long time what this worker saw itself is newer.
    const recent = outage <= OUTAGE_MS;
    this.#open = new Map();
    this.#resume(kept.lives, outage);
    for (const [fingerprint, life] of own)
      if (!recent || !this.#open.has(fingerprint)) this.#open.set(fingerprint, life);
    this.#damped = new Map([...this.#damped, ...kept.damped]);
    for (const life of own.values()) if (this.#open.get(life.alert.fingerprint) === life) this.#ledger.life(life);
  }

  /** Time in which nobody looked does not count. */
  slept(milliseconds: number): void {
    this.#resume(this.open, milliseconds);
  }

  #resume(lives: readonly Life[], outage: number): void {
    for (const life of lives) {
      if (life.alert.status === "pending" && outage > OUTAGE_MS) this.drop(life.alert.fingerprint);
      else this.#open.set(life.alert.fingerprint, skip(life, outage));
    }
  }

  #remember(fingerprint: string, damped: Damped): void {
    if (this.#damped.get(fingerprint) === damped) return;
    // The newest stands last.
    this.#damped.delete(fingerprint);
    this.#damped.set(fingerprint, damped);
    this.#ledger.damped(fingerprint, damped);
  }
}

/** Whether more than the value changed. */
function changed(before: Life, after: Life): boolean {
  if (before.steps !== after.steps || before.untold !== after.untold || before.raw !== after.raw) return true;
  if (before.warnSince !== after.warnSince || before.critSince !== after.critSince) return true;
  if (before.calmSince !== after.calmSince || before.unknownSince !== after.unknownSince) return true;
  const { level, heldUntil, flaps, notifications } = before.alert;
  const now = after.alert;
  return (
    level !== now.level || heldUntil !== now.heldUntil || flaps !== now.flaps || notifications !== now.notifications
  );
}

const STATUSES = ["firing", "pending", "resolved"] as const;

function worstFirst(one: Alert, other: Alert): number {
  return (
    STATUSES.indexOf(one.status) - STATUSES.indexOf(other.status) ||
    LEVELS.indexOf(other.level) - LEVELS.indexOf(one.level) ||
    other.changedAt - one.changedAt ||
    (one.id < other.id ? -1 : 1)
  );
}
