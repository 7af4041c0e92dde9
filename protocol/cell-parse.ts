/** Checks what a kernel sends: a record from outputs or a drain is somebody else's JSON until it has been looked at. */
import { CELL_MEASURES, CELL_OUTCOMES, CELL_VERSION, QUALITIES } from "./cell.ts";
import type { CellGpu, CellMeasure, CellRecord, KernelRef, Measure } from "./cell.ts";
import { LEVELS } from "./level.ts";

const MOST_TEXT = 2000;
const MOST_LIST = 64;

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value.slice(0, MOST_TEXT) : "";
}

function number(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value.slice(0, MOST_LIST) : [];
}

function measure(value: unknown): Measure {
  const { value: amount, quality } = fields(value);
  const known = QUALITIES.find((one) => one === quality) ?? "none";
  return { value: known === "none" ? null : number(amount), quality: known };
}

function gpu(value: unknown): CellGpu {
  const { index, name, scope, source, peakBytes, deltaBytes } = fields(value);
  return {
    index: number(index) ?? 0,
    name: text(name),
    scope: scope === "allocator" || scope === "process" ? scope : "device",
    source: text(source),
    peakBytes: measure(peakBytes),
    deltaBytes: measure(deltaBytes),
  };
}

/** The process of a kernel; null for what is none. */
export function parseKernel(value: unknown): KernelRef | null {
  const { pid, startedAt, language, host } = fields(value);
  const [id, start] = [number(pid), number(startedAt)];
  if (id === null || start === null || id <= 0) return null;
  return { pid: id, startedAt: start, language: text(language), host: text(host) };
}

/** A record; null for what is none, or is of a form that this release does not know. */
export function parseRecord(value: unknown): CellRecord | null {
  const all = fields(value);
  const kernel = parseKernel(all["kernel"]);
  const [startedAt, endedAt] = [number(all["startedAt"]), number(all["endedAt"])];
  const id = text(all["id"]);
  if (all["v"] !== CELL_VERSION || kernel === null || startedAt === null || endedAt === null || id === "") return null;
  const cell = fields(all["cell"]);
  const given = fields(all["measures"]);
  const measures: Partial<Record<CellMeasure, Measure>> = {};
  for (const name of CELL_MEASURES) if (given[name] !== undefined) measures[name] = measure(given[name]);
  const limit = fields(all["limit"]);
  const [bytes, share] = [number(limit["bytes"]), number(limit["share"])];
  return {
    v: CELL_VERSION,
    id,
    kernel,
    cell: {
      id: typeof cell["id"] === "string" ? text(cell["id"]) : null,
      executionCount: number(cell["executionCount"]),
      hash: text(cell["hash"]),
      label: text(cell["label"]),
    },
    ...{ startedAt, endedAt, measures },
    outcome: CELL_OUTCOMES.find((one) => one === all["outcome"]) ?? "ok",
    error: text(all["error"]),
    gpus: list(all["gpus"]).map(gpu),
    limit: bytes === null || share === null ? null : { bytes, share, source: text(limit["source"]) },
    level: LEVELS.find((one) => one === all["level"]) ?? "UNKNOWN",
    overlap: all["overlap"] === true,
    by: all["by"] === "outside" ? "outside" : "kernel",
    notes: list(all["notes"]).map(text),
  };
}

/** The records of a drain's answer: a list, or an object that holds one. */
export function parseRecords(value: unknown): readonly CellRecord[] {
  const found = Array.isArray(value) ? value : fields(value)["records"];
  const records = Array.isArray(found) ? found.slice(0, 1000) : [];
  return records.map(parseRecord).filter((one) => one !== null);
}
