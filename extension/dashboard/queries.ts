/** Which questions about the past the dashboard asks, by range: steps so wide that no series has over 360 points. */
import type { HistoryQuery, SeriesFrame } from "../../protocol/history.ts";
import type { ChartSeries, DashboardHistory, PinnedChart, RangeMinutes } from "../../protocol/messages/webview.ts";
import { seriesKey, type Attributes } from "../../protocol/reading.ts";
import { stepOf } from "../../protocol/steps.ts";

/** How a range is asked for. */
export interface RangePlan {
  readonly spanMs: number;
  /** Width of a step, milliseconds; 0 for the samples as they are. */
  readonly step: number;
  /** How old its history may be while new states keep coming, milliseconds; 0: as new as the state. */
  readonly refreshMs: number;
}

const MINUTE = 60_000;
const MOST_POINTS = 360;

const REFRESH_MS: Readonly<Record<RangeMinutes, number>> = { 1: 0, 15: 0, 60: 10_000, 1440: 60_000 };

/** The plan of a range when polls come every `intervalMs`: a step holds two polls at least, or jitter would tear gaps. */
export function planOf(range: RangeMinutes, intervalMs: number): RangePlan {
  const spanMs = range * MINUTE;
  const step = range === 1 ? 0 : stepOf(spanMs, MOST_POINTS, 2 * intervalMs);
  return { spanMs, step, refreshMs: REFRESH_MS[range] };
}

const SERIES: readonly { readonly metric: string; readonly match: Attributes }[] = [
  { metric: "gorgon.cpu.busy", match: {} },
  { metric: "system.memory.utilization", match: { "system.memory.state": "used" } },
  { metric: "system.filesystem.utilization", match: {} },
  { metric: "gorgon.network.io.rate", match: {} },
  // That the dashboard asks for it is what makes the worker read the GPUs.
  { metric: "hw.gpu.utilization", match: {} },
  {
    metric: "gorgon.pressure.ratio",
    match: { "gorgon.pressure.kind": "some", "gorgon.pressure.window": "10s" },
  },
];

/** The questions for a range that ends at `now`, in the order cpu, memory, disk, network, gpu, pressure. */
export function queriesOf(plan: RangePlan, now: number): HistoryQuery[] {
  // On the step's grid, so that a step does not change its samples from one question to the next.
  const to = plan.step === 0 ? now + 1 : (Math.floor(now / plan.step) + 1) * plan.step;
  const from = to - plan.spanMs;
  return SERIES.map(({ metric, match }) => ({ metric, match, from, to, step: plan.step, aggregate: "avg" }));
}

/** The answers as the dashboard wants them. `intervalMs` stands for the step of raw samples. */
export function historyOf(
  queries: readonly HistoryQuery[],
  frames: readonly (readonly SeriesFrame[])[],
  intervalMs: number,
): DashboardHistory {
  const [first] = queries;
  const step = first?.step ?? 0;
  return {
    from: first?.from ?? 0,
    to: first?.to ?? 0,
    step: step === 0 ? intervalMs : step,
    cpu: frames[0] ?? [],
    memory: frames[1] ?? [],
    disk: frames[2] ?? [],
    network: frames[3] ?? [],
    gpu: frames[4] ?? [],
    pressure: frames[5] ?? [],
  };
}

/** The questions for the pinned charts, over the time and in the steps of the others. One a series, in order. */
export function pinQueriesOf(
  pins: readonly PinnedChart[],
  [first]: readonly HistoryQuery[],
  intervalMs: number,
): HistoryQuery[] {
  if (first === undefined) return [];
  const { from, to } = first;
  return pins.flatMap(({ series }) =>
    series.map(({ metric, attributes, aggregate = "avg" }) => {
      // A rate is a step's: raw samples have none.
      const step = aggregate === "avg" || first.step > 0 ? first.step : 2 * intervalMs;
      return { metric, match: attributes, from, to, step, aggregate };
    }),
  );
}

/** The pinned charts' frames by their ids, from the answers to `pinQueriesOf`. */
export function pinnedOf(
  pins: readonly PinnedChart[],
  frames: readonly (readonly SeriesFrame[])[],
): Record<string, readonly SeriesFrame[]> {
  let at = 0;
  const exactly = ({ metric, attributes }: ChartSeries): readonly SeriesFrame[] => {
    const key = seriesKey(metric, attributes);
    // A question matches every series that has these attributes and maybe more.
    return (frames[at++] ?? []).filter((frame) => seriesKey(frame.metric, frame.attributes) === key);
  };
  return Object.fromEntries(pins.map(({ id, series }) => [id, series.flatMap(exactly)]));
}
