/** Every key of a rule in one table: what it means, what it takes, and within which bounds. */
import { t } from "@vscode/l10n";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** Bounds of the times in a rule, milliseconds, both inclusive. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** An alert that has to wait longer than a week is none. */
export const FOR_BOUNDS: Bounds = { least: 0, most: 7 * DAY_MS };
/** Two samples at the slowest rate make a line; more than a month is not kept raw. */
export const OVER_BOUNDS: Bounds = { least: MINUTE_MS, most: 30 * DAY_MS };
/** A window shorter than this has too few samples; what grew is counted in memory, so not for longer than a day. */
export const GROWTH_BOUNDS: Bounds = { least: MINUTE_MS, most: DAY_MS };
/** How far ahead a trend may be asked for. */
export const AHEAD_BOUNDS: Bounds = { least: MINUTE_MS, most: 365 * DAY_MS };

export const DIRECTIONS = ["above", "below"] as const;
export const MISSING = ["unknown", "keep", "ok", "crit"] as const;

/** The longest title, metric, attribute or label. */
export const MAX_TEXT = 200;
export const MAX_MESSAGE = 2000;
export const MAX_MATCH = 16;
export const METRIC = /^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/i;

/** What a key takes. */
export type RuleValue =
  | { readonly kind: "id" | "text" | "message" | "metric" | "threshold" | "match" | "labels" }
  | { readonly kind: "trend" }
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "duration"; readonly bounds: Bounds };

/** One key of a rule. */
export interface RuleKey {
  readonly key: string;
  readonly value: RuleValue;
  /** In a word or two, what happens without it; `required` as it stands. */
  readonly without: string;
  /** A sentence or two for hover, schema and reference. */
  readonly meaning: string;
}

/** The table, in the order in which people write them. */
export const RULE_KEYS = [
  {
    key: "id",
    value: { kind: "id" },
    without: "required",
    get meaning() {
      return t("Names the rule: small letters, digits and dashes, unlike any other rule's.");
    },
  },
  {
    key: "title",
    value: { kind: "text" },
    get without() {
      return t("the id");
    },
    get meaning() {
      return t("What people see.");
    },
  },
  {
    key: "metric",
    value: { kind: "metric" },
    without: "required",
    get meaning() {
      return t("The metric that is judged. One that nothing reads yet is UNKNOWN until something does.");
    },
  },
  {
    key: "match",
    value: { kind: "match" },
    get without() {
      return t("every series");
    },
    get meaning() {
      return t("Only series with all of these attributes are judged; of several the worst counts.");
    },
  },
  {
    key: "direction",
    value: { kind: "choice", choices: DIRECTIONS },
    without: "above",
    get meaning() {
      return t("`above`: bad at or over the threshold. `below`: bad at or under it.");
    },
  },
  {
    key: "warn",
    value: { kind: "threshold" },
    get without() {
      return t("no WARN");
    },
    get meaning() {
      return t("WARN from this value on: in the metric's unit, or `80%`, `10GiB`. With `trend` a time, like `4h`.");
    },
  },
  {
    key: "crit",
    value: { kind: "threshold" },
    get without() {
      return t("no CRIT");
    },
    get meaning() {
      return t("CRIT from this value on, written like `warn`. A rule needs one of the two.");
    },
  },
  {
    key: "warnClear",
    value: { kind: "threshold" },
    without: "warn",
    get meaning() {
      return t("WARN is left only past this value, which lies on the good side of `warn`.");
    },
  },
  {
    key: "critClear",
    value: { kind: "threshold" },
    without: "crit",
    get meaning() {
      return t("CRIT is left only past this value, which lies on the good side of `crit`.");
    },
  },
  {
    key: "for",
    value: { kind: "duration", bounds: FOR_BOUNDS },
    get without() {
      return t("at once");
    },
    get meaning() {
      return t("How long a threshold must be crossed before it counts.");
    },
  },
  {
    key: "keepFiringFor",
    value: { kind: "duration", bounds: FOR_BOUNDS },
    get without() {
      return t("not at all");
    },
    get meaning() {
      return t("How long an alert goes on after its cause is gone, so that a short recovery is no new alert.");
    },
  },
  {
    key: "missing",
    value: { kind: "choice", choices: MISSING },
    without: "unknown",
    get meaning() {
      return t(
        "What the rule says while there is no value. `unknown`: UNKNOWN. `keep`: what it said before. `ok`: all is well. " +
          "`crit`: that it is missing is the matter.",
      );
    },
  },
  {
    key: "labels",
    value: { kind: "labels" },
    get without() {
      return t("none");
    },
    get meaning() {
      return t("Put on the rule's alerts, e.g. `team: data`.");
    },
  },
  {
    key: "message",
    value: { kind: "message" },
    get without() {
      return t("a sentence of Gorgon's");
    },
    get meaning() {
      return t(
        "What its alerts say, with `{value}`, `{threshold}`, `{title}`, `{metric}`, `{level}`, `{node}` and " +
          "`{any.attribute}` filled in.",
      );
    },
  },
  {
    key: "trend",
    value: { kind: "trend" },
    get without() {
      return t("the value counts");
    },
    get meaning() {
      return t("Judges where the value is heading: the time until it meets a target. `warn` and `crit` are that time.");
    },
  },
  {
    key: "growth",
    value: { kind: "duration", bounds: GROWTH_BOUNDS },
    get without() {
      return t("the value counts");
    },
    get meaning() {
      return t(
        "Judges how much a counter grew over this last time, across its resets, instead of its total: `growth: 10m` with " +
          "`crit: 1` is an alert for ten minutes after each step.",
      );
    },
  },
] as const satisfies readonly RuleKey[];

/** The keys of `trend`. */
export const TREND_KEYS = [
  {
    key: "target",
    value: { kind: "threshold" },
    without: "required",
    get meaning() {
      return t("The value that must not be met, written like a threshold.");
    },
  },
  {
    key: "over",
    value: { kind: "duration", bounds: OVER_BOUNDS },
    without: "required",
    get meaning() {
      return t("The line is drawn through the samples of this last time.");
    },
  },
] as const satisfies readonly RuleKey[];

/** A time as a rule may have it, for messages and completion. */
export const COMMON_DURATIONS = ["30s", "1m", "5m", "15m", "1h", "4h", "1d"] as const;
