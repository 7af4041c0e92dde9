/** Every host-wide key in one table: what it is called in each layer, how it is read and how it is shown. */
import { t } from "@vscode/l10n";
import { formatDuration, formatThreshold } from "../../protocol/format.ts";
import type { StackConfig } from "./config.ts";
import { type Parsed, parseDays, parseInterval, parsePercent, parseSensors, parseSwitch, parseWait } from "./values.ts";

/** The three metrics whose thresholds have keys of their own. */
export const GUARDED = ["cpu", "memory", "disk"] as const;

const DAY_MS = 86_400_000;

/** A value in the stack's own unit: milliseconds, ratios, switches, names. */
export type Value = number | boolean | readonly string[];

/** One key and its names. */
export interface Key {
  /** In `gorgon.yaml`, and in every message. */
  readonly key: string;
  readonly variable: string;
  /** VS Code's name for it. */
  readonly setting: string;
  readonly parse: (raw: unknown) => Parsed<Value>;
  readonly format: (value: Value) => string;
  readonly fallback: Value;
  /** One sentence for the documentation. */
  readonly meaning: string;
}

/** Thresholds while nobody says otherwise, in percent: warn, crit. */
const PERCENT: Readonly<Record<(typeof GUARDED)[number], readonly [number, number]>> = {
  cpu: [70, 90],
  memory: [80, 95],
  disk: [85, 95],
};

function badWhen(id: (typeof GUARDED)[number], level: string): string {
  switch (id) {
    case "cpu":
      return t("{0} at or over this percentage: share of time in which the cores are busy.", level);
    case "memory":
      return t("{0} at or over this percentage: share of the memory limit in use.", level);
    case "disk":
      return t("{0} at or over this percentage: share of the fullest file system in use.", level);
  }
}

function thresholdKeys(): Key[] {
  return GUARDED.flatMap((id) =>
    (["warn", "crit"] as const).map((level, index): Key => ({
      key: `bell.${id}.${level}`,
      variable: `GORGON_${id.toUpperCase()}_${level.toUpperCase()}`,
      setting: `gorgon.${id}.${level}`,
      parse: parsePercent,
      format: (value) => formatThreshold(Number(value), "1"),
      fallback: PERCENT[id][index === 0 ? 0 : 1] / 100,
      meaning: badWhen(id, level.toUpperCase()),
    })),
  );
}

/** How long a threshold must be crossed while nobody says otherwise. Why so long stands in docs/bell.md. */
const WAIT_MS: Readonly<Record<(typeof GUARDED)[number], number>> = { cpu: 1_200_000, memory: 10_000, disk: 60_000 };

function waitKeys(): Key[] {
  return GUARDED.map((id) => ({
    key: `bell.${id}.for`,
    variable: `GORGON_${id.toUpperCase()}_FOR`,
    setting: `gorgon.${id}.for`,
    parse: parseWait,
    format: (value) => formatDuration(Number(value)),
    fallback: WAIT_MS[id],
    meaning: t("How long a threshold must be crossed before it counts: seconds, or text like 30s, 10m; 0 to 1 d."),
  }));
}

/** The table. `intervalMs` is the default interval, which differs between VS Code and the command line. */
export function keysOf(intervalMs: number): readonly Key[] {
  return [
    {
      key: "interval",
      variable: "GORGON_INTERVAL",
      setting: "gorgon.interval",
      parse: parseInterval,
      format: (value) => formatDuration(Number(value)),
      fallback: intervalMs,
      meaning: t("Time between two polls: seconds, or text like 500ms, 2s, 1m; 0.5 s to 1 h."),
    },
    {
      key: "rate.adaptive",
      variable: "GORGON_RATE_ADAPTIVE",
      setting: "gorgon.rate.adaptive",
      parse: parseSwitch,
      format: String,
      fallback: true,
      meaning: t("Whether polls are rarer while the window is unfocused and its dashboard hidden, or on battery."),
    },
    ...thresholdKeys(),
    ...waitKeys(),
    {
      key: "sensors.disabled",
      variable: "GORGON_SENSORS_DISABLED",
      setting: "gorgon.sensors.disabled",
      parse: parseSensors,
      format: (value) => (Array.isArray(value) && value.length > 0 ? value.join(", ") : t("none")),
      fallback: [],
      meaning: t("Names of sensors that are not read; a rule on what they would tell is UNKNOWN."),
    },
    {
      key: "history.enabled",
      variable: "GORGON_HISTORY",
      setting: "gorgon.history.enabled",
      parse: parseSwitch,
      format: String,
      fallback: true,
      meaning: t("Whether history is kept on disk, across restarts."),
    },
    {
      key: "history.days",
      variable: "GORGON_HISTORY_DAYS",
      setting: "gorgon.history.days",
      parse: parseDays,
      format: (value) => (value === Infinity ? t("not set") : t("{0} days", Number(value) / DAY_MS)),
      fallback: Infinity,
      meaning: t("Days after which nothing is kept, 1 to 3650; not set, each resolution has an age of its own."),
    },
  ];
}

/** The configuration in which each key has the value that `value` gives for it. */
export function configFrom(
  value: (key: string) => Value,
  rules: StackConfig["rules"],
  watches: StackConfig["watches"],
): StackConfig {
  const thresholds = (id: string) => ({
    warn: Number(value(`bell.${id}.warn`)),
    crit: Number(value(`bell.${id}.crit`)),
    forMs: Number(value(`bell.${id}.for`)),
  });
  return {
    intervalMs: Number(value("interval")),
    bell: { cpu: thresholds("cpu"), memory: thresholds("memory"), disk: thresholds("disk") },
    rules,
    watches,
    // Not a single value of a layer: the file's list is put in its place.
    sql: [],
    rate: { adaptive: Boolean(value("rate.adaptive")) },
    sensors: { disabled: namesIn(value("sensors.disabled")) },
    history: { enabled: Boolean(value("history.enabled")), retentionMs: Number(value("history.days")) },
  };
}

function namesIn(value: Value): readonly string[] {
  return typeof value === "object" ? value : [];
}

/** The value of a key in a configuration; the inverse of `configFrom`. */
export function valueIn(config: StackConfig, key: string): Value | undefined {
  const [area = "", name = "", level = ""] = key.split(".");
  if (area === "interval") return config.intervalMs;
  if (area === "rate") return config.rate.adaptive;
  if (area === "sensors") return config.sensors.disabled;
  if (area === "history") return name === "enabled" ? config.history.enabled : config.history.retentionMs;
  const thresholds = GUARDED.find((id) => id === name);
  if (area !== "bell" || thresholds === undefined) return undefined;
  if (level === "for") return config.bell[thresholds].forMs ?? 0;
  return level === "warn" ? config.bell[thresholds].warn : config.bell[thresholds].crit;
}
