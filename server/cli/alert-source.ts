/** The alerts of this user on this host: who leads, what was kept, and what may be done. */
import type { Alert, AlertRecord, Silence } from "../../protocol/alert.ts";
import { load, recordOf } from "../bell/alerts/kept.ts";
import type { ForeignAlerts } from "../bell/bell.ts";
import type { Disposable, Host } from "../host/host.ts";
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
    const open = openIn(store, host.clock.now());
    return { leader, ...open, records: store.alerts.records(query).flatMap(recordOf) };
  } finally {
    await store.close();
  }
}

/** How often a screen asks for the leader's alerts, and whether there is a leader at all. */
const READ_MS = 2000;
const LOOK_MS = 10_000;

/** Follows the alerts of the worker that leads, from its file, until disposed. */
export class AlertWatch implements Disposable {
  readonly #host: Host;
  readonly #tell: (foreign: ForeignAlerts | null) => void;
  #leader: number | null = null;
  #store: ChunkStore | null = null;
  #lookedAt = -Infinity;
  #timer: Disposable | null = null;
  #disposed = false;

  /** `tell` hears of the leader's alerts whenever they are read, and null when nobody leads or they cannot be read. */
  constructor(host: Host, tell: (foreign: ForeignAlerts | null) => void) {
    this.#host = host;
    this.#tell = tell;
  }

  /** The process that leads; null when none does, or its alerts are not to be had. */
  get leader(): number | null {
    return this.#store === null ? null : this.#leader;
  }

  /** Reads now, and again and again from now on. Never rejects. */
  async look(): Promise<void> {
    this.#timer?.dispose();
    const foreign = await this.#read();
    if (this.#disposed) {
      this.#forget();
      return;
    }
    this.#tell(foreign);
    this.#timer?.dispose();
    this.#timer = this.#host.clock.schedule(() => void this.look(), READ_MS, { unref: true });
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer?.dispose();
    this.#forget();
  }

  async #read(): Promise<ForeignAlerts | null> {
    try {
      const now = this.#host.clock.monotonic();
      if (now - this.#lookedAt >= LOOK_MS) {
        this.#lookedAt = now;
        this.#leader = await leaderPid(this.#host);
      }
      if (this.#leader === null) {
        this.#forget();
        return null;
      }
      this.#store ??= await openHistory(this.#host);
      const { alerts, silences } = openIn(this.#store, this.#host.clock.now());
      return { alerts, silences };
    } catch {
      // Without history on disk, say: this process' own alerts are shown.
      this.#forget();
      return null;
    }
  }

  #forget(): void {
    void this.#store?.close();
    this.#store = null;
  }
}

/** What is open now, in the order of a list. Throws HistoryUnavailable. */
function openIn(store: ChunkStore, now: number) {
  const { lives, silences, seenAt } = keptIn(store);
  return {
    lookedAt: seenAt,
    alerts: lives.map(({ alert }) => alert).sort(worstFirst),
    silences: silences.filter(({ endsAt }) => now < endsAt).sort((one, other) => one.endsAt - other.endsAt),
  };
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
