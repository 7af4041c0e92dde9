/** What Explore remembers: which series, over which time, which units are shown. Small, and plain JSON. */
import type { ChartSeries } from "../../protocol/messages/webview.ts";
import { type MetricKind, type Unit, seriesKey } from "../../protocol/reading.ts";
import { freeSlot } from "./slots.ts";
import { DEFAULT_SPAN, type TimeWindow, parseWindow } from "./window.ts";

/** One series that was chosen. */
export interface ChosenSeries extends ChartSeries {
  readonly unit: Unit;
  readonly kind: MetricKind;
  /** Its colour and dashes, kept while it is chosen; see `freeSlot`. */
  readonly slot: number;
}

/** Navigation only, never data. */
export interface ExploreState {
  readonly series: readonly ChosenSeries[];
  readonly window: TimeWindow;
  /** Units that are not drawn, by `ShownUnit.id`. */
  readonly hiddenUnits: readonly string[];
}

/** More lines than these are no chart any more. */
export const MOST_SERIES = 50;

/** What a page that remembers nothing begins with. */
export const EMPTY_STATE: ExploreState = {
  series: [],
  window: { live: true, span: DEFAULT_SPAN },
  hiddenUnits: [],
};

/** One canonical text for a series. */
export function keyOf(series: ChartSeries): string {
  // Every frame asks for every series'. Series never change.
  const known = keys.get(series) ?? seriesKey(series.metric, series.attributes);
  keys.set(series, known);
  return known;
}

const keys = new WeakMap<ChartSeries, string>();

/** With this series chosen; unchanged when it is already, or when there are as many as there may be. */
export function withSeries(state: ExploreState, series: Omit<ChosenSeries, "slot">): ExploreState {
  const key = keyOf(series);
  if (state.series.length >= MOST_SERIES || state.series.some((one) => keyOf(one) === key)) return state;
  const { metric, attributes, unit, kind } = series;
  const slot = freeSlot(
    series,
    state.series.map((one) => one.slot),
  );
  return { ...state, series: [...state.series, { metric, attributes, unit, kind, slot }] };
}

/** Without this series. */
export function withoutSeries(state: ExploreState, key: string): ExploreState {
  return { ...state, series: state.series.filter((one) => keyOf(one) !== key) };
}

/** With a unit shown or hidden. */
export function withUnit(state: ExploreState, unit: string, shown: boolean): ExploreState {
  const others = state.hiddenUnits.filter((one) => one !== unit);
  return { ...state, hiddenUnits: shown ? others : [...others, unit] };
}

/** What was remembered, as far as it can be used: it may come from another release, or from anybody. */
export function parseExploreState(value: unknown): ExploreState | null {
  if (!isRecord(value)) return null;
  const window = parseWindow(value["window"]);
  if (window === null || !Array.isArray(value["series"])) return null;
  const hidden: unknown[] = Array.isArray(value["hiddenUnits"]) ? value["hiddenUnits"] : [];
  return (value["series"] as unknown[])
    .map(chosenOf)
    .filter((one) => one !== null)
    .reduce<ExploreState>(withSeries, {
      series: [],
      window,
      hiddenUnits: hidden.filter((one) => typeof one === "string").slice(0, MOST_SERIES),
    });
}

function chosenOf(value: unknown): Omit<ChosenSeries, "slot"> | null {
  if (!isRecord(value) || !isRecord(value["attributes"])) return null;
  const { metric, unit, kind } = value;
  const attributes = Object.entries(value["attributes"]);
  if (typeof metric !== "string" || typeof unit !== "string" || (kind !== "gauge" && kind !== "counter")) return null;
  if (!attributes.every((pair): pair is [string, string] => typeof pair[1] === "string")) return null;
  // A unit of another release is written like any that has no format of its own.
  return { metric, attributes: Object.fromEntries(attributes), unit: unit as Unit, kind };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
