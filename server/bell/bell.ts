/** The bell: judges every rule after every snapshot, and by itself when a value grows stale because none comes. */
import { randomBytes } from "node:crypto";
import type { BellState, Rule, Verdict } from "../../protocol/bell.ts";
import { type Level, worst } from "../../protocol/level.ts";
import type { Clock, Disposable } from "../host/host.ts";
import type { Log } from "../host/log.ts";
import type { Hub } from "../octopus/hub.ts";
import { headline } from "./headline.ts";
import { judge, type HubView } from "./judge.ts";
import { printable } from "./printable.ts";
import { ruleName } from "./rules.ts";

/** What the bell needs. It reads the hub and changes nothing there. */
export interface BellOptions {
  readonly hub: HubView & Pick<Hub, "node" | "on">;
  readonly rules: readonly Rule[];
  readonly clock: Clock;
  readonly log: Log;
}

/** The longest a timer may wait; what is due later is simply looked at twice. */
const LONGEST_WAIT_MS = 3_600_000;

interface Standing {
  readonly level: Level;
  readonly since: number;
}

/** Keeps the newest verdicts and since when each stands. Listeners get the complete state after every judgement. */
export class Bell {
  readonly #hub: BellOptions["hub"];
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #startedAt: number;
  readonly #boot: string;
  readonly #listeners = new Set<(state: BellState) => void>();
  readonly #subscriptions: readonly Disposable[];
  #rules: readonly Rule[];
  #standing = new Map<string, Standing>();
  #whole: Standing;
  #state: BellState;
  #timer: Disposable | null = null;
  #sequence = 0;
  #disposed = false;

  constructor(options: BellOptions) {
    this.#hub = options.hub;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#rules = options.rules;
    this.#startedAt = options.clock.now();
    this.#boot = `${this.#startedAt.toString(36)}${randomBytes(4).toString("hex")}`;
    this.#whole = { level: "UNKNOWN", since: this.#startedAt };
    this.#state = this.#judgeNow();
    const again = () => {
      this.judge();
    };
    this.#subscriptions = [
      this.#hub.on("snapshot", again),
      this.#hub.on("registered", again),
      this.#hub.on("unregistered", again),
    ];
  }

  /** What was judged last. */
  state(): BellState {
    return this.#state;
  }

  /** Calls the listener after every judgement, also when nothing changed. A listener that throws is logged. */
  on(listener: (state: BellState) => void): Disposable {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  }

  /** Puts other rules in force and judges at once. A rule that keeps its id and level keeps its `since`. */
  setRules(rules: readonly Rule[]): void {
    this.#rules = rules;
    this.judge();
  }

  /** Judges now and tells the listeners. */
  judge(): BellState {
    if (this.#disposed) return this.#state;
    this.#state = this.#judgeNow();
    for (const listener of [...this.#listeners]) {
      try {
        listener(this.#state);
      } catch (error) {
        this.#log.error(`A listener of the bell failed: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return this.#state;
  }

  /** Stops judging. */
  dispose(): void {
    this.#disposed = true;
    this.#timer?.dispose();
    this.#timer = null;
    for (const one of this.#subscriptions) one.dispose();
    this.#listeners.clear();
  }

  #judgeNow(): BellState {
    const now = this.#clock.now();
    const judgements = judge(this.#rules, this.#hub, now, this.#startedAt);
    const standing = new Map<string, Standing>();
    const verdicts = judgements.map((judgement): Verdict => {
      const { rule, level, value, unit, attributes, readAt, reason } = judgement;
      const name = ruleName(rule);
      const before = this.#standing.get(name);
      const since = before?.level === level ? before.since : now;
      if (before !== undefined && before.level !== level) {
        const why = reason === "" ? "" : `: ${printable(reason)}`;
        this.#log.info(`${printable(rule.title)} went from ${before.level} to ${level}${why}`);
      }
      standing.set(name, { level, since });
      return { rule, level, value, unit, attributes, readAt, since, reason };
    });
    const level = worst(verdicts.map((one) => one.level));
    if (level !== this.#whole.level) this.#whole = { level, since: now };
    this.#standing = standing;
    this.#schedule(
      judgements.flatMap((one) => (one.againAt === null ? [] : [one.againAt])),
      now,
    );
    this.#sequence += 1;
    return {
      id: `${this.#hub.node}/bell/${this.#boot}-${String(this.#sequence)}`,
      time: now,
      node: this.#hub.node,
      level,
      since: this.#whole.since,
      headline: headline(verdicts),
      verdicts,
      alerts: [],
      silences: [],
    };
  }

  #schedule(moments: readonly number[], now: number): void {
    this.#timer?.dispose();
    this.#timer = null;
    if (moments.length === 0) return;
    const wait = Math.min(LONGEST_WAIT_MS, Math.max(1, Math.min(...moments) - now));
    this.#timer = this.#clock.schedule(() => void this.judge(), wait, { unref: true });
  }
}
