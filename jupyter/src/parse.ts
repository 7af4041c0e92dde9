/** Checks what the Jupyter server sends: another release's, or a proxy's, is somebody else's JSON until it has been looked at. */
import { parseKernel, parseRecord } from "../../protocol/cell-parse.ts";
import type { CellRecord, CellRef } from "../../protocol/cell.ts";
import { DEATH_CAUSES, GUARD_STATES, type GuardState, type KernelUsage } from "../../protocol/kernel.ts";
import { LEVELS, type Level } from "../../protocol/level.ts";
import { JUPYTER_VERSION } from "../../protocol/messages/jupyter.ts";
import type {
  HostAlert,
  HostLevel,
  HostView,
  JupyterDeath,
  JupyterKernel,
  JupyterState,
  ToPage,
} from "../../protocol/messages/jupyter.ts";
import type { Unit } from "../../protocol/reading.ts";

const MOST_TEXT = 2000;
const MOST_LIST = 500;
/** Five minutes, twice a second. */
const MOST_POINTS = 600;

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function text(value: unknown): string {
  return typeof value === "string" ? value.slice(0, MOST_TEXT) : "";
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function list<T>(value: unknown, parse: (one: Fields) => T | null): readonly T[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, MOST_LIST).flatMap((one) => {
    const found = fields(one);
    return found === null ? [] : (parse(found) ?? []);
  });
}

function level(value: unknown): Level {
  return LEVELS.find((one) => one === value) ?? "UNKNOWN";
}

function points(value: unknown): HostLevel["points"] {
  if (!Array.isArray(value)) return [];
  return value.slice(-MOST_POINTS).flatMap((one: unknown) => {
    const [time, amount] = Array.isArray(one) ? [number(one[0]), number(one[1])] : [null, null];
    return time === null || amount === null ? [] : [[time, amount] as const];
  });
}

function hostLevel(of: Fields): HostLevel | null {
  const id = text(of["id"]);
  if (id === "") return null;
  return {
    ...{ id, title: text(of["title"]), level: level(of["level"]), value: number(of["value"]) },
    // A unit that this release does not know is written as a bare number.
    unit: text(of["unit"]) as Unit,
    ...{ detail: text(of["detail"]), points: points(of["points"]) },
  };
}

function alert(of: Fields): HostAlert | null {
  const [id, since] = [text(of["id"]), number(of["since"])];
  if (id === "" || since === null) return null;
  return {
    ...{ id, since, title: text(of["title"]), level: level(of["level"]) },
    ...{ endedAt: number(of["endedAt"]), message: text(of["message"]) },
  };
}

function host(value: unknown): HostView | null {
  const of = fields(value);
  const time = number(of?.["time"]);
  if (of === null || time === null) return null;
  return {
    ...{ time, node: text(of["node"]), by: of["by"] === "worker" ? "worker" : "server" },
    ...{ level: level(of["level"]), headline: text(of["headline"]) },
    ...{ levels: list(of["levels"], hostLevel), alerts: list(of["alerts"], alert) },
  };
}

function cellRef(value: unknown): CellRef | null {
  const of = fields(value);
  if (of === null) return null;
  return {
    id: typeof of["id"] === "string" ? text(of["id"]) : null,
    ...{ executionCount: number(of["executionCount"]), hash: text(of["hash"]), label: text(of["label"]) },
  };
}

function limit(value: unknown): { bytes: number; source: string } | null {
  const of = fields(value);
  const bytes = number(of?.["bytes"]);
  return of === null || bytes === null ? null : { bytes, source: text(of["source"]) };
}

function usage(value: unknown): KernelUsage | null {
  const of = fields(value);
  const [time, rssBytes] = [number(of?.["time"]), number(of?.["rssBytes"])];
  if (of === null || time === null || rssBytes === null) return null;
  return {
    ...{ time, rssBytes, treeBytes: number(of["treeBytes"]), cores: number(of["cores"]) },
    children: number(of["children"]) ?? 0,
    threads: number(of["threads"]) ?? 0,
    gpuBytes: number(of["gpuBytes"]),
  };
}

function guard(value: unknown): GuardState | null {
  const of = fields(value);
  const phase = GUARD_STATES.find((one) => one === of?.["phase"]);
  const [limitBytes, treeBytes] = [number(of?.["limitBytes"]), number(of?.["treeBytes"])];
  if (of === null || phase === undefined || limitBytes === null || treeBytes === null) return null;
  return { phase, limitBytes, treeBytes, since: number(of["since"]) ?? 0, reason: text(of["reason"]) };
}

function kernel(of: Fields): JupyterKernel | null {
  const id = text(of["id"]);
  if (id === "") return null;
  const running = fields(of["running"]);
  const [cell, startedAt] = [cellRef(running?.["cell"]), number(running?.["startedAt"])];
  return {
    ...{ id, name: text(of["name"]), path: text(of["path"]), pid: number(of["pid"]) },
    ...{ local: of["local"] === true, measured: of["measured"] === true, usage: usage(of["usage"]) },
    running:
      cell === null || startedAt === null ? null : { cell, startedAt, peakBytes: number(running?.["peakBytes"]) ?? 0 },
    ...{ limit: limit(of["limit"]), level: level(of["level"]), guard: guard(of["guard"]) },
  };
}

/** A death; null for what is none. */
export function parseDeath(value: unknown): JupyterDeath | null {
  const of = fields(value);
  const process = parseKernel(of?.["kernel"]);
  const time = number(of?.["time"]);
  const id = text(of?.["id"]);
  if (of === null || process === null || time === null || id === "") return null;
  return {
    ...{ id, time, kernel: process, kernelId: text(of["kernelId"]), path: text(of["path"]) },
    ...{ connection: text(of["connection"]), folder: text(of["folder"]), ancestors: [] },
    cause: DEATH_CAUSES.find((one) => one === of["cause"]) ?? "unknown",
    ...{ signal: text(of["signal"]), exitCode: number(of["exitCode"]) },
    evidence: list(of["evidence"], (one) => ({ source: text(one["source"]), says: text(one["says"]) })),
    ...{ cell: cellRef(of["cell"]), cellStartedAt: number(of["cellStartedAt"]) },
    ...{ lastBytes: number(of["lastBytes"]), lastAt: number(of["lastAt"]), limit: limit(of["limit"]) },
    ...{ sentence: text(of["sentence"]), mend: text(of["mend"]) },
  };
}

/** Thrown where server and page are of releases that do not understand each other. */
export class OtherVersion extends Error {
  override readonly name = "OtherVersion";
}

/** The state; null for what is none. Throws OtherVersion. */
export function parseState(value: unknown): JupyterState | null {
  const of = fields(value);
  const time = number(of?.["time"]);
  if (of === null || time === null) return null;
  if (of["v"] !== JUPYTER_VERSION) throw new OtherVersion(text(of["version"]));
  return {
    ...{ v: JUPYTER_VERSION, version: text(of["version"]), time, host: host(of["host"]) },
    kernels: list(of["kernels"], kernel),
    deaths: list(of["deaths"], parseDeath),
    notes: Array.isArray(of["notes"]) ? of["notes"].slice(0, MOST_LIST).map(text) : [],
  };
}

/** A message of the live channel; null for what is none. Throws OtherVersion. */
export function parseToPage(value: unknown): ToPage | null {
  const of = fields(value);
  if (of === null) return null;
  if (of["state"] !== undefined) {
    const state = parseState(of["state"]);
    return state === null ? null : { state };
  }
  if (of["death"] !== undefined) {
    const death = parseDeath(of["death"]);
    return death === null ? null : { death };
  }
  const record: CellRecord | null = parseRecord(of["record"]);
  return record === null ? null : { record, kernelId: text(of["kernelId"]), path: text(of["path"]) };
}

/** What a kernel says over its comm when a cell begins; null for what is none. */
export function parseStarted(value: unknown): { readonly cell: CellRef; readonly startedAt: number } | null {
  const of = fields(value);
  const [cell, startedAt] = [cellRef(of?.["cell"]), number(of?.["startedAt"])];
  return cell === null || startedAt === null ? null : { cell, startedAt };
}
