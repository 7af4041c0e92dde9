/** Adds a rule or a watch to the text of a `gorgon.yaml`. Everything else in it stays as it was written. */
import { t } from "@vscode/l10n";
import { isCollection, isMap, isScalar, isSeq, stringify, type Node } from "yaml";
import type { ConfigEdit, NewRule, NewWatch } from "../../protocol/config.ts";
import { ID } from "./named-list.ts";
import { isRatio, writeDuration } from "./values.ts";
import { parseYaml, treeOf, type YamlTree } from "./yaml.ts";

/** What is to be added. */
export type Addition = { readonly rule: NewRule } | { readonly watch: NewWatch };

/** The file cannot be added to as it is. The message says why. */
export class NotEditable extends Error {
  override readonly name = "NotEditable";
}

/** A small letter to begin with; what is no letter becomes a dash. */
const MAX_ID = 40;

/** An id made from a title that none of `taken` has. */
export function freeId(title: string, taken: ReadonlySet<string>): string {
  const letters = title
    .slice(0, 200)
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, MAX_ID)
    .replace(/-+$/, "");
  const base = ID.test(letters) ? letters : "rule";
  for (let number = 1; ; number++) {
    const id = number === 1 ? base : `${base}-${String(number)}`;
    if (!taken.has(id)) return id;
  }
}

/** The text with the addition, and the line (from 0) on which it begins. Throws NotEditable for a text that is broken. */
export function addTo(text: string, id: string, add: Addition): Pick<ConfigEdit, "text" | "line"> {
  const read = parseYaml(text);
  if (read.status === "broken") {
    const [{ reason, range }] = read.faults;
    throw new NotEditable(t("The file has a mistake in line {0}, to be mended first: {1}.", range.line, reason));
  }
  const tree = treeOf(text);
  if (tree === null) throw new NotEditable(t("The file cannot be read."));
  const [key, item] =
    "rule" in add ? (["rules", ruleItem(id, add.rule)] as const) : (["watches", watchItem(id, add.watch)] as const);
  return insert(text, tree, key, item);
}

function insert(text: string, { document }: YamlTree, key: string, item: object): Pick<ConfigEdit, "text" | "line"> {
  const newline = text.includes("\r\n") ? "\r\n" : "\n";
  const root = document.contents;
  const pair = isMap(root) ? root.items.find((one) => isScalar(one.key) && one.key.value === key) : undefined;
  const list: unknown = pair?.value;
  const lines = (indent: string): string => {
    const [first = "", ...rest] = stringify(item, { lineWidth: 0 }).trimEnd().split("\n");
    return [`${indent}- ${first}`, ...rest.map((one) => `${indent}  ${one}`)].join(newline) + newline;
  };
  const put = (at: number, added: string): Pick<ConfigEdit, "text" | "line"> => {
    const before = text.slice(0, at);
    const gap = before === "" || before.endsWith("\n") ? "" : newline;
    // A key that is put before its list is not where the cursor belongs.
    const line = (before + gap).split("\n").length - 1 + (added.startsWith("-") || added.startsWith(" ") ? 0 : 1);
    return { text: before + gap + added + text.slice(at), line };
  };
  if (isMap(root) && root.flow === true)
    throw new NotEditable(t("The file is written in braces: put its keys on lines of their own."));
  if (pair === undefined) return put(endOf(text, root), `${key}:${newline}${lines("  ")}`);
  if (isSeq(list) && list.flow !== true && list.items.length > 0) {
    const first = (list.items[0] as Node).range?.[0] ?? 0;
    const dash = text.lastIndexOf("-", first);
    const indent = text.slice(text.lastIndexOf("\n", dash) + 1, dash);
    // Between the items of the list, not behind comments that belong to what follows.
    const last = list.items.at(-1) as Node;
    return put(nextLine(text, endOfValue(last)), lines(/^\s*$/.test(indent) ? indent : "  "));
  }
  const empty = list === null || (isScalar(list) && list.value === null) || (isSeq(list) && list.items.length === 0);
  if (!empty || !isScalar(pair.key))
    throw new NotEditable(t("{0} is written in brackets: put each item on lines of its own.", key));
  // `rules:` or `rules: []`: the list begins behind it.
  const keyEnd = (pair.key as Node).range?.[1] ?? 0;
  const colon = text.indexOf(":", keyEnd) + 1;
  const valueEnd = isSeq(list) ? (list.range?.[1] ?? colon) : colon;
  const opened = text.slice(0, colon) + text.slice(valueEnd);
  const at = nextLine(opened, colon);
  const gap = opened.slice(0, at).endsWith("\n") ? "" : newline;
  return {
    text: opened.slice(0, at) + gap + lines("  ") + opened.slice(at),
    line: (opened.slice(0, at) + gap).split("\n").length - 1,
  };
}

/** Where the innermost last value of a node ends: comments behind it are not counted. */
function endOfValue(node: Node): number {
  if (!isCollection(node) || node.flow === true) return node.range?.[1] ?? 0;
  const last: unknown = node.items.at(-1);
  const inner = isMap(node)
    ? ((last as { value?: Node | null; key?: Node } | undefined)?.value ?? (last as { key?: Node } | undefined)?.key)
    : (last as Node | undefined);
  return inner === undefined ? (node.range?.[1] ?? 0) : endOfValue(inner);
}

function endOf(text: string, root: Node | null): number {
  const marker = /(\r?\n)\.\.\.\s*$/.exec(text);
  return root !== null && marker !== null ? marker.index + (marker[1]?.length ?? 0) : text.length;
}

/** The beginning of the next line; the end of the text behind the last. */
function nextLine(text: string, offset: number): number {
  // A block text ends behind its line already.
  if (offset > 0 && text.charAt(offset - 1) === "\n") return offset;
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

/** As people write it: in the order of the reference, without what goes without saying. */
function ruleItem(id: string, rule: NewRule): object {
  const { metric, trend } = rule;
  const threshold = (value: number | null | undefined, time: boolean): unknown =>
    value === null || value === undefined ? undefined : time ? writeDuration(value) : writeThreshold(value, metric);
  const filled = (texts: Readonly<Record<string, string>> | undefined) =>
    texts === undefined || Object.keys(texts).length === 0 ? undefined : texts;
  const isTrend = trend !== undefined;
  return defined({
    id,
    title: rule.title === id ? undefined : rule.title,
    metric,
    match: filled(rule.match),
    direction: rule.direction === "below" && !isTrend ? "below" : undefined,
    trend: isTrend ? { target: writeThreshold(trend.target, metric), over: writeDuration(trend.overMs) } : undefined,
    growth: rule.growthMs === undefined ? undefined : writeDuration(rule.growthMs),
    warn: threshold(rule.warn, isTrend),
    crit: threshold(rule.crit, isTrend),
    warnClear: threshold(rule.warnClear, isTrend),
    critClear: threshold(rule.critClear, isTrend),
    for: rule.forMs === undefined ? undefined : writeDuration(rule.forMs),
    keepFiringFor: rule.keepFiringForMs === undefined ? undefined : writeDuration(rule.keepFiringForMs),
    missing: rule.missing,
    labels: filled(rule.labels),
    message: rule.message,
  });
}

function watchItem(id: string, { name }: NewWatch): object {
  return { id, process: name };
}

/** Ratios as percent, where that is exact; everything else as the number that it is. */
function writeThreshold(value: number, metric: string): string | number {
  const percent = Number((value * 100).toPrecision(12));
  return isRatio(metric) && percent / 100 === value ? `${String(percent)}%` : value;
}

function defined(values: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
