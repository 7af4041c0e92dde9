/** What series are called: short where the place is small, in full where it is read. */
import type { ChartSeries } from "../../protocol/messages/webview.ts";
import { clip, seriesName } from "../words.ts";

/** At a line's end. */
const LABEL_LETTERS = 26;
/** Names are data of any length. */
const MOST_LETTERS = 200;
/** Last parts of keys that say nothing without the one before. */
const VAGUE: readonly string[] = ["name", "id", "type"];

/** The metric and every attribute, as people write them: `system.cpu.utilization{cpu.logical_number="0"}`. */
export function fullName({ metric, attributes }: ChartSeries): string {
  const text = attributesText(attributes);
  return clip(printable(text === "" ? metric : `${metric} {${text}}`), MOST_LETTERS);
}

/** `interface=eth0, direction=receive`: every attribute by the last part of its key where that tells it apart. */
export function attributesText(attributes: ChartSeries["attributes"]): string {
  const keys = Object.keys(attributes).sort();
  const short = (key: string): string => {
    const parts = key.split(".");
    const last = parts.slice(VAGUE.includes(parts.at(-1) ?? "") ? -2 : -1).join(".");
    return keys.filter((one) => one === last || one.endsWith(`.${last}`)).length === 1 ? last : key;
  };
  const text = keys.map((key) => `${short(key)}=${attributes[key] ?? ""}`).join(", ");
  return clip(printable(text), MOST_LETTERS);
}

/** What tells a line apart from the others of its chart. */
export function shortName(series: ChartSeries, others: readonly ChartSeries[]): string {
  const attributes = seriesName(series.attributes, commonOf(others));
  const metric = series.metric.replace(/^(gorgon|system)\./, "");
  const sole = others.every((one) => one.metric === series.metric);
  if (attributes === "") return clip(printable(metric), LABEL_LETTERS);
  return clip(printable(sole ? attributes : `${metric} ${attributes}`), LABEL_LETTERS);
}

/** The attributes that all have alike. One series alone has them all to itself. */
function commonOf(series: readonly ChartSeries[]): ChartSeries["attributes"] {
  const [first, ...rest] = series;
  if (first === undefined || rest.length === 0) return {};
  const alike = ([key, value]: [string, string]): boolean => rest.every((one) => one.attributes[key] === value);
  return Object.fromEntries(Object.entries(first.attributes).filter(alike));
}

/** Control characters and those that turn the direction of writing have no place on a face. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu, "\uFFFD");
}
