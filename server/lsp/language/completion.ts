/** What can be written at a cursor in a `gorgon.yaml`: keys, metrics, attributes, values. */
import { t } from "@vscode/l10n";
import { type CompletionItem, CompletionItemKind, InsertTextFormat, type Range } from "vscode-languageserver/node";
import { formatValue } from "../../../protocol/format.ts";
import type { StackConfig } from "../../config/config.ts";
import { COMMON_DURATIONS } from "../../config/rule-keys.ts";
import { PLACEHOLDERS } from "../../config/rule-message.ts";
import { type KeyShape, type Shape, shapeAt, type ValueKind } from "../../config/shape.ts";
import { isRatio } from "../../config/values.ts";
import { ruleAround } from "./about-rule.ts";
import { type Cursor, cursorAt } from "./cursor.ts";
import type { LiveMetrics } from "./metrics.ts";
import { keysAt } from "./tree.ts";
import { escaped, scalar } from "./words.ts";

/** More values of an attribute than anybody reads through. */
const MAX_VALUES = 200;
const RATIOS = ["50%", "70%", "80%", "90%", "95%"] as const;
const SIZES = ["100MiB", "1GiB", "10GiB"] as const;

/** What completion is made from. */
export interface Completing {
  readonly shape: Shape;
  readonly metrics: LiveMetrics;
  readonly config: StackConfig | null;
  /** Whether the editor understands places to fill in. */
  readonly snippets: boolean;
  /** From offsets to the editor's places. */
  readonly range: (from: number, to: number) => Range;
}

interface Offer {
  readonly label: string;
  readonly insert?: string;
  readonly detail?: string;
  /** Markdown. */
  readonly about?: string;
  readonly kind: CompletionItemKind;
  readonly snippet?: boolean;
}

/** The offers at an offset, the likeliest first. */
export function complete(text: string, offset: number, parts: Completing): CompletionItem[] {
  const cursor = cursorAt(text, offset);
  if (cursor === null) return [];
  const placeholder = placeholderAt(text, offset, cursor, parts);
  if (placeholder !== null) return placeholder;
  const offers = cursor.part === "key" ? keyOffers(cursor, parts) : valueOffers(cursor, parts);
  return toItems(offers, parts.range(cursor.from, cursor.to));
}

function toItems(offers: readonly Offer[], range: Range): CompletionItem[] {
  return offers.map(({ label, insert = label, detail, about, kind, snippet }, index) => ({
    label,
    kind,
    ...(detail === undefined ? {} : { detail }),
    ...(about === undefined || about === "" ? {} : { documentation: { kind: "markdown" as const, value: about } }),
    filterText: label,
    // In the order given, not by letters.
    sortText: String(index).padStart(5, "0"),
    textEdit: { range, newText: insert },
    ...(snippet === true ? { insertTextFormat: InsertTextFormat.Snippet } : {}),
  }));
}

function keyOffers(cursor: Cursor, parts: Completing): Offer[] {
  const { path, document } = cursor;
  const shape = shapeAt(parts.shape, path);
  const there = keysAt(document, path);
  if (shape?.kind === "map") {
    const missing = shape.keys.filter(({ key }) => !there.includes(key));
    const required = ({ without }: KeyShape) => (without === "required" ? 0 : 1);
    return missing.sort((one, other) => required(one) - required(other)).map((one) => keyOffer(one, cursor));
  }
  if (shape?.kind === "list") return itemOffers(path, parts);
  if (shape?.kind === "value" && shape.value.kind === "match") {
    const metric = ruleAround(document, path, parts.config)?.metric ?? "";
    return parts.metrics
      .attributes(metric)
      .filter((name) => !there.includes(name))
      .map((name) => ({
        label: name,
        insert: cursor.hasColon ? scalar(name) : `${scalar(name)}: `,
        detail: parts.metrics.values(metric, name).slice(0, 3).join(", "),
        kind: CompletionItemKind.Field,
      }));
  }
  return [];
}

function keyOffer({ key, meaning, without, shape }: KeyShape, cursor: Cursor): Offer {
  const behind = shape.kind === "value" ? ": " : ":";
  return {
    label: key,
    insert: cursor.hasColon ? key : key + behind,
    detail: without === "required" ? t("required") : without === "" ? "" : t("without it: {0}", without),
    about: meaning,
    kind: CompletionItemKind.Property,
  };
}

/** A new item of a list, with what it needs. */
function itemOffers(path: readonly (string | number)[], { snippets }: Completing): Offer[] {
  if (!snippets || path.length !== 1) return [];
  const templates: Readonly<Record<string, readonly [string, string]>> = {
    rules: ["new rule", "- id: ${1:name}\n  metric: $2\n  warn: $0"],
    watches: ["new watch", "- id: ${1:name}\n  ${2|path,process,pid|}: $0"],
    sql: ["new query", "- id: ${1:name}\n  connection: ${2:VARIABLE}\n  query: $0"],
  };
  const found = templates[String(path[0])];
  if (found === undefined) return [];
  return [{ label: found[0], insert: found[1], kind: CompletionItemKind.Snippet, snippet: true }];
}

function valueOffers({ path, document }: Cursor, parts: Completing): Offer[] {
  const rule = ruleAround(document, path, parts.config);
  const above = shapeAt(parts.shape, path.slice(0, -1));
  const attribute = path.at(-1);
  if (above?.kind === "value" && above.value.kind === "match" && typeof attribute === "string") {
    const values = parts.metrics.values(rule?.metric ?? "", attribute).slice(0, MAX_VALUES);
    return values.map((value) => ({ label: value, insert: scalar(value), kind: CompletionItemKind.Value }));
  }
  const shape = shapeAt(parts.shape, path);
  if (shape?.kind !== "value") return [];
  const plain = (labels: readonly string[]): Offer[] =>
    labels.map((label) => ({ label, kind: CompletionItemKind.Value }));
  if (shape.value.kind === "metric") return metricOffers(parts);
  if (shape.value.kind === "threshold") {
    if (rule?.isTrend === true && attribute !== "target")
      return plain(COMMON_DURATIONS.filter((one) => !one.endsWith("s")));
    return thresholdOffers(rule?.metric ?? "", parts.metrics);
  }
  return plain(valuesOf(shape.value));
}

function valuesOf(value: ValueKind): readonly string[] {
  switch (value.kind) {
    case "choice":
      return value.choices;
    case "switch":
      return ["true", "false"];
    case "duration":
      return COMMON_DURATIONS;
    case "interval":
      return ["1s", "2s", "5s", "10s"];
    case "percent":
      return ["70", "80", "90", "95"];
    default:
      return [];
  }
}

function metricOffers({ metrics }: Completing): Offer[] {
  return [...metrics.all().values()].map(({ name, unit, description }) => {
    const found = metrics.latest(name);
    const [first] = found;
    const now =
      first === undefined || found.length > 1 ? "" : t("Now {0}.", escaped(formatValue(first.reading.value, unit)));
    return {
      label: name,
      detail: unit === "1" ? "ratio" : unit,
      about: [`${escaped(description)}.`, now].join(" ").trim(),
      kind: CompletionItemKind.Variable,
    };
  });
}

function thresholdOffers(metric: string, metrics: LiveMetrics): Offer[] {
  const unit = metrics.all().get(metric)?.unit;
  const labels = isRatio(metric)
    ? RATIOS
    : unit === "By"
      ? SIZES
      : unit === "By/s"
        ? SIZES.map((one) => `${one}/s`)
        : [];
  return labels.map((label) => ({ label, kind: CompletionItemKind.Value }));
}

/** Behind an open brace of a message. Null: not there. */
function placeholderAt(text: string, offset: number, cursor: Cursor, parts: Completing): CompletionItem[] | null {
  const shape = shapeAt(parts.shape, cursor.path);
  if (cursor.part !== "value" || shape?.kind !== "value" || shape.value.kind !== "message") return null;
  const brace = text.lastIndexOf("{", offset - 1);
  if (brace < cursor.from || !/^\{[\w.]*$/.test(text.slice(brace, offset))) return [];
  const metric = ruleAround(cursor.document, cursor.path, parts.config)?.metric ?? "";
  const names = [...PLACEHOLDERS, ...parts.metrics.attributes(metric)];
  const end = offset + (/^[\w.]*\}?/.exec(text.slice(offset))?.[0].length ?? 0);
  const offers = names.map((name) => ({ label: `{${name}}`, kind: CompletionItemKind.Variable }));
  return toItems(offers, parts.range(brace, end));
}
