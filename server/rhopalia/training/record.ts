/** One line of a progress file to a record. Whatever stands there is data: what is no number is left out. */

/** Metrics beside the loss that one record may have; more are left out. */
const MOST_METRICS = 16;
const NAME_LENGTH = 64;
/** No epoch, batch or count is larger; what is was not meant as one. */
const LARGEST_COUNT = 1e12;
/** A time over this is in milliseconds, under it in seconds (Python's `time.time()`): the year 5138 and 1973. */
const MILLISECONDS_FROM = 1e11;

/** What a training script said at one moment. Null: it did not say. */
export interface TrainingRecord {
  /** The epoch under way, from 1. */
  readonly epoch: number | null;
  /** How many there will be. */
  readonly epochs: number | null;
  /** Batches done in this epoch. */
  readonly batch: number | null;
  /** How many an epoch has. */
  readonly batches: number | null;
  readonly loss: number | null;
  readonly metrics: ReadonlyMap<string, number>;
  /** Milliseconds since the epoch, by the script's clock. */
  readonly time: number | null;
}

const KNOWN: ReadonlySet<string> = new Set(["epoch", "epochs", "batch", "batches", "loss", "time"]);

/** The record of a line; null when it is none (no JSON object, or nothing of use in it). */
export function parseRecord(line: string): TrainingRecord | null {
  const value = parseJson(line);
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const fields = new Map<string, unknown>(Object.entries(value));
  const count = (key: string) => {
    const found = finite(fields.get(key));
    return found !== null && found >= 0 && found <= LARGEST_COUNT ? found : null;
  };
  const metrics = new Map<string, number>();
  for (const [name, raw] of fields) {
    const found = finite(raw);
    if (found === null || KNOWN.has(name) || !isName(name)) continue;
    if (metrics.size >= MOST_METRICS) break;
    metrics.set(name, found);
  }
  const time = finite(fields.get("time"));
  const record: TrainingRecord = {
    epoch: count("epoch"),
    epochs: count("epochs"),
    batch: count("batch"),
    batches: count("batches"),
    loss: finite(fields.get("loss")),
    metrics,
    time: time === null || time <= 0 ? null : time < MILLISECONDS_FROM ? time * 1000 : time,
  };
  const said = record.epoch !== null || record.batch !== null || record.loss !== null || metrics.size > 0;
  return said ? record : null;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Python writes a loss that ran away as NaN or Infinity, which is no JSON: the rest of the record still counts.
    const mended = line.replace(/("(?:[^"\\]|\\.)*")|-?\b(?:NaN|Infinity)\b/g, (_all, text: string | undefined) => {
      return text ?? "null";
    });
    if (mended === line) return null;
    try {
      return JSON.parse(mended);
    } catch {
      return null;
    }
  }
}

function finite(raw: unknown): number | null {
  return typeof raw === "number" && Number.isFinite(raw) ? raw : null;
}

function isName(name: string): boolean {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return name !== "" && name.length <= NAME_LENGTH && !/[\u0000-\u001f\u007f]/.test(name);
}
