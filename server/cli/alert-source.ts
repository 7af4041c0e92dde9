/** The alerts of this user on this host: who leads, what was kept, and what may be done. */
import type { Alert, AlertRecord, Silence } from "../../protocol/alert.ts";
import { load, recordOf } from "../bell/alerts/kept.ts";
import type { Host } from "../host/host.ts";
import { statePaths } from "../host/paths.ts";
import { lookForLeader } from "../octopus/leader/look.ts";
import type { RecordQuery } from "../octopus/store/alert-tables.ts";
import type { ChunkStore } from "../octopus/store/chunk-store.ts";
import { reasonOf } from "../octopus/store/sqlite-errors.ts";
import { VERSION } from "../version.ts";
import { HistoryUnavailable, openHistory } from "./history-file.ts";

/** What is known of alerts now. */
export interface AlertsNow {
  /** The process of the worker that leads; null when none runs. */
  readonly leader: number | null;
  /** When a worker last wrote that it looked; null when that is not known. */
  readonly lookedAt: number | null;
  /** Pending and firing, worst first. */
  readonly alerts: readonly Alert[];
  /** In force or to come, the ones that end first before the others. */
  readonly silences: readonly Silence[];
}

/** How bad, for the order of a list. */
const ORDER = ["CRIT", "UNKNOWN", "WARN", "OK"];

/** The process of the worker that leads; null when none answers. Asked only, never followed. */
export async function leaderPid(host: Host): Promise<number | null> {
  const { announcement } = await statePaths(host);
  const { leader } = await lookForLeader(announcement, { pid: process.pid, version: VERSION }, host.clock);
  return leader?.pid ?? null;
}

/** Reads what the worker that leads, or led last, keeps in its file. Throws HistoryUnavailable and SqliteMissing. */
export async function readAlerts(
  host: Host,
  query: RecordQuery,
): Promise<AlertsNow & { readonly records: readonly AlertRecord[] }> {
  const leader = await leaderPid(host);
  const store = await openHistory(host);
  try {
    const { lives, silences, seenAt } = keptIn(store);
    const now = host.clock.now();
    return {
      leader,
      lookedAt: seenAt,
      alerts: lives.map(({ alert }) => alert).sort(worstFirst),
      silences: silences.filter(({ endsAt }) => now < endsAt).sort((one, other) => one.endsAt - other.endsAt),
      records: store.alerts.records(query).flatMap(recordOf),
    };
  } finally {
    await store.close();
  }
}

function keptIn(store: ChunkStore) {
  try {
    return load(store.alerts);
  } catch (error) {
    throw new HistoryUnavailable(
      `The alerts cannot be read from the history: ${reasonOf(error)}. A worker of this release makes their tables when ` +
        "it starts: open VS Code with Gorgon.",
      { cause: error },
    );
  }
}

function worstFirst(one: Alert, other: Alert): number {
  const rank = ({ status, level }: Alert) => (status === "pending" ? ORDER.length : 0) + ORDER.indexOf(level);
  return rank(one) - rank(other) || one.pendingSince - other.pendingSince;
}
