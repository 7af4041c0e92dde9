/** Every host-wide key in one table: what it is called in each layer, how it is read and how it is shown. */
import { formatDuration, formatThreshold } from "../../protocol/format.ts";
import type { StackConfig } from "./config.ts";
import { type Parsed, parseDays, parseInterval, parsePercent, parseSwitch, parseWait } from "./values.ts";

/** The three metrics whose thresholds have keys of their own. */
export const GUARDED = ["cpu", "memory", "disk"] as const;

const DAY_MS = 86_400_000;

/** One key and its names. Values are kept in the stack's own unit: milliseconds, ratios, switches. */
export interface Key {
  /** In `gorgon.yaml`, and in every message. */
  readonly key: string;
  readonly variable: string;
  /** VS Code's name for it. */
  readonly setting: string;
  readonly parse: (raw: unknown) => Parsed<number | boolean>;
  readonly format: (value: number | boolean) => string;
  readonly fallback: number | boolean;
  /** One sentence for the documentation. */
  readonly meaning: string;
}

/** Thresholds while nobody says otherwise, in percent: warn, crit. */
const PERCENT: Readonly<Record<(typeof GUARDED)[number], readonly [number, number]>> = {
  cpu: [70, 90],
  memory: [80, 95],
  disk: [85, 95],
};

const BAD_WHEN: Readonly<Record<(typeof GUARDED)[number], string>> = {
  cpu: "share of time in which the cores are busy",
  memory: "share of the memory limit in use",
  disk: "share of the fullest file system in use",
};

function thresholdKeys(): Key[] {
  return GUARDED.flatMap((id) =>
    (["warn", "crit"] as const).map((level, index): Key => ({
      key: `bell.${id}.${level}`,
      variable: `GORGON_${id.toUpperCase()}_${level.toUpperCase()}`,
      setting: `gorgon.${id}.${level}`,
      parse: parsePercent,
      format: (value) => formatThreshold(Number(value), "1"),
      fallback: PERCENT[id][index === 0 ? 0 : 1] / 100,
      meaning: `${level.toUpperCase()} at or over this percentage: ${BAD_WHEN[id]}.`,
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
    meaning: `How long a threshold must be crossed before it counts: seconds, or text like 30s, 10m; 0 to 1 d.`,
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
      meaning: "Time between two polls: seconds, or text like 500ms, 2s, 1m; 0.5 s to 1 h.",
    },
    {
      key: "rate.adaptive",
      variable: "GORGON_RATE_ADAPTIVE",
      setting: "gorgon.rate.adaptive",
      parse: parseSwitch,
      format: String,
      fallback: true,
      meaning: "Whether polls are rarer while the window is unfocused and its dashboard hidden, or on battery.",
    },
    ...thresholdKeys(),
    ...waitKeys(),
    {
      key: "history.enabled",
      variable: "GORGON_HISTORY",
      setting: "gorgon.history.enabled",
      parse: parseSwitch,
      format: String,
      fallback: true,
      meaning: "Whether history is kept on disk, across restarts.",
    },
    {
      key: "history.days",
      variable: "GORGON_HISTORY_DAYS",
      setting: "gorgon.history.days",
      parse: parseDays,
      format: (value) => `${String(Number(value) / DAY_MS)} days`,
      fallback: 7 * DAY_MS,
      meaning: "Days that history is kept, 1 to 3650.",
    },
  ];
}

/** The configuration in which each key has the value that `value` gives for it. */
export function configFrom(
  value: (key: string) => number | boolean,
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
    history: { enabled: Boolean(value("history.enabled")), retentionMs: Number(value("history.days")) },
  };
}

/** The value of a key in a configuration; the inverse of `configFrom`. */
export function valueIn(config: StackConfig, key: string): number | boolean | undefined {
  const [area = "", name = "", level = ""] = key.split(".");
  if (area === "interval") return config.intervalMs;
  if (area === "rate") return config.rate.adaptive;
  if (area === "history") return name === "enabled" ? config.history.enabled : config.history.retentionMs;
  const thresholds = GUARDED.find((id) => id === name);
  if (area !== "bell" || thresholds === undefined) return undefined;
  if (level === "for") return config.bell[thresholds].forMs ?? 0;
  return level === "warn" ? config.bell[thresholds].warn : config.bell[thresholds].crit;
}
