/** Which alerts are told together: those of one cause that fall due within a short wait are one notification. */
import type { Alert } from "../../../protocol/alert.ts";
import type { Rule } from "../../../protocol/bell.ts";

/** The label that names a cause; alerts of rules without it are grouped by their rule. */
export const CAUSE_LABEL = "cause";

/** Milliseconds. */
export interface GroupingRule {
  /** From the first alert that falls due, others of its cause are waited for. */
  readonly waitMs: number;
  /** A cause that was told is not told again within this; what is new meanwhile is told at its end. */
  readonly intervalMs: number;
}

/** Ten seconds, in which every sensor but the slow ones is read at least twice; and five minutes. */
export const GROUPING: GroupingRule = { waitMs: 10_000, intervalMs: 300_000 };

/** The cause of a rule's alerts on a node. */
export function causeOf(rule: Pick<Rule, "id" | "labels">, node: string): string {
  return `${node} ${rule.labels?.[CAUSE_LABEL] ?? rule.id}`;
}

/** When each cause was told last and since when it waits. Times are milliseconds since the epoch. */
export class Groups {
  readonly #rule: GroupingRule;
  readonly #waiting = new Map<string, number>();
  readonly #told = new Map<string, number>();

  constructor(rule: GroupingRule = GROUPING) {
    this.#rule = rule;
  }

  /** Of the alerts that are due, those to be told now: whole groups. */
  ripe(due: readonly Alert[], now: number): ReadonlySet<string> {
    const groups = new Set(due.map(({ group }) => group));
    for (const group of [...this.#waiting.keys()]) if (!groups.has(group)) this.#waiting.delete(group);
    const ripe = new Set<string>();
    for (const group of groups) {
      const since = Math.min(this.#waiting.get(group) ?? now, now);
      this.#waiting.set(group, since);
      if (now < this.#when(group, since, now)) continue;
      ripe.add(group);
      this.#waiting.delete(group);
      this.#told.set(group, now);
    }
    for (const [group, told] of [...this.#told]) if (now - told >= this.#rule.intervalMs) this.#told.delete(group);
    return ripe;
  }

  /** When the next group is to be told; null when none waits. */
  nextAt(now: number): number | null {
    let next: number | null = null;
    for (const [group, since] of this.#waiting) next = Math.min(next ?? Infinity, this.#when(group, since, now));
    return next;
  }

  /** When each cause was told, to be kept. */
  get told(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#told);
  }

  /** Takes over what was kept. */
  restore(told: Readonly<Record<string, number>>): void {
    for (const [group, time] of Object.entries(told)) this.#told.set(group, time);
  }

  #when(group: string, since: number, now: number): number {
    const told = Math.min(this.#told.get(group) ?? -Infinity, now);
    return Math.max(since + this.#rule.waitMs, told + this.#rule.intervalMs);
  }
}
