/** Reads one rule. Whatever is wrong is named, with what is allowed; what is only strange is named and stands. */
import { t } from "@vscode/l10n";
import type { Rule, Trend } from "../../protocol/bell.ts";
import { entriesOf } from "./layer.ts";
import type { Entry, Faults } from "./named-list.ts";
import { nearest } from "./nearest.ts";
import { unknownPlaceholders } from "./rule-message.ts";
import {
  AHEAD_BOUNDS,
  type Bounds,
  DIRECTIONS,
  FOR_BOUNDS,
  GROWTH_BOUNDS,
  MAX_MATCH,
  MAX_MESSAGE,
  MAX_TEXT,
  METRIC,
  MISSING,
  OVER_BOUNDS,
  TREND_KEYS,
} from "./rule-keys.ts";
import { type Parsed, parseDuration, parseThreshold } from "./values.ts";

const TREND_EXAMPLE = "{target: 100%, over: 6h}";
const TREND_KNOWN = TREND_KEYS.map(({ key }) => key);

/** What is sensed, for telling a metric that nobody knows. */
export interface KnownMetrics {
  readonly names: readonly string[];
  /** Names of attributes that the metric's series have now; none when it has no series. */
  attributes(metric: string): readonly string[];
}

/** Reads what a rule says beside its id. Null: refused, with its faults. `known` null: metrics are not looked at. */
export function readRule({ id, given, faults }: Entry, origin: string, known: KnownMetrics | null): Rule | null {
  const rest = new Map<keyof Rule, unknown>();
  const keep = <K extends keyof Rule>(key: K, value: Rule[K] | null): void => {
    if (value !== null) rest.set(key, value);
  };

  const title = readTitle(given.get("title"), id, faults);
  const metric = readMetric(given.get("metric"), known, faults);
  const match = readTexts(
    given.get("match"),
    "match",
    t("attributes with text values, like system.device: sda"),
    faults,
  );
  const trend = given.has("trend") ? readTrend(given.get("trend"), metric, faults) : null;
  const isTrend = given.has("trend");
  const direction = readChoice(given, "direction", DIRECTIONS, faults) ?? (isTrend ? "below" : "above");
  if (isTrend && direction === "above") {
    faults.add(
      "direction",
      "above",
      t("A trend is bad when its time is short, so its direction is below: leave this out."),
    );
  }
  const { warn, crit, warnClear, critClear } = readLevels(
    given,
    metric,
    isTrend,
    isTrend ? "below" : direction,
    faults,
  );

  const wait = (name: "for" | "keepFiringFor"): number | null =>
    given.has(name) ? faults.take(name, given.get(name), durationIn(given.get(name), FOR_BOUNDS)) : null;
  keep("warnClear", warnClear);
  keep("critClear", critClear);
  keep("forMs", wait("for"));
  keep("keepFiringForMs", wait("keepFiringFor"));
  keep("missing", readChoice(given, "missing", MISSING, faults));
  const labels = given.has("labels")
    ? readTexts(given.get("labels"), "labels", t("labels with text values, like team: data"), faults)
    : null;
  keep("labels", labels);
  const attributes = [...Object.keys(match ?? {}), ...Object.keys(labels ?? {})];
  if (given.has("message")) keep("message", readMessage(given.get("message"), metric, attributes, known, faults));
  keep("trend", trend);
  if (given.has("growth")) {
    keep("growthMs", faults.take("growth", given.get("growth"), durationIn(given.get("growth"), GROWTH_BOUNDS)));
    if (isTrend)
      faults.add("growth", given.get("growth"), "A rule judges a trend or a growth, not both: leave one out.");
  }

  if (faults.refused || match === null) return null;
  return { id, title, metric, match, direction, warn, crit, ...Object.fromEntries(rest), origin };
}

function durationIn(raw: unknown, { least, most }: Bounds): Parsed<number> {
  return parseDuration(raw, least, most);
}

function readTitle(raw: unknown, id: string, faults: Faults): string {
  if (raw === undefined) return id;
  const title = typeof raw === "string" ? raw.trim() : "";
  if (title === "" || title.length > MAX_TEXT) faults.add("title", raw, t("It must be a short text."));
  return title;
}

function readMetric(raw: unknown, known: KnownMetrics | null, faults: Faults): string {
  if (typeof raw !== "string" || raw.length > MAX_TEXT || !METRIC.test(raw)) {
    faults.add("metric", raw, t("It must be the name of a metric, like system.paging.utilization."));
    return "";
  }
  if (known !== null && !known.names.includes(raw)) {
    const suggestions = nearest(raw, known.names, 3);
    const message = [
      t("Nothing here reads this metric."),
      suggestions.length === 0 ? "" : t("Did you mean {0}?", suggestions.join(", ")),
      t("The rule is UNKNOWN until something does."),
    ];
    const said = message.filter((one) => one !== "").join(" ");
    faults.add("metric", raw, said, { severity: "warning", suggestions });
  }
  return raw;
}

function readChoice<T extends string>(
  given: ReadonlyMap<string, unknown>,
  name: string,
  choices: readonly T[],
  faults: Faults,
): T | null {
  if (!given.has(name)) return null;
  const raw = given.get(name);
  const found = choices.find((one) => one === raw);
  if (found !== undefined) return found;
  const suggestions = typeof raw === "string" ? nearest(raw, choices) : [];
  const list = t("{0} or {1}", choices.slice(0, -1).join(", "), choices.at(-1) ?? "");
  faults.add(name, raw, t("It must be {0}.", list), { suggestions });
  return null;
}

/** Pairs of texts; numbers and switches count as their text. Null: not usable. */
function readTexts(raw: unknown, name: string, allowed: string, faults: Faults): Rule["match"] | null {
  if (raw === undefined) return {};
  const entries = entriesOf(raw);
  const usable = (value: unknown) => ["string", "number", "boolean"].includes(typeof value);
  const tooMany = entries !== null && entries.length > MAX_MATCH;
  if (entries === null || tooMany) {
    faults.add(
      name,
      raw,
      tooMany ? t("It must hold at most {0} {1}.", MAX_MATCH, allowed) : t("It must hold {0}.", allowed),
    );
    return null;
  }
  const wrong = entries.find(
    ([key, value]) => !usable(value) || key.length > MAX_TEXT || String(value).length > MAX_TEXT,
  );
  if (wrong !== undefined) {
    faults.add(name, wrong[1], t("It must hold {0}, each of at most {1} characters.", allowed, MAX_TEXT), {
      path: [name, wrong[0]],
    });
    return null;
  }
  // fromEntries defines own properties: a key called __proto__ is data here too.
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}

interface Levels {
  readonly warn: number | null;
  readonly crit: number | null;
  readonly warnClear: number | null;
  readonly critClear: number | null;
}

function readLevels(
  given: ReadonlyMap<string, unknown>,
  metric: string,
  isTrend: boolean,
  direction: Rule["direction"],
  faults: Faults,
): Levels {
  const before = faults.list.length;
  const level = (name: keyof Levels): number | null => {
    if (!given.has(name)) return null;
    const raw = given.get(name);
    return faults.take(name, raw, isTrend ? durationIn(raw, AHEAD_BOUNDS) : parseThreshold(raw, metric));
  };
  const levels = {
    warn: level("warn"),
    crit: level("crit"),
    warnClear: level("warnClear"),
    critClear: level("critClear"),
  };
  const { warn, crit } = levels;
  if (warn === null && crit === null && faults.list.length === before && !faults.refused) {
    faults.add("", "", t("A rule needs warn, crit or both."));
  }
  const above = direction === "above";
  if (warn !== null && crit !== null && (above ? warn > crit : warn < crit)) {
    const message = isTrend
      ? t("warn must not be under crit in a trend: sooner is worse.")
      : above
        ? t("warn must not be over crit in a rule for high values.")
        : t("warn must not be under crit in a rule for low values.");
    faults.add("warn", given.get("warn"), message);
  }
  for (const name of ["warn", "crit"] as const) {
    const [threshold, clear] = [levels[name], levels[`${name}Clear`]];
    const raw = given.get(`${name}Clear`);
    if (clear === null) continue;
    if (!given.has(name)) faults.add(`${name}Clear`, raw, t("It needs {0}, the threshold that it clears.", name));
    else if (threshold !== null && (above ? clear > threshold : clear < threshold)) {
      const written = String(given.get(name)).slice(0, 40);
      const message = above
        ? t("It must lie on the good side of its threshold: at or under {0} ({1}).", name, written)
        : t("It must lie on the good side of its threshold: at or over {0} ({1}).", name, written);
      faults.add(`${name}Clear`, raw, message);
    }
  }
  return levels;
}

function readTrend(raw: unknown, metric: string, faults: Faults): Trend | null {
  const entries = entriesOf(raw);
  if (entries === null) {
    faults.add("trend", raw, t("It must hold target and over, like {0}.", TREND_EXAMPLE));
    return null;
  }
  faults.keys(entries, TREND_KNOWN, ["trend"]);
  const given = new Map(entries);
  const need = (key: "target" | "over", read: (value: unknown) => Parsed<number>): number | null => {
    const value = given.get(key) ?? null;
    const more = { path: ["trend", key] };
    if (value !== null) return faults.take(`trend.${key}`, value, read(value), more);
    faults.add(`trend.${key}`, "", t("A trend needs target and over, like {0}.", TREND_EXAMPLE), {
      path: ["trend"],
      part: "key",
    });
    return null;
  };
  const target = need("target", (value) => parseThreshold(value, metric));
  const overMs = need("over", (value) => durationIn(value, OVER_BOUNDS));
  return target === null || overMs === null ? null : { target, overMs };
}

function readMessage(
  raw: unknown,
  metric: string,
  given: readonly string[],
  known: KnownMetrics | null,
  faults: Faults,
): string | null {
  const message = typeof raw === "string" ? raw.trim() : "";
  if (message === "" || message.length > MAX_MESSAGE) {
    faults.add("message", raw, t("It must be a text of at most {0} characters.", MAX_MESSAGE));
    return null;
  }
  const attributes = known?.attributes(metric) ?? [];
  for (const { name, near } of unknownPlaceholders(message, [...given, ...attributes], attributes.length === 0)) {
    const place = `{${name}}`;
    const hint = near.length === 0 ? "" : ` ${t("Did you mean {0}?", near.map((one) => `{${one}}`).join(", "))}`;
    const message = t("Nothing fills in {0}: it stays as it is written.", place) + hint;
    faults.add("message", place, message, { severity: "warning" });
  }
  return message;
}
