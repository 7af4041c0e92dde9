/** The bell: judges every rule after every snapshot, and by itself when a value grows stale because none comes. */
import { randomBytes } from "node:crypto";
import type { Alert, AlertAct, Silence } from "../../protocol/alert.ts";
import type { BellState, Rule, Verdict } from "../../protocol/bell.ts";
import { type Level, worst } from "../../protocol/level.ts";
import type { HistoryQuery, SeriesFrame } from "../../protocol/history.ts";
import type { Clock, Disposable } from "../host/host.ts";
import type { Log } from "../host/log.ts";
import type { Hub } from "../octopus/hub.ts";
import { AlertBook } from "./alerts/book.ts";
import { Derivation } from "./derive.ts";
import { headline } from "./headline.ts";
import { earliest, observe, verdictOf, type HubView, type Observation } from "./judge.ts";
import { printable } from "./printable.ts";
import { BUILT_IN, ruleName } from "./rules.ts";

/** What the bell needs. It reads the hub and writes there only its own tables. */
export interface BellOptions {
  readonly hub: HubView & Pick<Hub, "node" | "on"> & Partial<Pick<Hub, "query" | "store">>;
  readonly rules: readonly Rule[];
  readonly clock: Clock;
  readonly log: Log;
  /** The worker whose window shows what is told now. Absent: it is not known. */
  readonly teller?: () => string | null;
  /** The life of its alerts; by default kept where the hub keeps history. */
  readonly book?: AlertBook;
}

/** What another worker says of alerts, in place of this one's own. */
export interface ForeignAlerts {
  readonly alerts: readonly Alert[];
  readonly silences: readonly Silence[];
}

/** The longest a timer may wait; what is due later is simply looked at twice. */
const LONGEST_WAIT_MS = 3_600_000;

interface Standing {
  readonly level: Level;
  readonly since: number;
}

/** Keeps the newest verdicts and since when each stands. Listeners get the complete state after every judgement. */
export class Bell {
  /** The alerts that came of the verdicts. */
  readonly book: AlertBook;
  readonly #hub: BellOptions["hub"];
  readonly #derivation: Derivation;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #startedAt: number;
  readonly #boot: string;
  readonly #listeners = new Set<(state: BellState) => void>();
  readonly #subscriptions: readonly Disposable[];
  #rules: readonly Rule[];
  /** Judged for their alerts alone: rules of windows that follow this one. */
  #guests: readonly Rule[] = [];
  #foreign: ForeignAlerts | null = null;
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
    const { hub } = options;
    this.#derivation = new Derivation(hub.query === undefined ? null : (query) => this.#ask(query));
    const keeper = () => options.hub.store?.alerts;
    const teller = options.teller ?? (() => null);
    this.book = options.book ?? new AlertBook({ node: hub.node, log: options.log, keeper, teller });
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

  /** Judges further rules for their alerts alone: those of the windows that follow this one. */
  setGuests(rules: readonly Rule[]): void {
    this.#guests = rules;
    this.judge();
  }

  /** Shows the alerts of the worker that leads in place of its own; null: its own again. */
  showForeign(foreign: ForeignAlerts | null): void {
    if (foreign === null && this.#foreign === null) return;
    if (foreign === null && this.#foreign !== null) this.book.adopt(this.#foreign.alerts, this.#foreign.silences);
    const before = this.#foreign;
    this.#foreign = foreign;
    // A value that moved is told with the next snapshot.
    if (foreign === null || before === null || gist(before) !== gist(foreign)) this.judge();
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

  /** Does to alerts what a user wants and judges at once; answers with the silence that was added. Throws ActRefused. */
  act(act: AlertAct): Silence | null {
    const now = this.#clock.now();
    let added: Silence | null = null;
    if ("acknowledge" in act) this.book.acknowledge(act.acknowledge, now);
    else if ("silence" in act) added = this.book.addSilence(act.silence, now);
    else this.book.endSilence(act.endSilence, now);
    this.judge();
    return added;
  }

  /** Stops judging. */
  dispose(): void {
    if (!this.#disposed) this.book.close(this.#clock.now());
    this.#disposed = true;
    this.#timer?.dispose();
    this.#timer = null;
    for (const one of this.#subscriptions) one.dispose();
    this.#listeners.clear();
  }

  #judgeNow(): BellState {
    const now = this.#clock.now();
    const rules = this.#allRules();
    this.#derivation.tidy(rules, now);
    const seen = rules.map((rule) => this.#observe(rule, now));
    const standings = this.book.judge(seen, now);
    const standing = new Map<string, Standing>();
    const verdictsOn = (rule: Rule, index: number): Verdict[] => {
      const observation = seen[index];
      if (observation === undefined) return [];
      const name = ruleName(rule);
      const before = this.#standing.get(name);
      const { level, value, unit, attributes, readAt, reason } = verdictOf(
        observation,
        standings[index] ?? [],
        before?.level,
      );
      const since = before?.level === level ? before.since : now;
      if (before !== undefined && before.level !== level) {
        const why = reason === "" ? "" : `: ${printable(reason)}`;
        this.#log.info(`${printable(rule.title)} went from ${before.level} to ${level}${why}`);
      }
      standing.set(name, { level, since });
      // A built-in rule on what this machine does not have has nothing to say.
      if (rule.origin === BUILT_IN && rule.missing === "ok" && level === "OK" && value === null) return [];
      return [{ rule, level, value, unit, attributes, readAt, since, reason }];
    };
    const own = this.#rules.length;
    const verdicts = rules.slice(0, own).flatMap((rule, index) => verdictsOn(rule, index));
    for (const [index, rule] of rules.slice(own).entries()) verdictsOn(rule, own + index);
    const level = worst(verdicts.map((one) => one.level));
    if (level !== this.#whole.level) this.#whole = { level, since: now };
    this.#standing = standing;
    this.#schedule(earliest([...seen.map((one) => one.againAt), this.book.changesAt]), now);
    this.#sequence += 1;
    return {
      id: `${this.#hub.node}/bell/${this.#boot}-${String(this.#sequence)}`,
      time: now,
      node: this.#hub.node,
      level,
      since: this.#whole.since,
      headline: headline(verdicts),
      verdicts,
      alerts: this.#foreign?.alerts ?? this.book.alerts(now),
      silences: this.#foreign?.silences ?? this.book.silences(now),
    };
  }

  #allRules(): readonly Rule[] {
    const own = new Set(this.#rules.map(({ origin, id }) => `${origin}\u0000${id}`));
    const guests = new Map(this.#guests.map((rule) => [`${rule.origin}\u0000${rule.id}`, rule]));
    return [...this.#rules, ...[...guests].flatMap(([key, rule]) => (own.has(key) ? [] : [rule]))];
  }

  #observe(rule: Rule, now: number): Observation {
    return observe(rule, this.#hub, now, this.#startedAt, (asked, latest, at) =>
      this.#derivation.of(asked, latest, at),
    );
  }

  #ask(query: HistoryQuery): Promise<readonly SeriesFrame[]> {
    return this.#hub.query?.(query) ?? Promise.resolve([]);
  }

  #schedule(moment: number | null, now: number): void {
    this.#timer?.dispose();
    this.#timer = null;
    this.book.plannedAt = null;
    if (moment === null) return;
    const wait = Math.min(LONGEST_WAIT_MS, Math.max(1, moment - now));
    this.book.plannedAt = now + wait;
    this.#timer = this.#clock.schedule(() => void this.judge(), wait, { unref: true });
  }
}

/** What of others' alerts is news by itself: everything but the values. */
function gist({ alerts, silences }: ForeignAlerts): string {
  return JSON.stringify([alerts.map((alert) => ({ ...alert, value: null, message: "" })), silences]);
}
