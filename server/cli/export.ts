/** `gorgon export`: this user's history as NDJSON, CSV or Parquet. Reads beside a running worker, and without one. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { formatResolution } from "../../protocol/format.ts";
import type { HistoryQuery, SeriesFrame } from "../../protocol/history.ts";
import { stepOver } from "../../protocol/steps.ts";
import { nearest } from "../config/nearest.ts";
import { printable } from "../bell/printable.ts";
import type { Host } from "../host/host.ts";
import { configFolder } from "../host/paths.ts";
import type { ChunkStore } from "../octopus/store/chunk-store.ts";
import { exportCsv, exportNdjson, notesCsv, notesNdjson, type SampleSource } from "../octopus/store/export.ts";
import { DuckDbMissing, exportParquet, loadDuckDb } from "../octopus/store/parquet.ts";
import { reasonOf, SqliteMissing } from "../octopus/store/sqlite-errors.ts";
import { EXIT_BROKEN, EXIT_OK } from "./exit-codes.ts";
import { type ExportFlags, type ExportPlan, planOf } from "./export-flags.ts";
import { complete, toFile, toStream } from "./export-output.ts";
import { type CliIo, UsageError } from "./io.ts";
import { HistoryUnavailable, openHistory } from "./history-file.ts";
import { hostOf } from "./session.ts";

/** How often progress is told, milliseconds. */
const PROGRESS_MS = 200;
/** Clears the line and goes to its begin. */
const CLEAR_LINE = "\r\u001b[2K";
/** Names offered for one that is not known. */
const NEAR = 3;

/** Exports; the exit code is 1 when there is nothing to export from, or the file could not be finished. */
export async function exportCommand(flags: ExportFlags, io: CliIo): Promise<number> {
  const host = hostOf(io);
  const plan = planOf(flags, host.clock.now());
  const progress = new Progress(io, host, plan.output);
  try {
    const store = await openHistory(host);
    try {
      await write(store, plan, host, io, progress);
    } finally {
      await store.close();
    }
    progress.end(plan.annotations ? "annotations" : "samples");
    return EXIT_OK;
  } catch (error) {
    progress.clear();
    const said = failureOf(error, io, plan);
    if (said === null) throw error;
    if (said !== "") io.stderr.write(`gorgon: ${said}\n`);
    return said === "" ? EXIT_OK : EXIT_BROKEN;
  }
}

/** What is said of a failure that is no defect; empty when the reader has what it wanted. */
function failureOf(error: unknown, io: CliIo, plan: ExportPlan): string | null {
  if (io.signal?.aborted === true) {
    return plan.output === null ? "" : `Ended before it was complete: ${plan.output} was not written.`;
  }
  if (error instanceof HistoryUnavailable || error instanceof DuckDbMissing || error instanceof SqliteMissing) {
    return error.message;
  }
  // Of the system: no room, no permission, no such folder. Each names what it is about.
  const { syscall } = error as { syscall?: unknown };
  if (plan.output !== null && typeof syscall === "string") {
    return `${plan.output} could not be written: ${reasonOf(error)}. Choose another place with --output.`;
  }
  return null;
}

async function write(store: ChunkStore, plan: ExportPlan, host: Host, io: CliIo, progress: Progress): Promise<void> {
  const { query, output } = plan;
  const lines = plan.annotations ? notes(store, plan, progress) : await samples(store, plan, io, progress);
  if (output === null) {
    if (lines !== null) await toStream(lines, io);
    return;
  }
  const make = (file: string) =>
    lines === null
      ? exportParquet(watched(store, io, progress), query, file, loadDuckDb([configFolder(host)]))
      : toFile(lines, file, io.signal);
  await complete(output, make, io.signal);
}

function notes(store: ChunkStore, { query, format }: ExportPlan, progress: Progress): Iterable<string> {
  const found = progress.counted(store.annotations.all(query));
  return format === "csv" ? notesCsv(found) : notesNdjson(found);
}

/** The lines of an export of samples; null for Parquet, which has none. Throws UsageError for unknown metrics. */
async function samples(
  store: ChunkStore,
  { query, format }: ExportPlan,
  io: CliIo,
  progress: Progress,
): Promise<AsyncIterable<string> | null> {
  const known = [...new Set((await store.series()).map((series) => series.metric))];
  for (const metric of query.metrics ?? []) {
    if (known.includes(metric)) continue;
    const near = nearest(metric, known, NEAR);
    const hint = near.length === 0 ? `It has ${String(known.length)} metrics.` : `Near names: ${near.join(", ")}.`;
    throw new UsageError(`The history has no metric ${JSON.stringify(printable(metric))}. ${hint}`);
  }
  if (format === "parquet") return null;
  const source = watched(store, io, progress);
  return format === "csv" ? exportCsv(source, query) : exportNdjson(source, query);
}

/** That older values stand in steps of their own, and the step of the question that would fit them. */
function blurred(resolution: number, step: number): string {
  const told = `What is older than the samples is ${formatResolution(resolution)}, and values are off by up to one.`;
  const fits = stepOver(Math.max(resolution, step));
  return fits === step
    ? told
    : `${told} Where sums, means and extremes are asked for, --step ${flagOf(fits)} is exact.`;
}

/** A nice step as the flag takes it. */
function flagOf(step: number): string {
  const [unit, width] =
    step % 86_400_000 === 0 ? ["d", 86_400_000] : step % 3_600_000 === 0 ? ["h", 3_600_000] : ["m", 60_000];
  return `${String(step / width)}${unit}`;
}

/** The same store; each answer is counted, and none is given any more when the command is ended. */
function watched(store: SampleSource, { signal }: CliIo, progress: Progress): SampleSource {
  return {
    series: (metric) => store.series(metric),
    query: async (query) => {
      // Without a turn of the event loop Ctrl+C would not be heard before the end.
      await nextTurn();
      signal?.throwIfAborted();
      const frames = await store.query(query);
      progress.add(frames, query);
      return frames;
    },
  };
}

/** Says on a terminal how far the export into a file is, and everywhere that nothing was found. */
class Progress {
  readonly #io: CliIo;
  readonly #host: Host;
  readonly #output: string | null;
  readonly #shown: boolean;
  #count = 0;
  #resolution = 0;
  #step = 0;
  #toldAt = -Infinity;

  constructor(io: CliIo, host: Host, output: string | null) {
    this.#io = io;
    this.#host = host;
    this.#output = output;
    this.#shown = output !== null && io.stderr.isTTY === true;
  }

  add(frames: readonly SeriesFrame[], { metric, step }: HistoryQuery): void {
    for (const { times, resolution = 0 } of frames) {
      this.#count += times.length;
      if (resolution > this.#resolution) this.#resolution = resolution;
    }
    this.#step = step;
    const now = this.#host.clock.monotonic();
    if (!this.#shown || now - this.#toldAt < PROGRESS_MS) return;
    this.#toldAt = now;
    this.#io.stderr.write(`${CLEAR_LINE}${String(this.#count)} samples, now ${printable(metric)}`);
  }

  *counted<T>(items: Iterable<T>): Generator<T> {
    for (const item of items) {
      this.#count += 1;
      yield item;
    }
  }

  clear(): void {
    if (this.#shown) this.#io.stderr.write(CLEAR_LINE);
  }

  end(what: string): void {
    this.clear();
    if (this.#count === 0) this.#io.stderr.write(`gorgon: the history has no ${what} like these.\n`);
    else if (this.#shown) this.#io.stderr.write(`${String(this.#count)} ${what} in ${this.#output ?? ""}\n`);
    if (this.#resolution > 0) this.#io.stderr.write(`gorgon: ${blurred(this.#resolution, this.#step)}\n`);
  }
}
