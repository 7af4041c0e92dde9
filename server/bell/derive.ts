/** Makes of each series' value what its rule judges: the value itself, its growth, or the time until it meets a target. */
import type { Rule } from "../../protocol/bell.ts";
import type { SeriesFrame } from "../../protocol/history.ts";
import { seriesKey } from "../../protocol/reading.ts";
import type { Hub, Latest } from "../octopus/hub.ts";
import { GrowthWindow } from "./growth.ts";
import { MOST_POINTS, timeToTarget, TrendWindow } from "./trend.ts";

/** Series of a rule whose past is kept; of more the first count. 256 windows of 48 samples are 400 kB. */
const MOST_SERIES = 256;
/** A window that nobody looked at for so long belongs to a series that is gone. */
const FORGET_MS = 3_600_000;

interface Kept<W> {
  readonly window: W;
  readonly rule: string;
  /** When its newest sample was taken. */
  time: number;
}

/** Keeps the windows of every series under a trend or growth rule, and fills a new trend's from history. */
export class Derivation {
  readonly #query: Hub["query"] | null;
  readonly #trends = new Map<string, Kept<TrendWindow>>();
  readonly #growths = new Map<string, Kept<GrowthWindow>>();

  /** `query` asks the history; null: a trend begins with what comes. */
  constructor(query: Hub["query"] | null) {
    this.#query = query;
  }

  /** What the rule judges of this value; null: it is not heading there; undefined: too few samples yet. */
  of(rule: Rule, latest: Latest, now: number): number | null | undefined {
    if (rule.trend !== undefined) return this.#trend(rule, rule.trend, latest, now);
    if (rule.growthMs !== undefined) return this.#growth(rule, rule.growthMs, latest, now);
    return latest.reading.value;
  }

  /** Forgets what no rule asks for any more and series that are gone. */
  tidy(rules: readonly Rule[], now: number): void {
    const wanted = new Set(rules.map(ruleKey));
    for (const map of [this.#trends, this.#growths]) {
      for (const [key, kept] of map) {
        if (!wanted.has(kept.rule) || Math.abs(now - kept.time) > FORGET_MS) map.delete(key);
      }
    }
  }

  #trend(rule: Rule, trend: NonNullable<Rule["trend"]>, { reading, time }: Latest, now: number) {
    const make = () => new TrendWindow(trend.overMs);
    const kept = this.#kept(this.#trends, rule, reading, make, (window) => {
      this.#fill(
        window,
        { metric: rule.metric, match: reading.attributes, from: now - trend.overMs, to: now },
        trend.overMs,
      );
    });
    if (kept === null) return undefined;
    if (kept.time !== time) kept.window.add(time, reading.value);
    kept.time = time;
    const line = kept.window.enough ? kept.window.line : null;
    return line === null ? undefined : timeToTarget(line, trend.target, now);
  }

  #growth(rule: Rule, growthMs: number, { reading, time }: Latest, now: number): number | undefined {
    const kept = this.#kept(
      this.#growths,
      rule,
      reading,
      () => new GrowthWindow(growthMs),
      () => undefined,
    );
    if (kept === null) return undefined;
    if (kept.time !== time) kept.window.add(time, reading.value);
    kept.time = time;
    return kept.window.grown(now);
  }

  #kept<W>(
    map: Map<string, Kept<W>>,
    rule: Rule,
    reading: Latest["reading"],
    make: () => W,
    fill: (window: W) => void,
  ): Kept<W> | null {
    const key = `${ruleKey(rule)}\u0000${seriesKey(reading.metric, reading.attributes)}`;
    const known = map.get(key);
    if (known !== undefined) return known;
    if (map.size >= MOST_SERIES) return null;
    const kept = { window: make(), rule: ruleKey(rule), time: -1 };
    map.set(key, kept);
    fill(kept.window);
    return kept;
  }

  #fill(
    window: TrendWindow,
    of: { readonly metric: string; readonly match: Rule["match"]; readonly from: number; readonly to: number },
    overMs: number,
  ): void {
    const step = Math.max(1, Math.ceil(overMs / MOST_POINTS));
    this.#query?.({ ...of, step, aggregate: "last" }).then(
      (frames) => {
        const exact = frames.find((frame) => sameSeries(frame, of));
        if (exact !== undefined) window.prepend(exact.times.map((time, index) => [time, exact.values[index] ?? NaN]));
      },
      () => undefined, // without history it begins with what comes
    );
  }
}

/** What a rule's windows depend on: another span is another window. */
function ruleKey({ origin, id, metric, trend, growthMs }: Rule): string {
  return [origin, id, metric, trend?.overMs ?? "", growthMs ?? ""].join("\u0000");
}

function sameSeries(frame: SeriesFrame, { metric, match }: { readonly metric: string; readonly match: Rule["match"] }) {
  return seriesKey(frame.metric, frame.attributes) === seriesKey(metric, match);
}
