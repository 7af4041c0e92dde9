/** At the leader's door: kernels' packages say what runs and what it cost, their guards what memory does, Jupyter servers ask. */
import type { CellRecord, CellRef, KernelRef } from "../../../protocol/cell.ts";
import { sameKernel, type GuardAnswer, type GuardState, type KernelsState } from "../../../protocol/kernel.ts";
import {
  guardAnswered,
  guardState,
  KERNEL_LINK_VERSION,
  kernelBell,
  kernelCellEnded,
  kernelCellIdle,
  kernelCellStarted,
  type KernelBell,
  type KernelHello,
  type KernelWelcome,
} from "../../../protocol/messages/kernel.ts";
import { kernelHost, type HostView } from "../../../protocol/messages/jupyter.ts";
import type { KernelAct } from "../../../protocol/messages/leader.ts";
import type { Clock, Disposable } from "../../host/host.ts";
import type { Log } from "../../host/log.ts";
import type { KernelGreeting, KernelId } from "../../rhopalia/kernel/watching.ts";
import {
  parseCellEnded,
  parseCellStarted,
  parseGuardState,
  parseHostQuestion,
  parseKernelHello,
} from "../../wire/kernels.ts";
import { jsonIn } from "../../wire/wire.ts";
import { BlackBox } from "./black-box.ts";
import { encodeNotification, type Peer } from "./peer.ts";

/** A record takes some kilobytes; one with the longest texts that are allowed fits. */
const MAX_BYTES = 512 * 1024;
/** Kernels of one user, as many guards and as many Jupyter servers: more is no person. */
const MAX_CLIENTS = 128;
/** How often it is looked up which cell runs. A message when it begins would wake this process just when it needs the CPU. */
const LOOK_MS = 250;
/** A record of a later day was written under another clock, and would stand above all others for as long. */
const MAX_AHEAD_MS = 86_400_000;

/** What a worker does with what it hears of kernels. */
export interface KernelReceiver {
  /** The package in a kernel connected, or its connection ended. */
  greet(greeting: KernelGreeting): void;
  part(kernel: KernelId): void;
  /** What the package says it runs; null: it is idle. */
  runs(kernel: KernelId, running: { readonly cell: CellRef; readonly startedAt: number } | null): void;
  ended(record: CellRecord): void;
  guard(kernel: KernelId, state: GuardState | null): void;
  /** Null before the first poll has ended. */
  bell(): KernelBell | null;
  /** The same, for Jupyter servers, with what it is made of. `watched`: a page in sight shows it. */
  host(watched: boolean): Promise<HostView | null>;
  /** Does what the user of a window that follows wants; answers with the record that was made. Rejects in words. */
  act(act: KernelAct): Promise<CellRecord | null>;
  /** What the leader tells, while this worker follows. */
  showKernels(state: KernelsState): void;
  showCell(record: CellRecord): void;
}

/** What the clients need. */
export interface KernelClientsOptions {
  readonly receiver: KernelReceiver;
  readonly clock: Clock;
  readonly log: Log;
  readonly me: Omit<KernelWelcome, "protocol">;
}

/** Who speaks is not taken, or what was wanted cannot be done; the message says why. */
export class KernelRefused extends Error {
  override readonly name = "KernelRefused";
}

/** Who speaks, in words. */
const WHO: Readonly<Record<KernelHello["role"], string>> = {
  kernel: "kernel's package",
  guard: "kernel's memory guard",
  server: "Jupyter server's extension",
};

interface Client {
  readonly peer: Peer;
  readonly role: KernelHello["role"];
  /** Of a Jupyter server its own process, which is no kernel. */
  readonly kernel: KernelRef;
  readonly version: string;
  /** Of a guard: what it said last. */
  guard: GuardState | null;
  /** Of a kernel: when the cell that it runs began. */
  runningSince: number | null;
  /** Of a kernel: where it writes which cell runs; null where that cannot be read, and is told. */
  readonly box: BlackBox | null;
  /** What was read there last, as far as nothing else was heard since. */
  boxText: string | null;
}

/** The connections of kernels, guards and Jupyter servers, greeted. */
export class KernelClients {
  readonly #options: KernelClientsOptions;
  readonly #clients = new Set<Client>();
  #looking: Disposable | null = null;
  #closed = false;

  constructor(options: KernelClientsOptions) {
    this.#options = options;
  }

  /** Who is connected. */
  get list(): readonly Pick<Client, "role" | "kernel" | "version">[] {
    return [...this.#clients];
  }

  /** Whether the package in this kernel says that a cell runs: it knows better than a window. */
  busy(kernel: KernelId): boolean {
    this.look(kernel);
    return (this.#find("kernel", kernel)?.runningSince ?? null) !== null;
  }

  /** Looks up at once what this kernel runs. */
  look(kernel: KernelId): void {
    const client = this.#find("kernel", kernel);
    if (client !== undefined) this.#look(client);
  }

  /** Greets who connected; throws in words, to be told to it, whom it does not take. `admits` judges the token. */
  welcome(peer: Peer, params: unknown, admits: (token: string) => boolean): KernelWelcome {
    const parsed = parseKernelHello(params);
    if (!parsed.ok) throw new KernelRefused(parsed.reason);
    const { protocol, token, role, kernel, version, executable, faults, box = "" } = parsed.value;
    const { me, log, receiver } = this.#options;
    if (!admits(token)) throw new KernelRefused("the token is wrong");
    if (protocol !== KERNEL_LINK_VERSION) {
      throw new KernelRefused(
        `this window runs Gorgon ${me.version} (kernel link ${String(KERNEL_LINK_VERSION)}), the ${WHO[role]} is ` +
          `${version} (kernel link ${String(protocol)}): they do not know each other. Update the older one`,
      );
    }
    if (this.#closed) throw new KernelRefused("this window leads no more");
    // Two Jupyter servers may run in one process: each would take the other's place, again and again.
    const before = role === "server" ? undefined : this.#find(role, kernel);
    if (before === undefined && this.list.filter((one) => one.role === role).length >= MAX_CLIENTS) {
      throw new KernelRefused(`${String(MAX_CLIENTS)} of its kind are connected already, and no more are taken`);
    }
    const opened = role === "kernel" && box !== "" ? BlackBox.open(box) : null;
    if (typeof opened === "string") log.debug(`Kernel ${String(kernel.pid)} is to say itself what it runs: ${opened}`);
    const readable = typeof opened === "string" ? null : opened;
    const client: Client = { peer, role, kernel, version, guard: null, runningSince: null, box: readable, boxText: "" };
    this.#clients.add(client);
    if (before !== undefined) this.#dismiss(before, "it has connected anew");
    peer.limit(MAX_BYTES);
    peer.answer(kernelBell, () => receiver.bell());
    if (role === "kernel") {
      this.#serveKernel(client);
      receiver.greet({ kernel, executable, faults });
      this.#look(client);
      this.#keepLooking();
    } else if (role === "guard") this.#serveGuard(client);
    else {
      peer.answer(kernelHost, (params) => {
        const parsed = parseHostQuestion(params);
        return receiver.host(parsed.ok && parsed.value?.watched === true);
      });
    }
    peer.onEnd((reason) => this.#lose(client, reason));
    log.debug(`The ${WHO[role]} of process ${String(kernel.pid)} connected.`);
    return { protocol: KERNEL_LINK_VERSION, ...me, box: readable !== null };
  }

  /** Tells the guard of a frozen kernel what the user wants; false where none holds it. */
  answerGuard(kernel: KernelId, answer: GuardAnswer): boolean {
    const guard = this.#find("guard", kernel);
    if (guard?.guard?.phase !== "frozen") return false;
    guard.peer.sendLine(encodeNotification(guardAnswered, { answer }));
    return true;
  }

  /** The kernel is gone: a child that has inherited its connection does not speak for it. */
  drop(kernel: KernelId): void {
    for (const client of [...this.#clients]) {
      if (client.role !== "server" && sameKernel(client.kernel, kernel)) this.#dismiss(client, "the kernel is gone");
    }
  }

  /** Takes nobody and nothing more, before history is closed: what comes now is the next leader's. */
  close(): void {
    this.#closed = true;
    for (const client of [...this.#clients]) this.#dismiss(client, "this window leads no more");
    this.#looking?.dispose();
  }

  /** Looks up what a kernel runs, where it writes that. */
  #look(client: Client): void {
    const text = client.box?.read() ?? null;
    if (text === null || text === client.boxText) return;
    if (text === "") this.#idles(client);
    else this.#begins(client, jsonIn(text));
    client.boxText = text;
  }

  #keepLooking(): void {
    if (this.#looking !== null || this.#closed) return;
    if (this.#boxed.length === 0) return;
    this.#looking = this.#options.clock.schedule(
      () => {
        this.#looking = null;
        for (const client of this.#boxed) this.#look(client);
        this.#keepLooking();
      },
      LOOK_MS,
      { unref: true },
    );
  }

  get #boxed(): readonly Client[] {
    return [...this.#clients].filter(({ box }) => box !== null);
  }

  #begins(client: Client, params: unknown): void {
    const { receiver, log } = this.#options;
    const parsed = parseCellStarted(params);
    if (!parsed.ok) {
      log.warn(`Kernel ${String(client.kernel.pid)}: ${parsed.reason}`);
      return;
    }
    // A message that waited behind records is of an earlier cell.
    if (client.runningSince !== null && parsed.value.startedAt < client.runningSince) return;
    client.runningSince = parsed.value.startedAt;
    client.boxText = null;
    receiver.runs(client.kernel, parsed.value);
  }

  #idles(client: Client): void {
    if (client.runningSince === null) return;
    client.runningSince = null;
    client.boxText = null;
    this.#options.receiver.runs(client.kernel, null);
  }

  #serveKernel(client: Client): void {
    const { peer, kernel } = client;
    const { receiver, clock } = this.#options;
    peer.hear(kernelCellStarted, (params) => this.#begins(client, params));
    peer.hear(kernelCellIdle, () => this.#idles(client));
    peer.answer(kernelCellEnded, (params) => {
      const parsed = parseCellEnded(params);
      if (!parsed.ok) throw new KernelRefused(parsed.reason);
      const { record } = parsed.value;
      if (!sameKernel(record.kernel, kernel)) throw new KernelRefused("the record is of another kernel");
      if (record.endedAt > clock.now() + MAX_AHEAD_MS) throw new KernelRefused("the record ends after tomorrow");
      receiver.ended(record);
      // Records of earlier runs are sent again after a connection broke, while the next cell runs.
      if (client.runningSince !== null && record.startedAt > client.runningSince - 1) this.#idles(client);
      return null;
    });
  }

  #serveGuard(client: Client): void {
    const { peer, kernel } = client;
    const { receiver, log } = this.#options;
    peer.hear(guardState, (params) => {
      const parsed = parseGuardState(params);
      if (!parsed.ok) {
        log.warn(`The memory guard of kernel ${String(kernel.pid)}: ${parsed.reason}`);
        return;
      }
      client.guard = parsed.value.state;
      receiver.guard(kernel, client.guard);
    });
  }

  #dismiss(client: Client, reason: string): void {
    this.#lose(client, reason);
    client.peer.finish(reason);
  }

  #lose(client: Client, reason: string): void {
    if (!this.#clients.has(client)) return;
    const { role, kernel } = client;
    const { receiver, log } = this.#options;
    // What it ran when it died is still written there.
    this.#look(client);
    client.box?.close();
    this.#clients.delete(client);
    log.debug(`The ${WHO[role]} of process ${String(kernel.pid)} left: ${reason}`);
    if (role === "server") return;
    // One that connected anew has taken its place.
    if (this.#find(role, kernel) !== undefined) return;
    if (role === "kernel") receiver.part(kernel);
    else receiver.guard(kernel, null);
  }

  #find(role: Client["role"], kernel: KernelId): Client | undefined {
    return [...this.#clients].find((one) => one.role === role && sameKernel(one.kernel, kernel));
  }
}
