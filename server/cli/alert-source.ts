/** The alerts of this user on this host: who leads, what was kept, and what may be done. */
import type { Alert, AlertRecord, Silence } from "../../protocol/alert.ts";
import type { LinkAlerts } from "../../protocol/messages/leader.ts";
import { touches } from "../bell/alerts/history.ts";
import { load, recordOf } from "../bell/alerts/kept.ts";
import { standing } from "../bell/alerts/silences.ts";
import type { ForeignAlerts } from "../bell/bell.ts";
import type { Disposable, Host } from "../host/host.ts";
import { silentLog } from "../host/log.ts";
import { statePaths } from "../host/paths.ts";
import { announced } from "../octopus/leader/announcement.ts";
import { LeaderLink } from "../octopus/leader/link.ts";
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

/** The worker that leads, in its own words. */
interface Led {
  readonly leader: number;
  /** Null: it has not told its alerts in time. */
  readonly alerts: LinkAlerts | null;
}

/** So long a leader's word is waited for; it comes with the greeting unless the leader has only just begun. */
const WORD_MS = 2000;

/** Asks the worker that leads for its alerts, which it has whether it keeps history or not; null when none answers. */
async function askLeader(host: Host): Promise<Led | null> {
  let heard: (alerts: LinkAlerts | null) => void = () => undefined;
  const alerts = new Promise<LinkAlerts | null>((resolve) => (heard = resolve));
  const link = await openLink(host, (now) => heard(now));
  if (link === null) return null;
  link.onEnd(() => heard(null));
  const late = host.clock.schedule(() => heard(null), WORD_MS);
  try {
    return { leader: link.leader.pid, alerts: await alerts };
  } finally {
    late.dispose();
    link.close();
  }
}

async function openLink(host: Host, onAlerts: (alerts: LinkAlerts) => void): Promise<LeaderLink | null> {
  try {
    const at = announced((await statePaths(host)).announcement);
    if (at === null) return null;
    const me = { pid: process.pid, version: VERSION };
    return await LeaderLink.open({ at, me, clock: host.clock, log: silentLog, onAlerts });
  } catch {
    // Nobody answers, or one of another release: then the file is all there is.
    return null;
  }
}

/** Alerts now and of the past. */
export type AlertsKnown = AlertsNow & { readonly records: readonly AlertRecord[] };

/**
 * What the worker that leads says, with the past from its file; without one, what was written last. Throws
 * HistoryUnavailable and SqliteMissing.
 */
export async function readAlerts(host: Host, query: RecordQuery): Promise<AlertsKnown> {
  const led = await askLeader(host);
  const now = host.clock.now();
  const leader = led?.leader ?? null;
  const said = led?.alerts ?? null;
  if (said === null) return { leader, ...(await readFile(host, query)) };
  const { alerts: all, silences } = said;
  const open = all.filter(({ status }) => status !== "resolved");
  const known = new Set(all.map(({ id }) => id));
  // What the file left open belongs to a worker that kept history, unless the leader knows it.
  const kept = (await keptRecords(host, query)).filter(({ alert }) => alert.resolvedAt !== null || known.has(alert.id));
  const told = all
    .filter(
      (alert) => alert.status !== "pending" && touches(alert, query) && !kept.some((one) => one.alert.id === alert.id),
    )
    .map((alert) => ({ alert, steps: [] }));
  const records = [...told, ...kept].sort((one, other) => other.alert.pendingSince - one.alert.pendingSince);
  return {
    ...{ leader, lookedAt: now, alerts: [...open].sort(worstFirst) },
    ...{ silences: standing(silences, now), records: records.slice(0, query.limit) },
  };
}

/** Without history on disk there is none but what the leader remembers. */
async function keptRecords(host: Host, query: RecordQuery): Promise<readonly AlertRecord[]> {
  try {
    return (await readFile(host, query)).records;
  } catch {
    return [];
  }
}

async function readFile(host: Host, query: RecordQuery): Promise<Omit<AlertsKnown, "leader">> {
  const store = await openHistory(host);
  try {
    return { ...openIn(store, host.clock.now()), records: store.alerts.records(query).flatMap(recordOf) };
  } finally {
    await store.close();
  }
}

/** A screen that lost the leader looks for the next so often. */
const LOOK_MS = 2000;

/** Follows the alerts of the worker that leads, in its own words, until disposed. */
export class AlertWatch implements Disposable {
  readonly #host: Host;
  readonly #tell: (foreign: ForeignAlerts | null) => void;
  #link: LeaderLink | null = null;
  #heard = false;
  #timer: Disposable | null = null;
  #looking: Promise<void> | null = null;
  #disposed = false;

  /** `tell` hears of the leader's alerts whenever they change, and null when nobody leads. */
  constructor(host: Host, tell: (foreign: ForeignAlerts | null) => void) {
    this.#host = host;
    this.#tell = tell;
  }

  /** The process that leads; null when none does, or its alerts are not to be had. */
  get leader(): number | null {
    return this.#heard ? (this.#link?.leader.pid ?? null) : null;
  }

  /** Looks for who leads unless it is known, and again whenever it is gone. Resolves when it has spoken. Never rejects. */
  look(): Promise<void> {
    if (this.#link !== null || this.#disposed) return Promise.resolve();
    this.#looking ??= this.#join().finally(() => (this.#looking = null));
    return this.#looking;
  }

  dispose(): void {
    this.#disposed = true;
    this.#timer?.dispose();
    this.#link?.close();
    this.#link = null;
  }

  async #join(): Promise<void> {
    const { clock } = this.#host;
    this.#timer?.dispose();
    let first: () => void = () => undefined;
    const spoke = new Promise<void>((resolve) => (first = resolve));
    const link = await openLink(this.#host, (alerts) => {
      if (this.#disposed) return;
      this.#heard = true;
      this.#tell(alerts);
      first();
    });
    if (link === null || this.#disposed) {
      link?.close();
      this.#later();
      return;
    }
    this.#link = link;
    link.onEnd(() => {
      first();
      if (this.#link !== link) return;
      this.#link = null;
      this.#heard = false;
      this.#tell(null);
      this.#later();
    });
    const late = clock.schedule(first, WORD_MS);
    await spoke;
    late.dispose();
  }

  #later(): void {
    if (this.#disposed) return;
    this.#timer = this.#host.clock.schedule(() => void this.look(), LOOK_MS, { unref: true });
  }
}

/** What is open now, in the order of a list. Throws HistoryUnavailable. */
function openIn(store: ChunkStore, now: number) {
  const { lives, silences, seenAt } = keptIn(store);
  return {
    lookedAt: seenAt,
    alerts: lives.map(({ alert }) => alert).sort(worstFirst),
    silences: standing(silences, now),
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
