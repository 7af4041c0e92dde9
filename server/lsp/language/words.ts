/** Texts of the language's answers: Markdown in which data stays data, and values as YAML writes them. */
import { t } from "@vscode/l10n";
import { parse } from "yaml";
import { formatDuration, formatValue } from "../../../protocol/format.ts";
import type { Unit } from "../../../protocol/reading.ts";
import type { Latest } from "../../octopus/hub.ts";

const LONGEST = 200;
/** Series listed in one hover. */
const LISTED = 5;

/** A text as Markdown that shows it, on one line and bounded. */
export function escaped(text: string): string {
  const line = text.slice(0, LONGEST).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, " ");
  return line.replace(/[!-/:-@[-`{-~]/g, "\\$&");
}

/** A text as a YAML scalar that reads back as this text, also within braces. */
export function scalar(text: string): string {
  if (!/^[\w./-]+$/.test(text)) return JSON.stringify(text);
  return parse(text) === text ? text : JSON.stringify(text);
}

/** What tells a series from its like, as Markdown: `sda, read`. */
export function seriesName({ reading }: Latest): string {
  return escaped(Object.values(reading.attributes).join(", "));
}

/** The worst values first, each with its series and its age. */
export function valueList(found: readonly Latest[], unit: Unit, direction: "above" | "below", now: number): string {
  if (found.length === 0) return t("No value now.");
  const sign = direction === "above" ? -1 : 1;
  const sorted = [...found].sort((one, other) => sign * (one.reading.value - other.reading.value));
  const lines = sorted.slice(0, LISTED).map((one) => {
    const name = seriesName(one);
    const value = escaped(formatValue(one.reading.value, unit));
    return `- **${value}**${name === "" ? "" : ` ${name}`}, ${readAgo(one, now)}`;
  });
  const more = found.length > LISTED ? [`- ${t("and {0} more", found.length - LISTED)}`] : [];
  return [...lines, ...more].join("\n");
}

/** When a value was read. */
export function readAgo({ time }: Latest, now: number): string {
  return t("read {0} ago", formatDuration(Math.max(0, now - time)));
}
