/**
 * The write-ahead journal: what is in RAM only, in files beside the database. A flush is one write; the disk is asked
 * to confirm at most every 30 s. A file that is full is followed by the next, and removed once all its samples are in
 * the database.
 */
import type { Clock } from "../../../host/host.ts";
import type { JournalDisk, JournalFile } from "./disk.ts";
import { journalFile } from "./files.ts";
import { RecordWriter, type Definition } from "./records.ts";

/** A file as large as this is followed by the next: 15 minutes of 500 series at 2 s. */
const FILE_BYTES = 4 * 1024 * 1024;
/** A record is closed at this size, so that one damaged byte cannot take more with it. */
const RECORD_BYTES = 256 * 1024;
/** Unwritten records are held up to this while the disk does not take them; then the oldest go. */
const MAX_WAITING = 16 * 1024 * 1024;
/** All files together hold this at most: when the database does not take what they say, the oldest go. */
const MAX_BYTES = 64 * 1024 * 1024;
/** At most this much is lost in a power cut. */
const SYNC_MS = 30_000;

/** The file was removed behind the writer's back; it must begin anew with what is in RAM. */
export class JournalRemoved extends Error {
  override readonly name = "JournalRemoved";
  constructor(folder: string) {
    super(`A file of ${folder} was removed while it was written; a new one is begun.`);
  }
}

/** One file of the journal. */
interface Part {
  readonly number: number;
  /** Sequence of the newest sample in it. */
  last: number;
  bytes: number;
}

/** A record that is not written yet, and which file it belongs to. */
interface Waiting {
  readonly part: Part;
  readonly bytes: Uint8Array;
}

/** The file that is open. */
interface Open {
  readonly part: Part;
  readonly file: JournalFile;
  /** Where the next record goes: behind the last one that was written whole. */
  at: number;
  /** Whether the disk has to be asked to confirm. */
  dirty: boolean;
}

/** A file that another process left, or this one before. */
export interface OldPart {
  readonly number: number;
  readonly bytes: number;
  readonly last: number;
}

/** Writes the journal. */
export class Journal {
  readonly #disk: JournalDisk;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #fileBytes: number;
  readonly #maxBytes: number;
  readonly #parts: Part[];
  #record = new RecordWriter();
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #sequence = 0;
  /** The part that new records belong to. */
  #part: Part;
  #open: Open | null = null;
  /** A write failed, perhaps half way: what stands behind the last whole record has to go first. */
  #broken = false;
  #syncing: Promise<void> = Promise.resolve();
  #syncError: unknown = null;
  #syncAt: number;
  /** Records and files dropped because the disk or the database would not take them. */
  dropped = 0;

  /** `old`: the files that are there already, rising. */
  constructor(options: {
    readonly disk: JournalDisk;
    readonly folder: string;
    readonly clock: Clock;
    readonly old: readonly OldPart[];
    readonly fileBytes?: number;
    readonly maxBytes?: number;
  }) {
    this.#disk = options.disk;
    this.#folder = options.folder;
    this.#clock = options.clock;
    this.#fileBytes = options.fileBytes ?? FILE_BYTES;
    this.#maxBytes = options.maxBytes ?? MAX_BYTES;
    this.#parts = options.old.map((part) => ({ ...part }));
    this.#part = { number: (this.#parts.at(-1)?.number ?? 0) + 1, last: 0, bytes: 0 };
    this.#parts.push(this.#part);
    this.#syncAt = options.clock.monotonic() + SYNC_MS;
  }

  /** Changes with the file: what was defined under another number must be defined again before it is used. */
  get generation(): number {
    return this.#part.number;
  }

  /** Bytes in files. */
  get bytes(): number {
    return this.#parts.reduce((sum, part) => sum + part.bytes, 0);
  }

  /** How many files there are. */
  get files(): number {
    return this.#parts.length;
  }

  /** Sequence of the newest sample of the oldest file; to know what has to be sealed before it can go. */
  get oldestLast(): number {
    return this.#parts[0] === this.#part ? -1 : (this.#parts[0]?.last ?? -1);
  }

  define(id: number, definition: Definition, sealed: number): void {
    this.#record.define(id, definition, sealed);
  }

  begin(sequence: number, time: number): void {
    this.#sequence = sequence;
    this.#record.begin(sequence, time);
  }

  sample(id: number, value: number): void {
    this.#record.sample(id, value);
  }

  end(): void {
    this.#record.end();
  }

  cut(id: number): void {
    this.#record.cut(id);
  }

  /** Call between two appends: closes a record that has become large. */
  settle(): void {
    if (this.#record.length >= RECORD_BYTES) this.#close();
  }

  /**
   * Writes everything said so far. Throws JournalRemoved, or the system's error: then nothing is lost, and the next
   * call tries again.
   */
  flush(): void {
    if (this.#record.length > 0) this.#close();
    const failed = this.#syncError;
    this.#syncError = null;
    if (failed !== null) throw failed as Error;
    if (this.#open !== null && this.#open.file.removed()) throw new JournalRemoved(this.#folder);
    if (this.#broken) this.#mend();
    while (this.#waiting.length > 0) this.#write();
    if (this.#clock.monotonic() >= this.#syncAt) this.#syncInBackground();
    while (this.bytes > this.#maxBytes && this.#parts.length > 1 && this.#parts[0] !== this.#open?.part) {
      this.#removeOldest();
      this.dropped++;
    }
  }

  /** Waits until the disk has all that was written. */
  async sync(): Promise<void> {
    this.#syncAt = this.#clock.monotonic() + SYNC_MS;
    if (this.#open?.dirty !== true) return;
    this.#open.dirty = false;
    await this.#open.file.sync();
  }

  /** Removes files whose samples all have a sequence below `sequence`. Throws the system's errors. */
  removeBelow(sequence: number): void {
    for (let oldest = this.#parts[0]; oldest !== undefined && oldest !== this.#part; oldest = this.#parts[0]) {
      if (oldest.last >= sequence || this.#waiting.some((one) => one.part === oldest)) return;
      if (this.#open?.part === oldest) return;
      this.#removeOldest();
    }
  }

  /** Closes the files. What is not flushed is given up. */
  async close(): Promise<void> {
    this.#open?.file.close();
    this.#open = null;
    await this.#syncing;
  }

  #removeOldest(): void {
    const [oldest] = this.#parts;
    if (oldest === undefined) return;
    this.#disk.remove(journalFile(this.#folder, oldest.number));
    this.#parts.shift();
  }

  #close(): void {
    const bytes = this.#record.take();
    const part = this.#part;
    part.last = Math.max(part.last, this.#sequence);
    this.#waiting.push({ part, bytes });
    this.#waitingBytes += bytes.length;
    part.bytes += bytes.length;
    const dropped = this.#drop();
    // What was dropped may have defined series: a new file defines them again.
    if (!dropped && part.bytes < this.#fileBytes) return;
    this.#part = { number: part.number + 1, last: part.last, bytes: 0 };
    this.#parts.push(this.#part);
  }

  #drop(): boolean {
    let dropped = false;
    while (this.#waitingBytes > MAX_WAITING && this.#waiting.length > 1) {
      this.#waitingBytes -= this.#waiting.shift()?.bytes.length ?? 0;
      this.dropped++;
      dropped = true;
    }
    return dropped;
  }

  /** All waiting records of the oldest file that has some, in one write. */
  #write(): void {
    const part = this.#waiting[0]?.part;
    if (part === undefined) return;
    const batch = this.#waiting.filter((one) => one.part === part).map((one) => one.bytes);
    const bytes = batch.length === 1 ? (batch[0] ?? new Uint8Array()) : Buffer.concat(batch);
    const open = this.#fileOf(part);
    try {
      open.file.write(bytes, open.at);
    } catch (error) {
      this.#broken = true;
      throw error;
    }
    open.at += bytes.length;
    open.dirty = true;
    this.#waiting = this.#waiting.filter((one) => !batch.includes(one.bytes));
    this.#waitingBytes -= bytes.length;
  }

  #fileOf(part: Part): Open {
    if (this.#open?.part === part) return this.#open;
    const full = this.#open;
    if (full !== null) {
      this.#open = null;
      const synced = full.dirty ? full.file.sync() : Promise.resolve();
      this.#settleSync(synced.finally(() => full.file.close()));
    }
    this.#open = { part, file: this.#disk.create(journalFile(this.#folder, part.number)), at: 0, dirty: false };
    return this.#open;
  }

  #mend(): void {
    this.#open?.file.truncate(this.#open.at);
    this.#broken = false;
  }

  #syncInBackground(): void {
    this.#settleSync(this.sync());
  }

  /** What the disk says to a file that nobody waits for is told by the next flush. */
  #settleSync(syncing: Promise<void>): void {
    const done = syncing.catch((error: unknown) => {
      this.#syncError = error;
    });
    this.#syncing = Promise.all([this.#syncing, done]).then(() => undefined);
  }
}
