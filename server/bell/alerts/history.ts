/** The alerts of the past with every step: kept in memory, and in the store's file where there is one. */
import type { Alert, AlertRecord } from "../../../protocol/alert.ts";
import type { RecordQuery } from "../../octopus/store/alert-tables.ts";

/** Kept for so long, and so many at most; the oldest go first. */
export const KEPT_MS = 90 * 86_400_000;
export const KEPT_RECORDS = 2000;
/** Without a file, memory holds fewer. */
const IN_MEMORY = 200;

/** The newest records, by the alert's id. */
export class RecentRecords {
  readonly #records = new Map<string, AlertRecord>();

  /** Puts a record in place of an earlier one of the same alert. */
  put(record: AlertRecord): void {
    this.#records.delete(record.alert.id);
    this.#records.set(record.alert.id, record);
    for (const id of this.#records.keys()) {
      if (this.#records.size <= IN_MEMORY) break;
      this.#records.delete(id);
    }
  }

  /** Those that were open at some time in [from, to), newest first. */
  list(query: RecordQuery): readonly AlertRecord[] {
    return [...this.#records.values()]
      .filter(({ alert }) => touches(alert, query))
      .sort(newestFirst)
      .slice(0, query.limit);
  }
}

/** Records of the file with those of memory in place of older ones, newest first. */
export function merged(
  kept: readonly AlertRecord[],
  recent: readonly AlertRecord[],
  limit: number,
): readonly AlertRecord[] {
  const all = new Map([...kept, ...recent].map((record) => [record.alert.id, record]));
  return [...all.values()].sort(newestFirst).slice(0, limit);
}

function newestFirst(one: AlertRecord, other: AlertRecord): number {
  return other.alert.pendingSince - one.alert.pendingSince || (one.alert.id < other.alert.id ? 1 : -1);
}

/** Whether it was open at some time in [from, to), and is of the rule. */
export function touches(alert: Alert, { from, to, rule }: RecordQuery): boolean {
  if (rule !== "" && alert.rule !== rule) return false;
  return alert.pendingSince < to && (alert.resolvedAt ?? Infinity) >= from;
}
