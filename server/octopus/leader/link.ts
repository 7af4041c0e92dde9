/** A follower's side: greets the leader, says what this window wishes, and notices when the leader is gone. */
import { connect, type Socket } from "node:net";
import type { AlertAct, Silence } from "../../../protocol/alert.ts";
import type { CellRecord } from "../../../protocol/cell.ts";
import type { KernelsState } from "../../../protocol/kernel.ts";
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
  type CrabCount,
  type KernelAct,
  type LinkAlerts,
  type LinkHello,
  type LinkWelcome,
  type LinkWish,
} from "../../../protocol/messages/leader.ts";
import type { Notification } from "../../../protocol/message.ts";
import type { Snapshot } from "../../../protocol/reading.ts";
import type { Clock, Disposable } from "../../host/host.ts";
import type { Log } from "../../host/log.ts";
import { notOwn } from "../../host/own-folder.ts";
import { parseLinkActed, parseLinkAlerts } from "../../wire/alerts.ts";
import { parseKernelActed, parseKernels, parseLinkCell } from "../../wire/kernels.ts";
import {
  parseLinkCollected,
  parseLinkCrabs,
  parseLinkSnapshot,
  parseLinkWelcome,
  type Announcement,
} from "../../wire/link.ts";
import type { Checked } from "../../wire/wire.ts";
import { readSecret } from "./announcement.ts";
import { Peer, PeerGone, PeerRefused } from "./peer.ts";

/** A snapshot of 2,000 series is 400 kB. */
const MAX_BYTES = 16 * 2 ** 20;
/** A character takes at most three bytes, and the leader takes a mebibyte. */
const MAX_WISH_CHARS = 300_000;
const CONNECT_MS = 1000;
const HELLO_MS = 2000;
const WISH_MS = 5000;
const ACT_MS = 5000;
/** Longer than the deadline of any sensor on any system. */
const COLLECT_MS = 15_000;
/** A leader that says nothing for this long is asked whether it still answers, and given up when it does not. */
const PING_MS = 1500;
const SILENT_MS = 5000;

/** The leader is there and refuses, in its own words: trying again at once would change nothing. */
export class LeaderRefused extends Error {
  override readonly name = "LeaderRefused";
}

/** Nobody answers where the leader said it was. */
export class LeaderUnreachable extends Error {
  override readonly name = "LeaderUnreachable";
}

/** What a link needs. */
export interface LinkOptions {
  readonly at: Announcement;
  readonly me: Pick<LinkHello, "pid" | "version">;
  readonly clock: Clock;
  readonly log: Log;
  /** What a follower hears. Absent: an onlooker, which gets alerts alone. */
  readonly follow?: {
    readonly onCrabs: (crabs: readonly CrabCard[]) => void;
    readonly onSnapshot: (snapshot: Snapshot, stats: CrabCount) => void;
  };
  readonly onAlerts?: (alerts: LinkAlerts) => void;
  /** An onlooker hears of kernels once, with the greeting. */
  readonly onKernels?: (state: KernelsState) => void;
  readonly onCell?: (record: CellRecord) => void;
}

/** A link to the leader, greeted. */
export class LeaderLink {
  readonly leader: LinkWelcome;
  /** Path of the leader's socket. */
  readonly socket: string;
  readonly #peer: Peer;
  readonly #clock: Clock;
  readonly #log: Log;
  #timer: Disposable | null = null;

  private constructor(peer: Peer, leader: LinkWelcome, options: LinkOptions) {
    this.#peer = peer;
    this.leader = leader;
    this.socket = options.at.socket;
    this.#clock = options.clock;
    this.#log = options.log;
    peer.onEnd(() => this.#timer?.dispose());
    this.#watch();
  }

  /** Connects and greets. Rejects with LeaderRefused or LeaderUnreachable. */
  static async open(options: LinkOptions): Promise<LeaderLink> {
    const { at, me, clock, follow } = options;
    const token = secretOf(at);
    const socket = await reach(at.socket, clock);
    const peer = new Peer({ socket, clock, maxBytes: MAX_BYTES });
    listen(peer, options);
    try {
      const answer = parseLinkWelcome(
        await peer.request(
          linkHello,
          { protocol: LINK_VERSION, token, ...me, onlooker: follow === undefined },
          HELLO_MS,
        ),
      );
      if (!answer.ok) throw new LeaderRefused(answer.reason);
      return new LeaderLink(peer, answer.value, options);
    } catch (error) {
      peer.cut("the greeting failed");
      if (error instanceof PeerRefused) throw new LeaderRefused(error.message);
      if (error instanceof PeerGone) throw new LeaderUnreachable(`${at.socket}: ${error.message}`);
      throw error;
    }
  }

  /** Calls the listener once when the leader is gone. */
  onEnd(listener: (reason: string) => void): void {
    this.#peer.onEnd(listener);
  }

  /** Says what this window wants from now on. Never rejects: a link that fails ends. */
  async wish(wish: LinkWish): Promise<void> {
    const fits = JSON.stringify(wish).length <= MAX_WISH_CHARS;
    if (!fits)
      this.#log.warn("The workspace's rules are too long to be told to the leading window; only this one has them.");
    try {
      await this.#peer.request(linkWish, fits ? wish : { ...wish, rules: [] }, WISH_MS);
    } catch (error) {
      if (error instanceof PeerRefused)
        this.#log.warn(`The leading window refused what this one wishes: ${error.message}`);
    }
  }

  /** Makes the leader poll; resolves with the snapshots' ids once they have come. */
  async collect(crab: string): Promise<readonly string[]> {
    const answer = parseLinkCollected(await this.#peer.request(linkCollect, { crab }, COLLECT_MS));
    if (!answer.ok) throw new Error(answer.reason);
    return answer.value.ids;
  }

  /** Makes the leader do to alerts what this window's user wants. Rejects in its words. */
  async act(act: AlertAct): Promise<Silence | null> {
    const answer = parseLinkActed(await this.#peer.request(linkAct, act, ACT_MS));
    if (!answer.ok) throw new Error(answer.reason);
    return answer.value.silence;
  }

  /** Makes the leader do with a kernel what this window's user wants. Rejects in its words. */
  async actKernel(act: KernelAct): Promise<CellRecord | null> {
    const answer = parseKernelActed(await this.#peer.request(linkKernelAct, act, ACT_MS));
    if (!answer.ok) throw new Error(answer.reason);
    return answer.value.record;
  }

  close(): void {
    this.#peer.finish("this window follows no more");
  }

  #watch(): void {
    this.#timer = this.#clock.schedule(() => this.#look(), PING_MS, { unref: true });
  }

  #look(): void {
    const silentMs = this.#clock.monotonic() - this.#peer.heardAt;
    if (silentMs >= SILENT_MS) {
      this.#peer.cut(`it did not answer for ${String(Math.round(silentMs / 1000))} s`);
      return;
    }
    if (silentMs >= PING_MS) this.#peer.request(linkPing, null, SILENT_MS).catch(() => undefined); // looked at next time
    this.#watch();
  }
}

/** Hears what the leader tells. */
function listen(peer: Peer, { follow, onAlerts, onKernels, onCell, log }: LinkOptions): void {
  const hear = <P>(
    message: Notification<P>,
    parse: (params: unknown) => Checked<P>,
    take: (params: P) => void,
  ): void => {
    peer.hear(message, (params) => {
      const parsed = parse(params);
      if (parsed.ok) take(parsed.value);
      else log.warn(parsed.reason);
    });
  };
  hear(linkCrabs, parseLinkCrabs, ({ crabs }) => follow?.onCrabs(crabs));
  hear(linkSnapshot, parseLinkSnapshot, ({ snapshot, stats }) => follow?.onSnapshot(snapshot, stats));
  hear(linkAlerts, parseLinkAlerts, (alerts) => onAlerts?.(alerts));
  hear(linkKernels, parseKernels, (state) => onKernels?.(state));
  hear(linkCell, parseLinkCell, ({ record }) => onCell?.(record));
}

/** The token, when both it and the socket are this user's own. */
function secretOf(at: Announcement): string {
  try {
    // Its mode says nothing: it is open for a moment when it is made, in a folder that is not.
    const wrong = at.socket.startsWith("\\\\") ? "" : notOwn(at.socket);
    if (wrong !== "") throw new Error(`${wrong}, so it is not trusted`);
    return readSecret(at.token);
  } catch (error) {
    throw new LeaderUnreachable(error instanceof Error ? error.message : String(error));
  }
}

function reach(path: string, clock: Clock): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path });
    const late = clock.schedule(() => {
      socket.destroy();
      reject(new LeaderUnreachable(`${path} does not answer`));
    }, CONNECT_MS);
    socket.once("connect", () => {
      late.dispose();
      resolve(socket);
    });
    socket.once("error", (error) => {
      late.dispose();
      reject(new LeaderUnreachable(error.message));
    });
  });
}
