/** The leader's side: greets followers, keeps their wishes while they are connected, and sends them what it senses. */
import type { Socket } from "node:net";
import type { AlertAct, Silence } from "../../../protocol/alert.ts";
import type { CellRecord } from "../../../protocol/cell.ts";
import type { KernelsState } from "../../../protocol/kernel.ts";
import { kernelHello } from "../../../protocol/messages/kernel.ts";
import {
  LINK_VERSION,
  linkAct,
  linkAlerts,
  linkCell,
  linkCollect,
  linkCrabs,
  linkHello,
  linkKernelAct,
  linkKernels,
  linkPing,
  linkSnapshot,
  linkWish,
  type CrabCard,
  type LinkAlerts,
  type LinkWelcome,
  type LinkWish,
} from "../../../protocol/messages/leader.ts";
import type { Snapshot } from "../../../protocol/reading.ts";
import type { Crab } from "../../crabs/crab.ts";
import type { Clock, Disposable } from "../../host/host.ts";
import type { Log } from "../../host/log.ts";
import type { SocketPlace } from "../../host/paths.ts";
import { parseLinkAct } from "../../wire/alerts.ts";
import { parseKernelAct } from "../../wire/kernels.ts";
import { parseLinkCollect, parseLinkHello, parseLinkWish } from "../../wire/link.ts";
import type { Hub } from "../hub.ts";
import { Gate } from "./gate.ts";
import { KernelClients, type KernelReceiver } from "./kernel-clients.ts";
import { encodeNotification, Peer } from "./peer.ts";

/** What followers send is small. */
const MAX_BYTES = 2 ** 20;
/** Whoever connects says who it is within this time. */
const HELLO_MS = 2000;
/** Windows of one user; more is no person. */
const MAX_CLIENTS = 64;
/** Who has not greeted yet: after a change of leaders all windows and kernels come at once. */
const MAX_STRANGERS = 256;
/** A follower that just came gets what the history file may not have yet. */
const RECENT_MS = 15_000;
const RECENT_SNAPSHOTS = 40;

/** What the leader needs of the hub. */
export type LeaderHub = Pick<Hub, "list" | "getBuffer" | "collectOnce" | "on">;

/** What the server needs. */
export interface LeaderServerOptions {
  readonly hub: LeaderHub;
  readonly clock: Clock;
  readonly log: Log;
  readonly places: readonly SocketPlace[];
  readonly announcement: string;
  readonly me: Omit<LinkWelcome, "protocol">;
  /** Does to alerts what a follower's user wants; what it throws is told to the follower. */
  readonly act?: (act: AlertAct) => Silence | null;
  /** Hears what kernels say. Absent: none are taken. */
  readonly kernels?: KernelReceiver;
}

/** Cells that ended lately, for who just came: one without history on disk knows of them by this alone. */
const RECENT_CELLS = 100;

/** A window that follows. Forgotten, with all it wished, when it goes. */
export interface Follower {
  readonly pid: number;
  /** Null until it wished something: a doctor's look never does. */
  readonly wish: LinkWish | null;
}

interface Client {
  readonly peer: Peer;
  /** Null until it greeted. */
  follower: Follower | null;
  /** Hears of alerts alone, and is nobody's follower. */
  onlooker: boolean;
}

/** Serves followers until closed. */
export class LeaderServer {
  readonly #hub: LeaderHub;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #options: LeaderServerOptions;
  readonly #clients = new Set<Client>();
  readonly #listeners = new Set<() => void>();
  readonly #subscriptions: readonly Disposable[];
  /** Null where kernels are not taken. */
  readonly kernels: KernelClients | null;
  /** What the followers know of each crab. */
  #told = new Map<string, { readonly metrics: Crab["metrics"]; readonly intervalMs: number }>();
  /** The alerts as they were told last, for those that come later. */
  #alertsLine = "";
  #kernelsLine = "";
  #cellLines: readonly string[] = [];
  #gate: Gate | null = null;
  #closed = false;

  private constructor(options: LeaderServerOptions) {
    this.#options = options;
    this.#hub = options.hub;
    this.#clock = options.clock;
    this.#log = options.log;
    const { kernels: receiver, clock, log, me } = options;
    this.kernels = receiver === undefined ? null : new KernelClients({ receiver, clock, log, me });
    this.#subscriptions = [
      this.#hub.on("snapshot", (snapshot) => this.#send(snapshot)),
      this.#hub.on("registered", () => this.#tellCrabs()),
      this.#hub.on("unregistered", () => this.#tellCrabs()),
    ];
  }

  /** Opens the door. Rejects in words when no place can be used. */
  static async open(options: LeaderServerOptions): Promise<LeaderServer> {
    const server = new LeaderServer(options);
    try {
      await server.reopen();
    } catch (error) {
      await server.close();
      throw error;
    }
    return server;
  }

  /** Path of the socket. */
  get socket(): string {
    return this.#gate?.socket ?? "";
  }

  /** False when others cannot find the door any more, because its files were removed. */
  get reachable(): boolean {
    return this.#gate?.reachable === true;
  }

  get followers(): readonly Follower[] {
    return [...this.#clients].flatMap(({ follower, onlooker }) => (follower === null || onlooker ? [] : [follower]));
  }

  /** Calls the listener whenever a follower comes, goes or wishes something else. */
  onFollowers(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Tells every follower the alerts, when they are not what was told last. */
  tellAlerts(alerts: LinkAlerts): void {
    const line = encodeNotification(linkAlerts, alerts);
    if (line === this.#alertsLine) return;
    this.#alertsLine = line;
    for (const { peer, follower } of [...this.#clients]) if (follower !== null) peer.sendLine(line);
  }

  /** Tells every follower the kernels. */
  tellKernels(state: KernelsState): void {
    this.#kernelsLine = encodeNotification(linkKernels, state);
    this.#broadcast(this.#kernelsLine);
  }

  /** Tells every follower what a cell cost. */
  tellCell(record: CellRecord): void {
    const line = encodeNotification(linkCell, { record });
    this.#cellLines = [...this.#cellLines, line].slice(-RECENT_CELLS);
    this.#broadcast(line);
  }

  /** Makes the door anew; followers that are connected stay. */
  async reopen(): Promise<void> {
    const old = this.#gate;
    this.#gate = null;
    await old?.close();
    const { places, announcement, me } = this.#options;
    this.#gate = await Gate.open({ places, announcement, pid: me.pid, onSocket: (socket) => this.#greet(socket) });
    if (this.#closed) await this.#gate.close();
  }

  /** Takes no more followers; those that are there stay until `close`. */
  async shut(): Promise<void> {
    this.#closed = true;
    for (const one of this.#subscriptions) one.dispose();
    const gate = this.#gate;
    this.#gate = null;
    await gate?.close();
  }

  /** Ends every link. The lock is to be free by now: followers try to take it at once. */
  async close(): Promise<void> {
    await this.shut();
    this.#listeners.clear();
    this.kernels?.close();
    for (const { peer } of this.#clients) peer.finish("this window leads no more");
    this.#clients.clear();
  }

  #greet(socket: Socket): void {
    const peer = new Peer({ socket, clock: this.#clock, maxBytes: MAX_BYTES });
    const strangers = [...this.#clients].filter(({ follower }) => follower === null).length;
    if (this.#closed || strangers >= MAX_STRANGERS) {
      peer.cut("no more are taken");
      return;
    }
    const client: Client = { peer, follower: null, onlooker: false };
    this.#clients.add(client);
    const late = this.#clock.schedule(() => peer.cut("it did not say who it is"), HELLO_MS, { unref: true });
    peer.answer(linkHello, (params) => {
      late.dispose();
      return this.#orRefused(peer, () => this.#welcome(client, params));
    });
    const { kernels } = this;
    if (kernels !== null) {
      peer.answer(kernelHello, (params) => {
        late.dispose();
        return this.#orRefused(peer, () => {
          if (client.follower !== null || !this.#clients.has(client)) throw new Error("it has greeted already");
          const welcome = kernels.welcome(peer, params, (token) => this.#gate?.admits(token) === true);
          // It is no window any more, and takes no window's place.
          this.#clients.delete(client);
          return welcome;
        });
      });
    }
    peer.onEnd((reason) => {
      late.dispose();
      if (!this.#clients.delete(client)) return;
      const who =
        client.follower === null || client.onlooker
          ? "A connection"
          : `The window of process ${String(client.follower.pid)}`;
      this.#log.debug(`${who} ended: ${reason}`);
      if (client.follower !== null && !client.onlooker) this.#tellListeners();
    });
  }

  #welcome(client: Client, params: unknown): LinkWelcome {
    const refuse = (words: string): never => {
      throw new Error(words);
    };
    const parsed = parseLinkHello(params);
    if (!parsed.ok) return refuse(parsed.reason);
    const { protocol, token, pid, version, onlooker = false } = parsed.value;
    const { me } = this.#options;
    if (this.#gate?.admits(token) !== true) return refuse("the token is wrong");
    if (protocol !== LINK_VERSION) {
      return refuse(
        `the leading window runs Gorgon ${me.version} (link ${String(LINK_VERSION)}), this one ${version} ` +
          `(link ${String(protocol)}): they are of different releases. Reload the older window`,
      );
    }
    if (client.follower !== null || !this.#clients.has(client)) return refuse("it has greeted already");
    if ([...this.#clients].filter(({ follower }) => follower !== null).length >= MAX_CLIENTS) {
      return refuse(`${String(MAX_CLIENTS)} windows are connected already, and no more are taken`);
    }
    client.follower = { pid, wish: null };
    client.onlooker = onlooker;
    this.#serve(client, client.follower);
    if (!onlooker) this.#log.debug(`The window of process ${String(pid)} follows.`);
    setImmediate(() => this.#bringUpToDate(client));
    return { protocol: LINK_VERSION, ...me };
  }

  /** Who is refused is told why before the connection ends. */
  #orRefused<T>(peer: Peer, welcome: () => T): T {
    try {
      return welcome();
    } catch (error) {
      const words = error instanceof Error ? error.message : String(error);
      this.#log.warn(`A connection to ${this.socket} was refused: ${words}`);
      setImmediate(() => peer.finish(words));
      throw error;
    }
  }

  #serve(client: Client, { pid }: Follower): void {
    const { peer } = client;
    peer.answer(linkPing, () => null);
    peer.answer(linkWish, (params) => {
      const parsed = parseLinkWish(params);
      if (!parsed.ok) throw new Error(parsed.reason);
      client.follower = { pid, wish: parsed.value };
      client.onlooker = false;
      this.#tellListeners();
      return null;
    });
    peer.answer(linkAct, (params) => {
      const parsed = parseLinkAct(params);
      if (!parsed.ok) throw new Error(parsed.reason);
      return { silence: this.#options.act?.(parsed.value) ?? null };
    });
    peer.answer(linkKernelAct, async (params) => {
      const parsed = parseKernelAct(params);
      if (!parsed.ok) throw new Error(parsed.reason);
      return { record: (await this.#options.kernels?.act(parsed.value)) ?? null };
    });
    peer.answer(linkCollect, async (params) => {
      const parsed = parseLinkCollect(params);
      if (!parsed.ok) throw new Error(parsed.reason);
      const snapshots = await this.#hub.collectOnce(parsed.value.crab ?? undefined);
      return { ids: snapshots.map(({ id }) => id) };
    });
  }

  #bringUpToDate({ peer, onlooker }: Client): void {
    if (!onlooker) peer.sendLine(this.#crabsLine());
    for (const line of [this.#alertsLine, this.#kernelsLine]) if (line !== "") peer.sendLine(line);
    if (onlooker) return;
    for (const line of this.#cellLines) peer.sendLine(line);
    const recent = this.#hub.getBuffer({ from: this.#clock.now() - RECENT_MS }).slice(-RECENT_SNAPSHOTS);
    for (const snapshot of recent) {
      const line = this.#snapshotLine(snapshot);
      if (line !== null) peer.sendLine(line);
    }
  }

  #send(snapshot: Snapshot): void {
    if (this.#clients.size === 0) return;
    const crab = this.#crab(snapshot.crab);
    const told = this.#told.get(snapshot.crab);
    // Intervals change without an event.
    if (crab?.metrics !== told?.metrics || crab?.intervalMs !== told?.intervalMs) this.#tellCrabs();
    const line = this.#snapshotLine(snapshot);
    if (line !== null) this.#broadcast(line);
  }

  #tellCrabs(): void {
    const crabs = this.#hub.list();
    this.#told = new Map(crabs.map(({ name, metrics, intervalMs }) => [name, { metrics, intervalMs }]));
    if (this.#clients.size > 0) this.#broadcast(this.#crabsLine());
  }

  #broadcast(line: string): void {
    for (const { peer, follower, onlooker } of [...this.#clients]) {
      if (follower !== null && !onlooker) peer.sendLine(line);
    }
  }

  #crabsLine(): string {
    return encodeNotification(linkCrabs, { crabs: this.#hub.list().map(cardOf) });
  }

  #snapshotLine(snapshot: Snapshot): string | null {
    const stats = this.#crab(snapshot.crab)?.stats();
    return stats === undefined ? null : encodeNotification(linkSnapshot, { snapshot, stats });
  }

  #crab(name: string): Crab | undefined {
    return this.#hub.list().find((one) => one.name === name);
  }

  #tellListeners(): void {
    for (const listener of this.#listeners) listener();
  }
}

function cardOf(crab: Crab): CrabCard {
  return { name: crab.name, intervalMs: crab.intervalMs, metrics: [...crab.metrics.values()] };
}
