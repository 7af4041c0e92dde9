/** The last five minutes of what rules judge, for sparklines: asked of the store once for all who look within a second. */
import type { Rule } from "../../protocol/bell.ts";
import type { HistoryQuery, SeriesFrame } from "../../protocol/history.ts";
import { seriesKey, type Attributes } from "../../protocol/reading.ts";
import type { Clock } from "../host/host.ts";
import type { Hub } from "../octopus/hub.ts";

/** Points of one series at the most: no sparkline has more columns. */
const MOST_POINTS = 150;
/** Five minutes in so many steps. */
const STEP_MS = 2000;
/** A sensor gives no more in that time. */
const KEPT_MS = 1000;

/** Oldest first: milliseconds since the epoch and the value. */
export type Trail = readonly (readonly [time: number, value: number])[];

/** The series that is wanted, and the question that brings it, with others beside it where they are wanted too. */
export interface TrailOf {
  readonly rule: Pick<Rule, "metric" | "direction" | "trend" | "growthMs">;
  readonly attributes: Attributes;
  readonly match: Attributes;
}

/** Answers of one moment. */
interface Asked {
  /** Monotonic. */
  readonly at: number;
  readonly answers: Map<string, Promise<ReadonlyMap<string, Trail>>>;
}

/** Remembers the answers of a second. */
export class Trails {
  readonly #query: Hub["query"];
  readonly #clock: Clock;
  #asked: Asked | null = null;

  constructor(query: Hub["query"], clock: Clock) {
    this.#query = query;
    this.#clock = clock;
  }

  /** The points of each; none where what is judged is not the value itself, or the store cannot tell. Never rejects. */
  of(wanted: readonly TrailOf[]): Promise<readonly Trail[]> {
    const { answers } = this.#now();
    return Promise.all(
      wanted.map(async ({ rule, attributes, match }) => {
        // A time that is left, or a growth, is in another unit than its series.
        if (rule.trend !== undefined || rule.growthMs !== undefined) return [];
        const key = `${rule.direction} ${seriesKey(rule.metric, match)}`;
        let answer = answers.get(key);
        if (answer === undefined) answers.set(key, (answer = this.#ask(rule, match)));
        return (await answer).get(seriesKey(rule.metric, attributes)) ?? [];
      }),
    );
  }

  #now(): Asked {
    const at = this.#clock.monotonic();
    if (this.#asked === null || at - this.#asked.at >= KEPT_MS) this.#asked = { at, answers: new Map() };
    return this.#asked;
  }

  async #ask({ metric, direction }: TrailOf["rule"], match: Attributes): Promise<ReadonlyMap<string, Trail>> {
    const last = Math.floor(this.#clock.now() / STEP_MS) * STEP_MS;
    const within = { from: last - (MOST_POINTS - 1) * STEP_MS, to: last + STEP_MS };
    // The worst of a step: a peak that rang the bell is to be seen.
    const aggregate = direction === "above" ? "max" : "min";
    const query: HistoryQuery = { metric, match, ...within, step: STEP_MS, aggregate };
    try {
      const frames = await this.#query(query);
      return new Map(frames.map((frame) => [seriesKey(metric, frame.attributes), pointsOf(frame)]));
    } catch {
      return new Map();
    }
  }
}

function pointsOf({ times, values }: SeriesFrame): Trail {
  return times.map((time, index) => [time, short(values[index] ?? 0)] as const);
}

/** Ratios to a hundredth of a percent, large numbers whole: more digits are only longer. */
function short(value: number): number {
  return Math.abs(value) > 1000 ? Math.round(value) : Math.round(value * 10_000) / 10_000;
}
