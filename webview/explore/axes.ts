/** Which series stand on which axis of which chart, and where the axes have their ticks. */
import type { ChosenSeries } from "./state.ts";
import { type ShownUnit, shownUnit } from "./units.ts";
import { type Tick, byteStep, decimalStep } from "../ticks.ts";

/** The series of one unit. */
export interface UnitGroup {
  readonly unit: ShownUnit;
  readonly series: readonly ChosenSeries[];
}

/** One chart: its left axis, and its right one where it has two. */
export type ChartGroups = readonly [UnitGroup] | readonly [UnitGroup, UnitGroup];

/** A value axis of its own: both ends and its ticks. */
export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly Tick[];
}

/** The series by unit, in the order in which the units came. */
export function groupByUnit(series: readonly ChosenSeries[]): UnitGroup[] {
  const groups = new Map<string, { readonly unit: ShownUnit; readonly series: ChosenSeries[] }>();
  for (const one of series) {
    const unit = shownUnit(one);
    const group = groups.get(unit.id);
    if (group === undefined) groups.set(unit.id, { unit, series: [one] });
    else group.series.push(one);
  }
  return [...groups.values()];
}

/** The first two units that are shown share a chart; each further one has a chart below. */
export function chartsOf(groups: readonly UnitGroup[], hidden: readonly string[]): ChartGroups[] {
  const [left, right, ...below] = groups.filter((group) => !hidden.includes(group.unit.id));
  if (left === undefined) return [];
  if (right === undefined) return [[left]];
  return [[left, right], ...below.map((group): ChartGroups => [group])];
}

/** A ratio beyond this is shown on the full scale, so that heights compare; below it the curve would be a flat line. */
const FULL_SCALE = 0.3;

/**
 * The axis for values from `low` to `high`: from 0 (or from a round value below what is negative) to the first round
 * value at or above the largest. Ratios that are not small span 0..100 %.
 */
export function axisOf(low: number, high: number, unit: ShownUnit, most: number): Axis {
  const bottom = Number.isFinite(low) ? Math.min(0, low) : 0;
  let top = Number.isFinite(high) ? Math.max(0, high) : 0;
  if (unit.id === "1" && top > FULL_SCALE && top <= 1) top = 1;
  if (top === bottom) top = unit.id === "1" ? 0.01 : unit.binary ? 4096 : 1;
  const wanted = Math.max(1, most);
  const size = top - bottom;
  const step = unit.binary ? byteStep(size, wanted) : decimalStep(size, wanted);
  const first = Math.floor(bottom / step + 1e-9);
  const last = Math.ceil(top / step - 1e-9);
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => {
    const value = (first + index) * step;
    return { value, label: value === 0 ? "0" : unit.brief(value) };
  });
  return { min: first * step, max: last * step, ticks };
}
