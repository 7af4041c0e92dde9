/**
 * Which worker of this user on this host leads. The lock decides; the socket lets the others follow. A worker that can
 * neither lead nor follow watches for itself and writes nothing.
 */
import { t } from "@vscode/l10n";
import type { AlertAct, Silence } from "../../../protocol/alert.ts";
import { formatRole } from "../../../protocol/format.ts";
import type { CrabCard, LinkAlerts, LinkWelcome, LinkWish } from "../../../protocol/messages/leader.ts";
import type { Role, WorkerRole } from "../../../protocol/role.ts";
import type { Crab } from "../../crabs/crab.ts";
import type { Clock, Disposable } from "../../host/host.ts";
import type { Log } from "../../host/log.ts";
import type { StatePaths } from "../../host/paths.ts";
import { MOST_LINK_RULES } from "../../wire/link.ts";
import type { Announcement } from "../../wire/link.ts";
import { announced } from "./announcement.ts";
import { Door } from "./door.ts";
import type { KernelReceiver } from "./kernel-clients.ts";
import { LeaderLink, LeaderRefused } from "./link.ts";
import { takeLeaderLock, type LeaderLock } from "./lock.ts";
import { Relays } from "./relays.ts";
import type { Follower, LeaderHub } from "./server.ts";
import { untilStoodDown } from "./stand-down.ts";
import { togetherOf, type Wishes } from "./wishes.ts";

/** After the leader is gone somebody leads within moments: looked for often at first, then every second. */
const EAGER_MS = 2000;
const EAGER_PAUSE_MS = 150;
const PAUSE_MS = 1000;
/** Pauses vary by this share, so that followers do not try in step. */
const JITTER = 0.5;
/** So long without a leader's word, and this worker watches for itself until there is one. */
const PATIENCE_MS = 3000;
/** A leader that refuses will do so again: asked this seldom. */
const REFUSED_PAUSE_MS = 10_000;
/** The first crabs of a leader come at once. */
const CRABS_MS = 2000;

/** What leadership needs. */
export interface LeadershipOptions {
  readonly paths: Pick<StatePaths, "leader" | "announcement" | "sockets">;
  readonly clock: Clock;
  readonly log: Log;
  readonly me: Omit<LinkWelcome, "protocol">;
  readonly wish: LinkWish;
  /** Does to alerts what a follower's user wants, while this worker leads. */
  readonly act?: (act: AlertAct) => Silence | null;
  /** Hears what kernels say, from themselves or from the leader. */
  readonly kernels?: KernelReceiver;
}

/** For the doctor: the role and what belongs to it. */
export interface LeadershipReport {
  readonly role: WorkerRole;
  readonly lock: string;
  /** Where this worker serves or follows; empty when it does neither. */
  readonly socket: string;
  readonly followers: readonly Follower[];
}

/** One worker's place among those of its user. The lock is tried when it is made, the rest begins with `start`. */
export class Leadership {
  readonly #options: LeadershipOptions;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #roleListeners = new Set<(role: WorkerRole) => void>();
  readonly #relayListeners = new Set<(crabs: readonly Crab[]) => void>();
  readonly #followerListeners = new Set<() => void>();
  readonly #alertListeners = new Set<(alerts: LinkAlerts) => void>();
  readonly #relays: Relays;
  /** Tells the windows that follow, and has the kernels that are connected; to nobody where this worker does not lead. */
  readonly door: Pick<Door, "tellAlerts" | "tellKernels" | "tellCell" | "kernels">;
  readonly #door: Door;
  #role: WorkerRole;
  #wish: LinkWish;
  #hub: LeaderHub | null = null;
  #lock: LeaderLock | null = null;
  /** Why the lock could not even be tried. */
  #trouble: Error | null = null;
  #link: LeaderLink | null = null;
  #timer: Disposable | null = null;
  /** Monotonic. */
  #seekingSince = 0;
  /** What a leader that refused said, and until when that one is not asked again. */
  #refusal: { readonly pid: number; readonly words: string; readonly until: number } | null = null;
  #settle: () => void = () => undefined;
  #closed = false;

  constructor(options: LeadershipOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#wish = options.wish;
    this.#relays = new Relays(options.log, (crab) => this.#collect(crab));
    this.#door = new Door({
      ...options,
      onFollowers: () => this.#tellFollowers(),
      onTrouble: (reason) => this.#reached(reason),
    });
    this.door = this.#door;
    this.#role = {
      worker: options.wish.window.worker,
      role: "seeks",
      leader: null,
      since: options.clock.now(),
      reason: "",
    };
    this.#lock = this.#tryLock();
  }

  get role(): WorkerRole {
    return this.#role;
  }

  /** The windows that follow this one, with what they wish. */
  get followers(): readonly Follower[] {
    return this.#door.followers;
  }

  /** What this window and those that follow it wish together. */
  get wishes(): Wishes {
    return togetherOf(
      this.#wish,
      this.followers.flatMap(({ wish }) => wish ?? []),
    );
  }

  /** Whether this worker may write history: only who holds the lock may. Throws when the lock cannot be had at all. */
  mayWrite(): boolean {
    if (this.#lock === null && this.#trouble !== null && this.#link === null) throw this.#trouble;
    return this.#lock !== null;
  }

  report(): LeadershipReport {
    const { leader } = this.#options.paths;
    const socket = this.#door.socket === "" ? (this.#link?.socket ?? "") : this.#door.socket;
    return { role: this.#role, lock: leader, socket, followers: this.followers };
  }

  /** Calls the listener with every change of the role. */
  onRole(listener: (role: WorkerRole) => void): void {
    this.#roleListeners.add(listener);
  }

  /** Calls the listener with all the leader's crabs when this worker begins to follow, and when one comes or goes. */
  onRelays(listener: (crabs: readonly Crab[]) => void): void {
    this.#relayListeners.add(listener);
  }

  /** Calls the listener when a window that follows comes, goes or wishes something else. */
  onFollowers(listener: () => void): void {
    this.#followerListeners.add(listener);
  }

  /** Calls the listener with the leader's alerts, while this worker follows. */
  onAlerts(listener: (alerts: LinkAlerts) => void): void {
    this.#alertListeners.add(listener);
  }

  /** The leader that this worker follows, for what its window's user wants done; null where it follows nobody. */
  get leader(): Pick<LeaderLink, "act" | "actKernel"> | null {
    return this.#link;
  }

  /** Leads, follows or watches for itself; resolves when it is known which. `hub` is what a leader serves. */
  start(hub: LeaderHub): Promise<void> {
    this.#hub = hub;
    return new Promise((resolve) => {
      this.#settle = resolve;
      this.#seek();
    });
  }

  /** What this window wants from now on. */
  setWish(wish: LinkWish): void {
    if (wish.rules.length > MOST_LINK_RULES) {
      this.#log.warn(
        `Only the first ${String(MOST_LINK_RULES)} rules of the workspace are told to the leading window.`,
      );
    }
    this.#wish = { ...wish, rules: wish.rules.slice(0, MOST_LINK_RULES) };
    void this.#link?.wish(this.#wish);
    for (const listener of this.#followerListeners) listener();
  }

  /** Gives the lock back and ends every link. History is to be closed before. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#timer?.dispose();
    this.#link?.close();
    await this.#door.close(() => this.#release());
    this.#settle();
  }

  #release(): void {
    this.#lock?.release();
    this.#lock = null;
  }

  #tryLock(): LeaderLock | null {
    try {
      const lock = takeLeaderLock(this.#options.paths.leader);
      this.#trouble = null;
      return lock;
    } catch (error) {
      this.#trouble = error instanceof Error ? error : new Error(String(error));
      return null;
    }
  }

  #seek(): void {
    const now = this.#clock.monotonic();
    // A leader that takes this worker and cuts it again and again is none: the pauses stay, and patience runs out.
    const soon = now - this.#seekingSince < EAGER_MS && this.#role.role === "follows";
    if (!soon) this.#seekingSince = now;
    if (this.#role.role !== "seeks") this.#become("seeks", null, "");
    if (soon) this.#later(EAGER_PAUSE_MS * (1 + JITTER * (Math.random() - 0.5)), () => void this.#attempt());
    else void this.#attempt();
  }

  async #attempt(): Promise<void> {
    this.#lock ??= this.#tryLock();
    if (this.#lock !== null) {
      await this.#lead(this.#lock);
      return;
    }
    const reason = await this.#follow();
    if (this.#closed || reason === null) return;
    const soughtMs = this.#clock.monotonic() - this.#seekingSince;
    const why = this.#trouble === null ? reason : this.#lockWords(this.#trouble);
    // Where waiting mends nothing, it is not waited.
    if (this.#trouble !== null || this.#refusal !== null || soughtMs >= PATIENCE_MS) this.#alone(why);
    const pause = soughtMs < EAGER_MS ? EAGER_PAUSE_MS : PAUSE_MS;
    this.#later(pause * (1 + JITTER * (Math.random() - 0.5)), () => void this.#attempt());
  }

  async #lead(lock: LeaderLock): Promise<void> {
    const { paths, me, clock } = this.#options;
    await untilStoodDown(paths.announcement, me, clock, () => !this.#closed);
    if (this.#closed || this.#hub === null) return;
    this.#relays.clear();
    this.#become("leads", me.pid, "");
    await this.#door.keep(this.#hub);
    this.#settle();
    if (!this.#isClosed()) this.#watchLock(lock);
  }

  /** Others reach this one, or why they cannot. */
  #reached(trouble: string | null): void {
    const reason =
      trouble === null ? "" : t("Other windows cannot reach this one, so each watches for itself: {0}.", trouble);
    if (this.#role.reason !== reason) this.#become("leads", this.#options.me.pid, reason);
  }

  #watchLock(lock: LeaderLock): void {
    this.#later(PAUSE_MS, () => void this.#lookAtLock(lock));
  }

  async #lookAtLock(lock: LeaderLock): Promise<void> {
    if (!lock.valid) {
      await this.#standDown();
      return;
    }
    if (this.#hub !== null) await this.#door.keep(this.#hub);
    if (!this.#closed) this.#watchLock(lock);
  }

  async #standDown(): Promise<void> {
    this.#log.warn(`The lock ${this.#options.paths.leader} was removed while this window led; it is sought anew.`);
    await this.#door.leave(() => this.#release());
    if (!this.#closed) this.#seek();
  }

  /** Null when this worker follows now, else why it does not. */
  async #follow(): Promise<string | null> {
    let pid = 0;
    try {
      const at = announced(this.#options.paths.announcement);
      if (at === null) return t("another window leads, but has not said where it can be reached");
      pid = at.pid;
      if (this.#refusal?.pid === pid && this.#clock.monotonic() < this.#refusal.until) return this.#refusal.words;
      this.#refusal = null;
      await this.#join(at);
      return null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const words = t("another window leads, but cannot be followed: {0}.", reason);
      const until = this.#clock.monotonic() + REFUSED_PAUSE_MS;
      this.#refusal = error instanceof LeaderRefused ? { pid, words, until } : null;
      return words;
    }
  }

  async #join(at: Announcement): Promise<void> {
    let first: () => void = () => undefined;
    const came = new Promise<void>((resolve) => (first = resolve));
    const { me, kernels } = this.#options;
    const link = await LeaderLink.open({
      at,
      me,
      clock: this.#clock,
      log: this.#log,
      follow: {
        onCrabs: (crabs) => {
          this.#relay(crabs);
          if (crabs.length > 0) first();
        },
        onSnapshot: (snapshot, stats) => this.#relays.receive(snapshot, stats),
      },
      onAlerts: (alerts) => {
        for (const listener of this.#alertListeners) listener(alerts);
      },
      onKernels: (state) => kernels?.showKernels(state),
      onCell: (record) => kernels?.showCell(record),
    });
    if (this.#closed) {
      link.close();
      return;
    }
    this.#link = link;
    link.onEnd((reason) => this.#lost(link, reason));
    void link.wish(this.#wish);
    this.#timer?.dispose();
    const late = this.#clock.schedule(first, CRABS_MS);
    await came;
    late.dispose();
    if (this.#link === link) this.#become("follows", link.leader.pid, "");
    this.#settle();
  }

  #lost(link: LeaderLink, reason: string): void {
    if (this.#link !== link) return;
    this.#link = null;
    if (this.#closed) return;
    this.#log.info(`The leading window (process ${String(link.leader.pid)}) is gone: ${reason}.`);
    this.#seek();
  }

  #relay(cards: readonly CrabCard[]): void {
    // A leader that has only just begun has no crabs yet: what was known stays until it has.
    if (cards.length === 0) return;
    const changed = this.#relays.update(cards);
    if (!changed && this.#role.role === "follows") return;
    for (const listener of this.#relayListeners) listener(this.#relays.all);
  }

  async #collect(crab: string): Promise<string> {
    if (this.#link === null) throw new Error(t("no window leads at this moment; one will in a second"));
    const [id] = await this.#link.collect(crab);
    if (id === undefined) throw new Error(t("the leading window could not poll {0}", crab));
    return id;
  }

  #alone(reason: string): void {
    const words = reason === "" ? t("no window answers") : reason;
    if (this.#role.role !== "alone" || this.#role.reason !== words) this.#become("alone", null, words);
    this.#relays.clear();
    this.#settle();
  }

  #become(role: Role, leader: number | null, reason: string): void {
    if (this.#closed) return;
    const since = this.#role.role === role && this.#role.leader === leader ? this.#role.since : this.#clock.now();
    this.#role = { ...this.#role, role, leader, since, reason };
    const words = formatRole(this.#role);
    const said = `${words.charAt(0).toUpperCase()}${words.slice(1)}${reason === "" ? "." : `: ${reason}`}`;
    if (role === "alone" || reason !== "") this.#log.warn(said);
    else this.#log.info(said);
    for (const listener of this.#roleListeners) listener(this.#role);
  }

  #lockWords(error: Error): string {
    return t(
      "the lock {0} cannot be taken ({1}). Allow this user to write there, or set XDG_STATE_HOME to a folder of your own; " +
        "it goes on by itself.",
      this.#options.paths.leader,
      error.message,
    );
  }

  #tellFollowers(): void {
    for (const listener of this.#followerListeners) listener();
  }

  #later(milliseconds: number, run: () => void): void {
    this.#timer?.dispose();
    if (!this.#closed) this.#timer = this.#clock.schedule(run, milliseconds, { unref: true });
  }

  /** As a call, because the compiler takes a field that was false before an `await` for false after it. */
  #isClosed(): boolean {
    return this.#closed;
  }
}
