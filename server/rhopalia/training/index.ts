/** The training sensor: where a training run stands, from the lines that its script appends to a file. */
import { t } from "@vscode/l10n";
import { formatDuration } from "../../../protocol/format.ts";
import type { MetricInfo, Reading } from "../../../protocol/reading.ts";
import type { Clock, Host } from "../../host/host.ts";
import { codeOf, Unreadable } from "../reason.ts";
import { NoData, PartialFailure, type Rhopalium } from "../rhopalium.ts";
import { GrowingLines, type LineLimits } from "./lines.ts";
import { Progress, TRAINING_METRICS, type EpochEnd } from "./progress.ts";
import { parseRecord } from "./record.ts";

/** A run that has said nothing for so long is over, or hangs: its numbers are the past. */
const FORGOTTEN_MS = 600_000;

/** The environment variable that names the file, for the script as for the worker. */
export const PROGRESS_VARIABLE = "GORGON_PROGRESS";

/** Reads new records of one file. */
export class TrainingSensor implements Rhopalium {
  readonly name = "training";
  readonly metrics: readonly MetricInfo[] = TRAINING_METRICS;
  readonly #lines: GrowingLines;
  readonly #clock: Clock;
  readonly #onEpoch: (end: EpochEnd) => void;
  readonly #progress = new Progress();
  /** Monotonic; null before the first record. */
  #heardAt: number | null = null;

  constructor(clock: Clock, path: string, onEpoch: (end: EpochEnd) => void, limits: LineLimits = {}) {
    this.#clock = clock;
    this.#lines = new GrowingLines(path, limits);
    this.#onEpoch = onEpoch;
  }

  /** The file's path. */
  get path(): string {
    return this.#lines.path;
  }

  /** Whether the file has grown, was cut or replaced since the last reading. Cheap; never rejects. */
  changed(): Promise<boolean> {
    return this.#lines.changed();
  }

  async read(): Promise<readonly Reading[]> {
    const { path } = this.#lines;
    let found;
    try {
      found = await this.#lines.read();
    } catch (error) {
      if (codeOf(error) === "ENOENT") throw new NoData(t("{0} ({1}) is not there yet", path, PROGRESS_VARIABLE));
      if (codeOf(error) === "") throw error;
      throw new Unreadable(path, error);
    }
    if (found.restarted) this.#progress.restart();
    let bad = found.tooLong;
    for (const line of found.lines) {
      const record = parseRecord(line);
      if (record === null) {
        bad += 1;
        continue;
      }
      this.#heardAt = this.#clock.monotonic();
      const end = this.#progress.take(record, this.#clock.now());
      if (end !== null) this.#onEpoch(end);
    }
    const readings = this.#readings();
    if (bad > 0) {
      const reason =
        bad === 1
          ? t("A line of {0} cannot be used: each must be a JSON object with epoch, batch or loss, as numbers.", path)
          : t(
              "{0} lines of {1} cannot be used: each must be a JSON object with epoch, batch or loss, as numbers.",
              bad,
              path,
            );
      throw new PartialFailure(readings, reason);
    }
    if (readings.length === 0) throw new NoData(this.#silence());
    return readings;
  }

  dispose(): void {
    void this.#lines.close();
  }

  #readings(): readonly Reading[] {
    if (this.#heardAt === null) return [];
    const silentMs = this.#clock.monotonic() - this.#heardAt;
    return silentMs > FORGOTTEN_MS ? [] : this.#progress.readings(silentMs);
  }

  #silence(): string {
    if (this.#heardAt === null) return t("no training has reported in {0} yet", this.#lines.path);
    return t("the training has been silent for {0}", formatDuration(this.#clock.monotonic() - this.#heardAt));
  }
}

/** The sensor for the file that the environment names; null when it names none. */
export function trainingSensor(host: Host, onEpoch: (end: EpochEnd) => void): TrainingSensor | null {
  const path = host.env[PROGRESS_VARIABLE]?.trim() ?? "";
  return path === "" ? null : new TrainingSensor(host.clock, path, onEpoch);
}
