/** How a cell's cost is written for people: amounts with the mark of their quality, names of measures, how a run ended. */
import { t } from "@vscode/l10n";
import type { CellMeasure, CellRecord, Measure, Quality } from "./cell.ts";
import { formatBytes, formatDuration } from "./format.ts";
import type { Level } from "./level.ts";

/** A measure that has a value. */
export interface Known {
  readonly value: number;
  readonly quality: Quality;
}

/** The measure, if there is a number. */
export function known(measure: Measure | undefined): Known | null {
  const { value, quality } = measure ?? { value: null, quality: "none" };
  return value === null || !Number.isFinite(value) || quality === "none" ? null : { value, quality };
}

/** A measure of a record, if there is a number. */
export function measureOf(record: CellRecord, name: CellMeasure): Known | null {
  return known(record.measures[name]);
}

/** Only what grows while nobody looks is "at least"; other samples are "about". */
const GROWING: ReadonlySet<CellMeasure> = new Set<CellMeasure>([
  ...(["peakBytes", "peakDeltaBytes", "childPeakBytes", "treeBytes"] as const),
  ...(["diskReadBytes", "diskWriteBytes", "readBytes", "writeBytes"] as const),
]);

/** What stands before a number that is not exact: `≥` at least, `~` about. */
export function markOf(quality: Quality, name: CellMeasure): string {
  return quality !== "sampled" ? "" : GROWING.has(name) ? "≥ " : "~";
}

/** What is counted, not measured in bytes or time. */
const COUNTS: ReadonlySet<CellMeasure> = new Set<CellMeasure>(["threads", "children"]);

/** A value of a measure in its unit, without a mark. */
export function amount(name: CellMeasure, value: number): string {
  if (name === "cores") return String(Number(value.toFixed(value < 9.95 ? 1 : 0)));
  if (COUNTS.has(name)) return String(Math.round(value));
  return name.endsWith("Ms") ? formatDuration(value) : formatBytes(value);
}

/** A value with its mark: `≥ 4.10 GiB`; null where there is none. */
export function written(record: CellRecord, name: CellMeasure): string | null {
  const measure = measureOf(record, name);
  return measure === null ? null : `${markOf(measure.quality, name)}${amount(name, measure.value)}`;
}

/** `+2.60` where the unit is the one of the value beside it, else `+312 MiB`; `−` for less. */
export function difference(value: number, besides: number): string {
  const sign = value < 0 ? "−" : "+";
  const [number = "", unit = ""] = formatBytes(Math.abs(value)).split(" ");
  const [, other] = formatBytes(besides).split(" ");
  return unit === other ? `${sign}${number}` : `${sign}${number} ${unit}`;
}

/** A share without decimals: a percentage of a percent means nothing here. */
export function share(value: number): string {
  return `${String(Math.round(value * 100))} %`;
}

/** What a measure is called. */
export function nameOf(name: CellMeasure): string {
  switch (name) {
    case "wallMs":
      return t("Time");
    case "cpuMs":
      return t("CPU time");
    case "cpuChildrenMs":
      return t("of it in children");
    case "cores":
      return t("Cores in use");
    case "throttledMs":
      return t("Held back by the CPU limit");
    case "peakBytes":
      return t("Peak memory");
    case "peakDeltaBytes":
      return t("Peak over the start");
    case "startBytes":
      return t("Memory before");
    case "endBytes":
      return t("Memory after");
    case "fileBytes":
      return t("of it backed by files");
    case "swapDeltaBytes":
      return t("Swapped out");
    case "childPeakBytes":
      return t("Peak of one child");
    case "treeBytes":
      return t("Peak with children");
    case "diskReadBytes":
      return t("Read from disk");
    case "diskWriteBytes":
      return t("Written to disk");
    case "readBytes":
      return t("Read by calls");
    case "writeBytes":
      return t("Written by calls");
    case "netRxBytes":
      return t("Received over the network");
    case "netTxBytes":
      return t("Sent over the network");
    case "threads":
      return t("Threads at the end");
    case "children":
      return t("Children at the end");
  }
}

/** How far a number can be trusted, in words. */
export function qualityWords(quality: Quality, name: CellMeasure): string {
  switch (quality) {
    case "exact":
      return t("exact");
    case "exact-lifetime":
      return t("exact: the process's highest ever");
    case "sampled":
      return GROWING.has(name) ? t("sampled: at least this") : t("sampled: about this");
    case "none":
      return t("not to be had here");
  }
}

/** How a run ended. */
export function outcomeWords({ outcome, error }: Pick<CellRecord, "outcome" | "error">): string {
  switch (outcome) {
    case "ok":
      return t("done");
    case "error":
      return error === "" ? t("failed") : t("failed with {0}", error);
    case "interrupted":
      return t("interrupted");
    case "died":
      return t("the kernel died");
  }
}

/** From which share of its limit a cell's peak looks like a warning or an error, 0..1. */
export interface Shares {
  readonly warn: number;
  readonly crit: number;
}

/** The level that a record has by the shares the user set; as it came where there is no limit. */
export function levelOf(record: CellRecord, shares: Shares): Level {
  if (record.limit === null) return record.level;
  const part = record.limit.share;
  return part >= shares.crit ? "CRIT" : part >= shares.warn ? "WARN" : "OK";
}

/** How long something has run, in whole seconds at first: tenths would only flicker. */
export function elapsed(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return seconds === 0 ? "0 s" : formatDuration(seconds * 1000);
}

/** `23.2 of 23.4 GiB`, with both units where they differ. */
export function ofLimit(value: number, limit: number): string {
  const [number = "", unit] = formatBytes(value).split(" ");
  const whole = formatBytes(limit);
  return t("{0} of {1}", unit === whole.split(" ")[1] ? number : formatBytes(value), whole);
}
