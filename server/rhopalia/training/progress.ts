/** What a run's records amount to: where it stands, how fast it goes, when it will be done, which epochs ended. */
import type { Attributes, MetricInfo, Reading } from "../../../protocol/reading.ts";
import type { TrainingRecord } from "./record.ts";

const NAME = "gorgon.training";

/** Every metric of a training run. */
export const TRAINING_METRICS: readonly MetricInfo[] = [
  { name: `${NAME}.epoch`, unit: "{epoch}", kind: "gauge", description: "The epoch under way, from 1" },
  { name: `${NAME}.epochs`, unit: "{epoch}", kind: "gauge", description: "How many epochs the run will have" },
  { name: `${NAME}.batch`, unit: "{batch}", kind: "gauge", description: "Batches done in this epoch" },
  { name: `${NAME}.batches`, unit: "{batch}", kind: "gauge", description: "How many batches an epoch has" },
  { name: `${NAME}.batch.rate`, unit: "{batch}/s", kind: "gauge", description: "Batches a second, lately" },
  { name: `${NAME}.loss`, unit: "{value}", kind: "gauge", description: "The loss as the script reports it" },
  { name: `${NAME}.metric`, unit: "{value}", kind: "gauge", description: "Further numbers of the script, by name" },
  { name: `${NAME}.progress`, unit: "1", kind: "gauge", description: "Share of the whole run that is done" },
  { name: `${NAME}.eta`, unit: "s", kind: "gauge", description: "Time until the run is done, at the latest speed" },
  { name: `${NAME}.silence`, unit: "s", kind: "gauge", description: "Time since the script last reported" },
];

/** Names of further metrics in one run; each is a series. */
const MOST_NAMES = 16;
/** The rate is taken over so many of the latest records. */
const RATE_RECORDS = 32;

const NO_ATTRIBUTES: Attributes = {};

/** An epoch that ended, for the time line. */
export interface EpochEnd {
  readonly kind: "epoch";
  /** When, milliseconds since the epoch. */
  readonly time: number;
  readonly epoch: number;
  readonly epochs: number | null;
  /** How long it took, milliseconds; null when its beginning was not seen. */
  readonly durationMs: number | null;
  readonly loss: number | null;
  readonly metrics: ReadonlyMap<string, number>;
}

/** Where the run stood at a moment. */
interface Mark {
  readonly atMs: number;
  /** Epochs and parts of them that are done. */
  readonly epochsDone: number | null;
  /** Batches that are done in the whole run, or in the epoch where its length is not known. */
  readonly batchesDone: number | null;
}

/** One run, record by record. */
export class Progress {
  #epoch: number | null = null;
  #epochs: number | null = null;
  #batch: number | null = null;
  #batches: number | null = null;
  #loss: number | null = null;
  #metrics = new Map<string, number>();
  #marks: Mark[] = [];
  #epochBegan: number | null = null;
  /** The last epoch whose end was told. */
  #ended = -Infinity;

  /** Takes a record in, read at `nowMs`. The epochs that it ends, usually none; at most one. */
  take(record: TrainingRecord, nowMs: number): EpochEnd | null {
    const atMs = record.time ?? nowMs;
    const before = this.#epoch;
    const isNext = record.epoch !== null && before !== null && record.epoch > before;
    // A script that only counts epochs says that one is over by beginning the next.
    const over = isNext && before > this.#ended ? this.#end(before, atMs) : null;
    if (record.epoch !== null && before !== null && record.epoch < before) this.#restart();
    if (record.epoch !== null && record.epoch !== this.#epoch) {
      this.#epochBegan = before === null ? null : atMs;
      this.#batch = null;
      this.#epoch = record.epoch;
    }
    this.#epochs = record.epochs ?? this.#epochs;
    this.#batch = record.batch ?? this.#batch;
    this.#batches = record.batches ?? this.#batches;
    // A record that says how far it is without a loss had none to tell (NaN): the one before is not its own.
    this.#loss = record.loss;
    for (const [name, value] of record.metrics) {
      if (this.#metrics.has(name) || this.#metrics.size < MOST_NAMES) this.#metrics.set(name, value);
    }
    if (record.batch === 1 && this.#epochBegan === null) this.#epochBegan = atMs;
    this.#mark(atMs);
    if (over !== null) return over;
    const full = this.#epoch !== null && this.#batches !== null && this.#batches > 0 && this.#batch === this.#batches;
    return full && this.#epoch !== null && this.#epoch > this.#ended ? this.#end(this.#epoch, atMs) : null;
  }

  /** Another run: nothing of this one holds any more. */
  restart(): void {
    this.#restart();
    this.#epoch = null;
    this.#epochs = null;
    this.#batches = null;
    this.#loss = null;
    this.#metrics = new Map();
  }

  /** What can be told now; `silentMs` since the last record was read. */
  readings(silentMs: number): readonly Reading[] {
    const found: Reading[] = [];
    const put = (metric: string, value: number | null, attributes = NO_ATTRIBUTES) => {
      if (value !== null && Number.isFinite(value)) found.push({ metric: `${NAME}.${metric}`, attributes, value });
    };
    const speed = this.#speed();
    const done = this.#epochsDone();
    const progress =
      done === null || this.#epochs === null || this.#epochs === 0 ? null : Math.min(1, done / this.#epochs);
    put("epoch", this.#epoch);
    put("epochs", this.#epochs);
    put("batch", this.#batch);
    put("batches", this.#batches);
    put("batch.rate", speed.batchesPerS);
    put("loss", this.#loss);
    for (const [name, value] of this.#metrics) put("metric", value, { "gorgon.training.metric.name": name });
    put("progress", progress);
    const left = done === null || this.#epochs === null ? null : Math.max(0, this.#epochs - done);
    // What passed since the last record is already behind.
    if (left !== null && speed.epochsPerS !== null) {
      put("eta", left === 0 ? 0 : Math.max(0, left / speed.epochsPerS - silentMs / 1000));
    }
    put("silence", Math.max(0, silentMs / 1000));
    return found;
  }

  #restart(): void {
    this.#marks = [];
    this.#batch = null;
    this.#epochBegan = null;
    this.#ended = -Infinity;
  }

  #end(epoch: number, time: number): EpochEnd {
    this.#ended = epoch;
    const durationMs = this.#epochBegan === null ? null : Math.max(0, time - this.#epochBegan);
    return {
      kind: "epoch",
      time,
      epoch,
      epochs: this.#epochs,
      durationMs,
      loss: this.#loss,
      metrics: new Map(this.#metrics),
    };
  }

  /** Epochs and parts of them that are done: the one under way is not, but for the batches of it that are. */
  #epochsDone(): number | null {
    if (this.#epoch === null) return null;
    const part = this.#batch !== null && this.#batches !== null && this.#batches > 0 ? this.#batch / this.#batches : 0;
    return Math.max(0, this.#epoch - 1) + Math.min(1, part);
  }

  #mark(atMs: number): void {
    const { length } = this.#marks;
    const last = this.#marks[length - 1];
    // A clock that went back measures nothing.
    if (last !== undefined && atMs < last.atMs) this.#marks = [];
    const whole = this.#batches !== null && this.#epoch !== null ? Math.max(0, this.#epoch - 1) * this.#batches : 0;
    const batchesDone = this.#batch === null ? null : whole + this.#batch;
    if (last?.batchesDone !== undefined && (batchesDone ?? 0) < (last.batchesDone ?? 0)) this.#marks = [];
    this.#marks.push({ atMs, epochsDone: this.#epochsDone(), batchesDone });
    if (this.#marks.length > RATE_RECORDS) this.#marks.shift();
  }

  #speed(): { readonly batchesPerS: number | null; readonly epochsPerS: number | null } {
    const first = this.#marks[0];
    const last = this.#marks.at(-1);
    const seconds = first === undefined || last === undefined ? 0 : (last.atMs - first.atMs) / 1000;
    const rate = (from: number | null | undefined, to: number | null | undefined) => {
      if (from === null || from === undefined || to === null || to === undefined) return null;
      return seconds > 0 && to > from ? (to - from) / seconds : null;
    };
    return {
      batchesPerS: rate(first?.batchesDone, last?.batchesDone),
      epochsPerS: rate(first?.epochsDone, last?.epochsDone),
    };
  }
}
