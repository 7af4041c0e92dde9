/** History in memory: the same answers as on disk, within bounds, gone when the process ends. */
import { t } from "@vscode/l10n";
import type { HistoryQuery, SeriesFrame } from "../../../protocol/history.ts";
import type { MetricInfo, Reading } from "../../../protocol/reading.ts";
import type { HistoryHealth } from "../../../protocol/state.ts";
import type { Clock } from "../../host/host.ts";
import { MemoryCells } from "./cells.ts";
import { checkQuery, FrameBuilder, neededFrom } from "./frame.ts";
import { Head, WORKER_LIMITS, type HeadLimits } from "./head.ts";
import type { SeriesInfo, SeriesStore } from "./store.ts";

const DAY_MS = 86_400_000;
/** How often what is too old is looked for. */
const SWEEP_MS = 60_000;
const BYTES_PER_SAMPLE = 16;

/** What a store in memory needs. */
export interface MemoryStoreOptions {
  readonly clock: Clock;
  /** Milliseconds; a day by default. */
  readonly retentionMs?: number;
  readonly limits?: Partial<HeadLimits>;
  /** Why history is in memory, with the mend; for faces. */
  readonly reason?: string;
}

/** Keeps samples in RAM. */
export class MemoryStore implements SeriesStore {
  readonly cells: MemoryCells;
  readonly #clock: Clock;
  readonly #retentionMs: number;
  readonly #reason: string;
  readonly #head: Head;
  #sweptAt: number;

  constructor(options: MemoryStoreOptions) {
    this.#clock = options.clock;
    this.#retentionMs = options.retentionMs ?? DAY_MS;
    this.#reason = options.reason ?? t("History is kept in memory only and ends with this process.");
    this.#head = new Head({ ...WORKER_LIMITS, ...options.limits });
    this.#sweptAt = options.clock.monotonic();
    this.cells = new MemoryCells(options.clock, this.#retentionMs);
  }

  append(time: number, readings: readonly Reading[], metrics: ReadonlyMap<string, MetricInfo>): void {
    this.#head.put(time, readings, metrics);
    const now = this.#clock.monotonic();
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    const cutoff = this.#clock.now() - this.#retentionMs;
    this.#head.dropBefore(cutoff);
    this.#head.dropIdle(cutoff);
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  query(query: HistoryQuery): Promise<readonly SeriesFrame[]> {
    // Thrown inside, a refusal becomes a rejection.
    return new Promise((resolve) => resolve(this.#answer(query)));
  }

  series(metric?: string): Promise<readonly SeriesInfo[]> {
    const found: SeriesInfo[] = [];
    for (const series of this.#head.all()) {
      if ((metric !== undefined && series.metric !== metric) || series.samples.size === 0) continue;
      const { first, last } = series.samples;
      const { attributes, unit, kind } = series;
      found.push({ metric: series.metric, attributes, unit, kind, first, last });
    }
    return Promise.resolve(found);
  }

  health(): HistoryHealth {
    return {
      mode: "memory",
      reason: [this.#reason, this.#head.loss].filter((part) => part !== "").join(" "),
      path: "",
      bytes: this.#head.size * BYTES_PER_SAMPLE,
      series: this.#head.seriesCount,
      retentionMs: this.#retentionMs,
    };
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #answer(query: HistoryQuery): SeriesFrame[] {
    checkQuery(query);
    const asked = { ...query, from: Math.max(query.from, this.#clock.now() - this.#retentionMs) };
    const frames: SeriesFrame[] = [];
    const found = this.#head.find(query.metric, query.match).sort((a, b) => (a.key < b.key ? -1 : 1));
    for (const series of found) {
      const { times, values } = series.samples.window(neededFrom(asked), query.to);
      const builder = new FrameBuilder(asked);
      times.forEach((time, index) => builder.add(time, values[index] ?? NaN));
      const frame = builder.finish(series.attributes, series.unit);
      if (frame !== null) frames.push(frame);
    }
    return frames;
  }
}
