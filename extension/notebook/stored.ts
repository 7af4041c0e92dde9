/** Costs of cells in the workspace's memory: a short form, the newest notebooks and cells only. What cannot be read is left out. */
import type * as vscode from "vscode";
import type { CellCost } from "../../protocol/cell-cost.ts";
import { CELL_MEASURES, CELL_OUTCOMES, CELL_VERSION, QUALITIES, type CellRecord } from "../../protocol/cell.ts";
import type { CellMeasure, Measure } from "../../protocol/cell.ts";
import { LEVELS } from "../../protocol/level.ts";
import type { CellPlace } from "./cells.ts";

/** VS Code warns of an extension that keeps more than 512 KiB for a workspace; characters. */
export const MOST_STORED = 400_000;
const KEY = "gorgon.cells";
/** The short form goes by their order: with another one, what was kept is not read. */
const VERSION = `1 ${CELL_MEASURES.join(" ")}`;

/** A cell's cost and its place in the file. */
export interface StoredCell extends CellPlace {
  readonly cost: CellCost;
}

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

interface StoredNotebook {
  readonly uri: string;
  readonly usedAt: number;
  /** Each in its short form. */
  readonly cells: readonly Json[];
}

/** A record as an array: its names would be most of it. */
function shorten(record: CellRecord): Json {
  const measures = CELL_MEASURES.flatMap((name, index): Json[] => {
    const measure = record.measures[name];
    return measure === undefined || measure.value === null
      ? []
      : [[index, Math.round(measure.value * 1000) / 1000, QUALITIES.indexOf(measure.quality)]];
  });
  const { kernel, cell } = record;
  return [
    record.id,
    [kernel.pid, kernel.startedAt, kernel.language, kernel.host],
    [cell.executionCount, cell.hash, cell.label],
    [record.startedAt, record.endedAt],
    CELL_OUTCOMES.indexOf(record.outcome),
    record.error,
    measures,
    record.gpus.map((gpu) => ({ ...gpu, peakBytes: { ...gpu.peakBytes }, deltaBytes: { ...gpu.deltaBytes } })),
    record.limit === null ? null : [record.limit.bytes, record.limit.source, record.limit.share],
    LEVELS.indexOf(record.level),
    record.overlap ? 1 : 0,
    record.by === "kernel" ? 1 : 0,
    [...record.notes],
  ];
}

/** The record again; null for what is none. */
function lengthen(value: unknown): CellRecord | null {
  try {
    // Written by `shorten`; whatever else it is, throws or gives undefined below.
    const [id, kernel, cell, times, outcome, error, measures, gpus, limit, level, overlap, by, notes] = value as [
      string,
      [number, number, string, string],
      [number | null, string, string],
      [number, number],
      number,
      string,
      readonly (readonly [number, number, number])[],
      CellRecord["gpus"],
      [number, string, number] | null,
      number,
      number,
      number,
      readonly string[],
    ];
    const found: Partial<Record<CellMeasure, Measure>> = {};
    for (const [index, amount, quality] of measures) {
      const name = CELL_MEASURES[index];
      const known = QUALITIES[quality];
      if (name !== undefined && known !== undefined) found[name] = { value: amount, quality: known };
    }
    const [startedAt, endedAt] = times;
    if (typeof id !== "string" || typeof error !== "string" || !Number.isFinite(startedAt) || !Array.isArray(gpus))
      return null;
    return {
      v: CELL_VERSION,
      id,
      kernel: { pid: kernel[0], startedAt: kernel[1], language: kernel[2], host: kernel[3] },
      cell: { id: null, executionCount: cell[0], hash: cell[1], label: cell[2] },
      ...{ startedAt, endedAt, outcome: CELL_OUTCOMES[outcome] ?? "ok", error, measures: found, gpus },
      limit: limit === null ? null : { bytes: limit[0], source: limit[1], share: limit[2] },
      ...{ level: LEVELS[level] ?? "UNKNOWN", overlap: overlap === 1, by: by === 1 ? "kernel" : "outside" },
      notes: notes.map(String),
    };
  } catch {
    return null;
  }
}

function shortCell({ id, index, hash, cost }: StoredCell): Json {
  return [id, index, hash, shorten(cost.now), cost.before === null ? null : shorten(cost.before), cost.cleared ? 1 : 0];
}

function longCell(value: unknown): StoredCell | null {
  if (!Array.isArray(value)) return null;
  const [id, index, hash, now, before, cleared] = value as unknown[];
  const record = lengthen(now);
  if (record === null || typeof id !== "string" || typeof index !== "number" || typeof hash !== "string") return null;
  return { id, index, hash, cost: { now: record, before: lengthen(before), cleared: cleared === 1 } };
}

/** The workspace's memory of all notebooks. */
export class StoredCells {
  readonly #memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  /** What is kept of a notebook. */
  read(uri: string): readonly StoredCell[] {
    const cells = this.#all().find((one) => one.uri === uri)?.cells ?? [];
    return cells.map(longCell).filter((one) => one !== null);
  }

  /** Addresses of all notebooks that are kept. */
  uris(): readonly string[] {
    return this.#all().map((one) => one.uri);
  }

  /**
   * Keeps these in place of what was kept; the cells that ran longest ago go when there are too many. Answers with the size,
   * characters.
   */
  async write(changed: ReadonlyMap<string, readonly StoredCell[]>, now: number): Promise<number> {
    const others = this.#all().filter((one) => !changed.has(one.uri));
    const fresh = [...changed]
      .filter(([, cells]) => cells.length > 0)
      .map(([uri, cells]) => {
        const newest = cells.toSorted((a, b) => b.cost.now.endedAt - a.cost.now.endedAt);
        return { uri, usedAt: now, cells: newest.map(shortCell) };
      });
    const kept: StoredNotebook[] = [];
    let room = MOST_STORED;
    for (const one of [...fresh, ...others.toSorted((a, b) => b.usedAt - a.usedAt)]) {
      const cells: Json[] = [];
      for (const cell of one.cells) {
        const size = JSON.stringify(cell).length + 1;
        if (size > room) break;
        room -= size;
        cells.push(cell);
      }
      if (cells.length > 0) kept.push({ uri: one.uri, usedAt: one.usedAt, cells });
    }
    await this.#memory.update(KEY, kept.length === 0 ? undefined : { v: VERSION, notebooks: kept });
    return MOST_STORED - room;
  }

  /** A file or a folder has another name. */
  async rename(renamed: (uri: string) => string): Promise<void> {
    const all = this.#all();
    const moved = all.map((one) => ({ ...one, uri: renamed(one.uri) }));
    if (moved.every((one, index) => one.uri === all[index]?.uri)) return;
    await this.#memory.update(KEY, { v: VERSION, notebooks: moved });
  }

  #all(): readonly StoredNotebook[] {
    const kept = this.#memory.get<{ v?: unknown; notebooks?: unknown }>(KEY);
    if (kept?.v !== VERSION || !Array.isArray(kept.notebooks)) return [];
    return (kept.notebooks as readonly Partial<StoredNotebook>[]).flatMap(({ uri, usedAt, cells }) =>
      typeof uri === "string" && Array.isArray(cells) ? [{ uri, usedAt: Number(usedAt), cells: cells as Json[] }] : [],
    );
  }
}
