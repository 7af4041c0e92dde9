/**
 * What a `gorgon.yaml` may hold, as one tree: which keys where, what each takes and means. Completion, hover and the
 * JSON schema are made from it; what it says of values, the readers check.
 */
import { t } from "@vscode/l10n";
import { WORKSPACE_KEYS } from "./file-problems.ts";
import { HEADLESS_INTERVAL_MS } from "./defaults.ts";
import { keysOf } from "./keys.ts";
import { RULE_KEYS, type RuleKey, type RuleValue, TREND_KEYS } from "./rule-keys.ts";
import { parseDays, parseInterval, parsePercent, parseSensors, parseSwitch, parseWait } from "./values.ts";

/** What stands at a place. */
export type Shape =
  | { readonly kind: "map"; readonly keys: readonly KeyShape[] }
  | { readonly kind: "list"; readonly item: Shape; readonly most: number }
  | { readonly kind: "value"; readonly value: ValueKind };

/** What a single value is. `any`: the table of keys has a reader that has no description here. */
export type ValueKind =
  | Exclude<RuleValue, { kind: "trend" }>
  | {
      readonly kind:
        | "interval"
        | "percent"
        | "switch"
        | "days"
        | "sensors"
        | "process"
        | "path"
        | "pid"
        | "sql"
        | "variable"
        | "any";
    };

/** One key. */
export interface KeyShape {
  readonly key: string;
  readonly meaning: string;
  /** What happens without it, in a word or two; empty when that is plain. */
  readonly without: string;
  readonly shape: Shape;
  /** In the user's own file only, because it holds for the whole host. */
  readonly hostWide: boolean;
}

const value = (kind: ValueKind): Shape => ({ kind: "value", value: kind });

function leaf(key: string, meaning: string, kind: ValueKind, without = ""): KeyShape {
  return { key, meaning, without, shape: value(kind), hostWide: false };
}

function ruleKey({ key, meaning, without, value: takes }: RuleKey): KeyShape {
  const shape: Shape = takes.kind === "trend" ? { kind: "map", keys: TREND_KEYS.map(ruleKey) } : value(takes);
  return { key, meaning, without, shape, hostWide: false };
}

const watchKeys = (): readonly KeyShape[] => [
  leaf(
    "id",
    t("Names the watch: small letters, digits and dashes. Its readings carry it as `gorgon.watch`."),
    { kind: "id" },
    "required",
  ),
  leaf("path", t("A file, a folder or a pattern with * and ?: count, size and age are watched."), { kind: "path" }),
  leaf("process", t("Processes by name, * and ? allowed: count, CPU, memory, threads and disk are watched."), {
    kind: "process",
  }),
  leaf("pid", t("One process, and never a later one of the same number."), { kind: "pid" }),
];

const sqlKeys = (): readonly KeyShape[] => [
  leaf("id", t("Names the query; its readings carry it as `gorgon.sql.query`."), { kind: "id" }, "required"),
  leaf("driver", t("The kind of database."), { kind: "choice", choices: ["pg", "mysql2"] }, "pg"),
  leaf("connection", t("The environment variable that holds the connection string."), { kind: "variable" }, "required"),
  leaf("query", t("One statement, run in a transaction that may only read."), { kind: "sql" }, "required"),
  leaf("deadline", t("How long it may take."), { kind: "duration", bounds: { least: 500, most: 8000 } }, "5s"),
];

/** By the function that reads it: the table of keys says no more. */
const KINDS = new Map<unknown, ValueKind>([
  [parseInterval, { kind: "interval" }],
  [parsePercent, { kind: "percent" }],
  [parseSwitch, { kind: "switch" }],
  [parseDays, { kind: "days" }],
  [parseSensors, { kind: "sensors" }],
  [parseWait, { kind: "duration", bounds: { least: 0, most: 86_400_000 } }],
]);

/** What sections of dotted keys are about. */
const sections = (): Readonly<Record<string, string>> => ({
  rate: t("How often is polled while nobody looks."),
  bell: t("Thresholds of the three rules that are always there."),
  "bell.cpu": t("The rule on the CPU."),
  "bell.memory": t("The rule on memory."),
  "bell.disk": t("The rule on the fullest file system."),
  sensors: t("What is read."),
  history: t("What is kept on disk."),
});

/** The host-wide keys of the table, as a tree. */
function settings(intervalMs: number): readonly KeyShape[] {
  const table = keysOf(intervalMs);
  const under = (prefix: string): KeyShape[] => {
    const names = table
      .filter(({ key }) => key.startsWith(prefix))
      .map(({ key }) => key.slice(prefix.length).split(".")[0] ?? "");
    return [...new Set(names)].map((name): KeyShape => {
      const key = prefix + name;
      const one = table.find((entry) => entry.key === key);
      if (one === undefined) {
        return {
          key: name,
          meaning: sections()[key] ?? "",
          without: "",
          shape: { kind: "map", keys: under(`${key}.`) },
          hostWide: true,
        };
      }
      const kind = KINDS.get(one.parse) ?? { kind: "any" };
      return { key: name, meaning: one.meaning, without: one.format(one.fallback), shape: value(kind), hostWide: true };
    });
  };
  return under("");
}

/** The whole file. `intervalMs` is the default interval. */
export function fileShape(intervalMs = HEADLESS_INTERVAL_MS): {
  readonly kind: "map";
  readonly keys: readonly KeyShape[];
} {
  const list = (key: string, meaning: string, keys: readonly KeyShape[], most: number): KeyShape => ({
    key,
    meaning,
    without: "",
    shape: { kind: "list", item: { kind: "map", keys }, most },
    hostWide: !(WORKSPACE_KEYS as readonly string[]).includes(key),
  });
  return {
    kind: "map",
    keys: [
      ...settings(intervalMs),
      list("rules", t("Further rules of the bell."), RULE_KEYS.map(ruleKey), 100),
      list("watches", t("Paths and processes to look at."), watchKeys(), 50),
      list("sql", t("Queries whose latency is measured."), sqlKeys(), 8),
    ],
  };
}

/** What a workspace's file may hold. */
export function workspaceShape(): { readonly kind: "map"; readonly keys: readonly KeyShape[] } {
  return { kind: "map", keys: fileShape().keys.filter(({ hostWide }) => !hostWide) };
}

/** The shape at the end of a path; null where none is. */
export function shapeAt(root: Shape, path: readonly (string | number)[]): Shape | null {
  let shape: Shape = root;
  for (const step of path) {
    if (shape.kind === "list") {
      if (typeof step !== "number") return null;
      shape = shape.item;
    } else if (shape.kind === "map") {
      const found: KeyShape | undefined = shape.keys.find(({ key }) => key === step);
      if (found === undefined) return null;
      shape = found.shape;
    } else return null;
  }
  return shape;
}
