/** Reads the `rules` of a `gorgon.yaml`. */
import type { Rule } from "../../protocol/bell.ts";
import { GUARDED } from "./keys.ts";
import { entriesOf } from "./layer.ts";
import { readList, type Entry, type ListFile, type ListShape, type ReadList } from "./named-list.ts";
import { parseThreshold } from "./values.ts";

const KNOWN = ["id", "title", "metric", "match", "direction", "warn", "crit"] as const;
/** More rules than anybody can look at in one file. */
const MAX_RULES = 100;
const MAX_MATCH = 16;
const MAX_TEXT = 200;
const METRIC = /^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/i;

/** What the origin of a workspace's rules begins with. */
const WORKSPACE = "workspace ";

/** Under which origin the rules of a workspace's folder stand. */
export function workspaceOrigin(folder: string): string {
  return `${WORKSPACE}${folder}`;
}

/** Whether a rule comes from a workspace's file. */
export function ofWorkspace({ origin }: Pick<Rule, "origin">): boolean {
  return origin.startsWith(WORKSPACE);
}

/** Those rules that come from a workspace; the others hold for the whole host. */
export function workspaceRules(rules: readonly Rule[]): readonly Rule[] {
  return rules.filter(ofWorkspace);
}

/** Checks the rules of one file; see `readList`. */
export function readRules(
  raw: unknown,
  file: ListFile,
  taken: Map<string, string>,
  previous: readonly Rule[],
): ReadList<Rule> {
  const shape: ListShape<Rule> = {
    key: "rules",
    word: "rule",
    most: MAX_RULES,
    listMessage: "It must be a list of rules, each with an id.",
    entryMessage: "A rule must hold id, metric, and warn or crit.",
    known: KNOWN,
    example: "swap-full",
    refuseId: (id) => ((GUARDED as readonly string[]).includes(id) ? `${id} is built in: set bell.${id} instead.` : ""),
    read: (entry) => readRule(entry, file.origin),
  };
  return readList(raw, file, shape, taken, previous);
}

function readRule(entry: Entry, origin: string): Rule | null {
  const { id } = entry;
  const rawTitle = entry.get("title") ?? id;
  const title = typeof rawTitle === "string" ? rawTitle.trim() : "";
  if (entry.has("title") && (title === "" || title.length > MAX_TEXT)) entry.fault("title", "It must be a short text.");

  const rawMetric = entry.get("metric");
  const metric =
    typeof rawMetric === "string" && rawMetric.length <= MAX_TEXT && METRIC.test(rawMetric) ? rawMetric : "";
  if (metric === "") entry.fault("metric", "It must be the name of a metric, like system.paging.utilization.");

  const match = readMatch(entry.get("match"));
  if (match === null) entry.fault("match", "It must hold attributes with text values, like system.device: sda.");

  const rawDirection = entry.get("direction") ?? "above";
  const direction = rawDirection === "above" || rawDirection === "below" ? rawDirection : null;
  if (direction === null) entry.fault("direction", "It must be above or below.");

  const level = (name: "warn" | "crit"): number | null => {
    if (!entry.has(name)) return null;
    const parsed = parseThreshold(entry.get(name), metric);
    if (parsed.ok) return parsed.value;
    entry.fault(name, `It must be ${parsed.allowed}.`);
    return null;
  };
  const warn = level("warn");
  const crit = level("crit");
  if (warn === null && crit === null && entry.faults.length === 0) entry.fault("", "A rule needs warn, crit or both.");
  if (warn !== null && crit !== null) {
    if (direction === "above" && warn > crit)
      entry.fault("warn", "warn must not be over crit in a rule for high values.");
    if (direction === "below" && warn < crit)
      entry.fault("warn", "warn must not be under crit in a rule for low values.");
  }
  if (match === null || direction === null) return null;
  return { id, title: title === "" ? id : title, metric, match, direction, warn, crit, origin };
}

/** Attributes to match; numbers and switches count as their text. Null: not usable. */
function readMatch(raw: unknown): Rule["match"] | null {
  if (raw === undefined || raw === null) return {};
  const entries = entriesOf(raw);
  if (entries === null || entries.length > MAX_MATCH) return null;
  const texts: [string, string][] = [];
  for (const [key, value] of entries) {
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") return null;
    if (key.length > MAX_TEXT || String(value).length > MAX_TEXT) return null;
    texts.push([key, String(value)]);
  }
  // fromEntries defines own properties: a key called __proto__ is data here too.
  return Object.fromEntries(texts);
}
