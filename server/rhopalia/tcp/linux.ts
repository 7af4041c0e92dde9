/** TCP on Linux: /proc/net/{snmp,netstat,sockstat,sockstat6}, and the table of connections while it is short. */
import { t } from "@vscode/l10n";
import type { Reading } from "../../../protocol/reading.ts";
import type { Host } from "../../host/host.ts";
import { Counters } from "../counters.ts";
import { codeOf, Unreadable } from "../reason.ts";
import { NoData, type Rhopalium } from "../rhopalium.ts";
import { Source } from "../source.ts";
import * as names from "./metrics.ts";
import { countStates } from "./states.ts";

/** The table costs the kernel and us about a microsecond a line, each; more than this is not worth its figures. */
const TABLE_LIMIT = 4000;

/**
 * Even when they are empty the kernel walks hash tables sized by the machine's memory for each: 5 ms with 24 GB. So
 * they are read outside the event loop.
 */
const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"] as const;

/** IPv6 may be switched off, and old kernels have fewer files. */
const ABSENT = "ENOENT";

const WHOLE = /^\d{1,20}$/;

class LinuxTcp implements Rhopalium {
  readonly name = "tcp";
  readonly metrics = names.TCP_METRICS;
  readonly #host: Host;
  readonly #snmp: Source;
  readonly #netstat: Source;
  readonly #sockstat: Source;
  readonly #sockstat6: Source;
  readonly #sent = new Counters(2);

  constructor(host: Host) {
    this.#host = host;
    this.#snmp = new Source(host, "/proc/net/snmp");
    this.#netstat = new Source(host, "/proc/net/netstat");
    this.#sockstat = new Source(host, "/proc/net/sockstat");
    this.#sockstat6 = new Source(host, "/proc/net/sockstat6");
  }

  async read(): Promise<readonly Reading[]> {
    const readings: Reading[] = [];
    const counters = new Map<string, number>();
    readPairs(this.#snmp, ["Tcp"], counters);
    if (!counters.has(names.SENT)) throw new NoData(t("this kernel has no TCP"));
    optionally(() => readPairs(this.#netstat, ["TcpExt"], counters));
    for (const { source, metric, attributes } of names.COUNTERS) {
      const value = counters.get(source);
      if (value !== undefined) readings.push({ metric, attributes, value });
    }
    this.#pushRatio(readings, counters);
    const sockets = this.#pushSockets(readings);
    // Without a count nobody knows how long the table is.
    if (sockets !== null && sockets <= TABLE_LIMIT) await this.#pushStates(readings);
    return readings;
  }

  #pushRatio(into: Reading[], counters: ReadonlyMap<string, number>): void {
    this.#sent.values[0] = counters.get(names.SENT) ?? 0;
    this.#sent.values[1] = counters.get(names.RETRANSMITTED) ?? 0;
    if (!this.#sent.update(this.#host.clock.monotonic())) return;
    const [sent = 0, again = 0] = this.#sent.rates;
    // Linux counts a retransmission in RetransSegs alone, so both together are all that was sent.
    into.push({
      metric: names.RETRANSMIT_RATIO,
      attributes: {},
      value: sent + again === 0 ? 0 : again / (sent + again),
    });
  }

  /** Answers how many sockets there are; null when that is not known. */
  #pushSockets(into: Reading[]): number | null {
    const found = new Map<string, number>();
    optionally(() => readSockets(this.#sockstat, "TCP", found));
    const inUse = found.get("inuse");
    if (inUse === undefined) return null;
    const six = new Map<string, number>();
    optionally(() => readSockets(this.#sockstat6, "TCP6", six));
    const states = [
      ["inuse", inUse + (six.get("inuse") ?? 0)],
      ["orphan", found.get("orphan")],
      ["time_wait", found.get("tw")],
    ] as const;
    let sockets = 0;
    for (const [state, value] of states) {
      if (value === undefined) continue;
      sockets += value;
      into.push({ metric: names.SOCKETS, attributes: { "gorgon.tcp.socket.state": state }, value });
    }
    return sockets;
  }

  async #pushStates(into: Reading[]): Promise<void> {
    const counts = new Uint32Array(16);
    let read = false;
    for (const path of TABLES) {
      const table = await this.#table(path);
      if (table === null) continue;
      countStates(path, table, counts);
      read = true;
    }
    if (!read) return;
    for (const [number, state] of names.STATES) {
      const more = state === "syn_received" ? (counts[names.NEW_SYN_RECEIVED] ?? 0) : 0;
      into.push({
        metric: names.STATE_COUNT,
        attributes: { "network.transport": "tcp", "network.connection.state": state },
        value: (counts[number] ?? 0) + more,
      });
    }
  }

  /** Null when it is not there: IPv6 may be switched off. */
  async #table(path: string): Promise<Buffer | null> {
    try {
      return await this.#host.files.bytes(path);
    } catch (error) {
      if (codeOf(error) === ABSENT) return null;
      throw new Unreadable(path, error);
    }
  }

  dispose(): void {
    for (const source of [this.#snmp, this.#netstat, this.#sockstat, this.#sockstat6]) source.dispose();
  }
}

/** False when the file is not there, which is no failure. */
function optionally(read: () => void): boolean {
  try {
    read();
    return true;
  } catch (error) {
    if (error instanceof Unreadable && error.code === ABSENT) return false;
    throw error;
  }
}

/** Two lines a protocol: `Tcp: RtoMin ... OutSegs`, then `Tcp: 200 ... 4711`. Kernels differ in which names they have. */
function readPairs(source: Source, protocols: readonly string[], into: Map<string, number>): void {
  const lines = source.bytes().toString("latin1").split("\n");
  for (let index = 0; index + 1 < lines.length; index++) {
    const keys = (lines[index] ?? "").split(" ");
    const protocol = (keys[0] ?? "").slice(0, -1);
    if (!protocols.includes(protocol)) continue;
    const values = (lines[index + 1] ?? "").split(" ");
    if (values[0] !== keys[0] || values.length !== keys.length) {
      throw source.malformed(`the values of ${protocol} do not fit their names`);
    }
    for (let column = 1; column < keys.length; column++) {
      // Some are no counters and may be negative (MaxConn is -1).
      const value = values[column] ?? "";
      if (WHOLE.test(value)) into.set(`${protocol}.${keys[column] ?? ""}`, Number(value));
    }
    index++;
  }
}

/** `TCP: inuse 6 orphan 0 tw 18 alloc 6 mem 0`. */
function readSockets(source: Source, protocol: string, into: Map<string, number>): void {
  for (const line of source.bytes().toString("latin1").split("\n")) {
    const words = line.split(" ");
    if (words[0] !== `${protocol}:`) continue;
    for (let word = 1; word + 1 < words.length; word += 2) {
      const value = words[word + 1] ?? "";
      if (!WHOLE.test(value)) throw source.malformed(`${words[word] ?? ""} of ${protocol} is no number`);
      into.set(words[word] ?? "", Number(value));
    }
  }
}

/** Connections, retransmits and listen queues. Throws Unreadable, Malformed, or NoData without TCP. */
export function linuxTcp(host: Host): Rhopalium {
  return new LinuxTcp(host);
}
