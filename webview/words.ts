/** The dashboard's small words: marks of the levels, ages, absolute times, lists, shortened names. */
import { t } from "@vscode/l10n";
import { visible } from "./dom.ts";
import { formatDuration } from "../protocol/format.ts";
import type { Level } from "../protocol/level.ts";
import type { RangeMinutes } from "../protocol/messages/webview.ts";
import type { Attributes } from "../protocol/reading.ts";

/** One shape a level, so that it can be told without colour. */
export const MARKS: Readonly<Record<Level, string>> = { OK: "●", UNKNOWN: "○", WARN: "▲", CRIT: "◆" };

/** What the range control says. */
export const RANGE_WORDS: Readonly<Record<RangeMinutes, string>> = {
  1: "1 min",
  15: "15 min",
  60: "1 h",
  1440: "24 h",
};

/** A length of time in whole seconds or coarser: `12 s`, `2 min`. Never negative: clocks may differ. */
export function lasting(milliseconds: number): string {
  return formatDuration(Math.max(0, Math.floor(milliseconds / 1000)) * 1000 || 0).replace(/^0 ms$/, "0 s");
}

/** How long ago: `just now`, `12 s ago`. */
export function ago(milliseconds: number): string {
  return milliseconds < 1000 ? t("just now") : t("{0} ago", lasting(milliseconds));
}

/** In its first milliseconds how long something has stood would be noise. */
export const NEW_MS = 2000;

/** A level and how long it has stood: `WARN for 12 s`, `WARN just now`. */
export function levelFor(level: Level, milliseconds: number): string {
  return milliseconds < NEW_MS ? t("{0} just now", level) : t("{0} for {1}", level, lasting(milliseconds));
}

/** Since when, to the second; for tooltips. */
export function since(time: number): string {
  return t("since {0}", absolute(time));
}

/** A name and what is said of it. */
export function labelled(name: string, text: string): string {
  return t("{0}: {1}", name, text);
}

/** `1 series`, `3 series`. */
export function seriesCount(amount: number): string {
  return amount === 1 ? t("1 series") : t("{0} series", amount);
}

const absoluteFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });

/** The moment itself, in local time with its zone; for tooltips. */
export function absolute(time: number): string {
  return Number.isFinite(time) ? absoluteFormat.format(time) : "";
}

/** `12.8 MiB/s` as its number and its unit, so that a face can set them in different sizes. */
export function splitUnit(text: string): { readonly number: string; readonly unit: string } {
  const space = text.indexOf(" ");
  return space < 0 ? { number: text, unit: "" } : { number: text.slice(0, space), unit: text.slice(space + 1) };
}

/** A whole number without its decimals, for thresholds and axes: `1 MiB/s`, not `1.00 MiB/s`. */
export function bare(text: string): string {
  return text.replace(/\.0+(?=\D|$)/, "");
}

/** `a`, `a and b`, `a, b and c`. */
export function listing(words: readonly string[]): string {
  const last = words.at(-1);
  if (last === undefined) return "";
  return words.length === 1 ? last : t("{0} and {1}", words.slice(0, -1).join(", "), last);
}

/** Shortens a long name in its middle: both ends of a path tell it apart. `limit` counts characters, at least 3. */
export function clip(text: string, limit: number): string {
  const line = visible(text);
  const letters = Array.from(line);
  if (letters.length <= limit) return line;
  const head = Math.ceil((limit - 1) / 2);
  return `${letters.slice(0, head).join("")}…${letters.slice(letters.length - (limit - 1 - head)).join("")}`;
}

/** A sentence has an end. Leaves text alone that already has one. */
export function sentence(text: string): string {
  return text === "" || /[.!?…。！？]$/.test(text) ? text : `${text}.`;
}

/** What an error says; whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Text from outside as one line that can be seen, at most `most` characters of it. */
export function shown(text: string, most: number): string {
  // Cut first: a text may be endless.
  const line = visible(text.slice(0, 4 * most)).trim();
  const letters = Array.from(line);
  return letters.length > most || text.length > 4 * most ? `${letters.slice(0, most - 1).join("")}…` : line;
}

/** The attributes that name a thing by themselves, best first. */
const NAMING = [
  "system.filesystem.mountpoint",
  "network.interface.name",
  "system.device",
  "jupyter.kernel.name",
] as const;

/**
 * What tells a series apart, beyond what the rule asks for anyway; empty when nothing does. `named`: only attributes
 * that name a thing by themselves count, for where labels stand among them.
 */
export function seriesName(attributes: Attributes, match: Attributes, named = false): string {
  const rest = Object.keys(attributes).filter((key) => !Object.hasOwn(match, key));
  const naming = NAMING.find((key) => rest.includes(key));
  if (named && naming === undefined) return "";
  const keys = naming === undefined ? rest.sort() : [naming, ...rest.filter((key) => key.endsWith(".direction"))];
  return clip(keys.map((key) => attributes[key] ?? "").join(" "), 60);
}
