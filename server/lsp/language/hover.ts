/** What a word of a `gorgon.yaml` means: a key, a metric with its values now, a threshold with its distance. */
import { t } from "@vscode/l10n";
import { formatValue } from "../../../protocol/format.ts";
import type { StackConfig } from "../../config/config.ts";
import { type KeyShape, type Shape, shapeAt } from "../../config/shape.ts";
import type { ValuePath } from "../../config/problem.ts";
import { parseDuration, parsePercent, parseThreshold } from "../../config/values.ts";
import { treeOf } from "../../config/yaml.ts";
import { type AboutRule, ruleAround } from "./about-rule.ts";
import type { LiveMetrics } from "./metrics.ts";
import { findScalar, type Spot } from "./tree.ts";
import { escaped, readAgo, seriesName, valueList } from "./words.ts";

/** What hovers are made from. */
export interface Hovering {
  readonly shape: Shape;
  readonly metrics: LiveMetrics;
  readonly config: StackConfig | null;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A hover's text, as Markdown, and the offsets of what it is about. */
export interface HoverText {
  readonly markdown: string;
  readonly from: number;
  readonly to: number;
}

/** Null: there is nothing to say. */
export function hoverAt(text: string, offset: number, parts: Hovering): HoverText | null {
  const tree = treeOf(text);
  if (tree === null) return null;
  const spot = findScalar(tree.document, ({ range }) => (range?.[0] ?? 1) <= offset && offset <= (range?.[1] ?? 0));
  if (spot === null) return null;
  const [from = 0, to = 0] = spot.node.range ?? [];
  const path = spot.part === "key" ? [...spot.path, String(spot.node.value)] : spot.path;
  const key = keyAt(parts.shape, path);
  const rule = ruleAround(tree.document, path, parts.config);
  const said = [
    key === null ? "" : aboutKey(key),
    key !== null && spot.part === "value" ? aboutValue(spot, path, key, rule, parts) : "",
  ].filter((one) => one !== "");
  // What is special comes before what is known.
  return said.length === 0 ? null : { markdown: said.reverse().join("\n\n"), from, to };
}

function keyAt(root: Shape, path: ValuePath): KeyShape | null {
  const map = shapeAt(root, path.slice(0, -1));
  return map?.kind === "map" ? (map.keys.find(({ key }) => key === path.at(-1)) ?? null) : null;
}

function aboutKey({ key, meaning, without }: KeyShape): string {
  const otherwise =
    without === "" ? "" : without === "required" ? ` ${t("Required.")}` : ` ${t("Without it: {0}.", escaped(without))}`;
  return `\`${key}\`: ${meaning}${otherwise}`;
}

function aboutValue(
  spot: Spot,
  path: ValuePath,
  { key, shape }: KeyShape,
  rule: AboutRule | null,
  parts: Hovering,
): string {
  if (shape.kind !== "value" || rule === null) return "";
  if (shape.value.kind === "metric") return aboutMetric(rule, parts);
  const parsed =
    shape.value.kind === "percent" ? parsePercent(spot.node.value) : parseThreshold(spot.node.value, rule.metric);
  const judged = path[0] === "bell" ? shape.value.kind === "percent" : shape.value.kind === "threshold";
  if (!judged) return "";
  if (rule.isTrend && key !== "target")
    return parseDuration(spot.node.value, 0, Infinity).ok ? t("The time until the target is met.") : "";
  return parsed.ok ? distance(parsed.value, rule, parts) : "";
}

function aboutMetric(rule: AboutRule, { metrics, now }: Hovering): string {
  const info = metrics.all().get(rule.metric);
  if (info === undefined) return t("Nothing here reads this metric.");
  const unit = info.unit === "1" ? t("a ratio, 0 to 1") : escaped(info.unit);
  const kind = info.kind === "counter" ? `, ${t("a counter that only grows")}` : "";
  const values = valueList(metrics.latest(rule.metric, rule.match), info.unit, rule.direction, now);
  return `**${escaped(info.name)}** (${unit}${kind})\n\n${escaped(info.description)}\n\n${values}`;
}

/** How far the worst value is from a threshold. */
function distance(threshold: number, rule: AboutRule, { metrics, now }: Hovering): string {
  const found = metrics.latest(rule.metric, rule.match);
  const unit = metrics.all().get(rule.metric)?.unit;
  const above = rule.direction === "above";
  const [first, ...others] = found;
  if (first === undefined || unit === undefined) return t("No value now.");
  const worst = others.reduce((one, other) => {
    const worse = above ? other.reading.value > one.reading.value : other.reading.value < one.reading.value;
    return worse ? other : one;
  }, first);
  const { value } = worst.reading;
  const name = seriesName(worst);
  const far = escaped(formatValue(Math.abs(value - threshold), unit));
  const crossed = above ? value >= threshold : value <= threshold;
  const shown = escaped(formatValue(value, unit));
  const said = { shown: name === "" ? `**${shown}**` : `**${shown}** (${name})`, far, ago: readAgo(worst, now) };
  if (value === threshold)
    return crossed
      ? t("Now {shown}: exactly there, so crossed, {ago}.", said)
      : t("Now {shown}: exactly there, {ago}.", said);
  if (value > threshold)
    return crossed
      ? t("Now {shown}: {far} over it, so crossed, {ago}.", said)
      : t("Now {shown}: {far} over it, {ago}.", said);
  return crossed
    ? t("Now {shown}: {far} under it, so crossed, {ago}.", said)
    : t("Now {shown}: {far} under it, {ago}.", said);
}
