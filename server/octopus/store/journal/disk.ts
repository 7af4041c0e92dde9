/** The few things that a journal does with files, behind an interface so that a test can let the disk fill up. */
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** An open file that grows. */
export interface JournalFile {
  /** Whether its name is gone: somebody removed it, and what is written into it will be lost. */
  removed(): boolean;
  /** Writes all of the bytes at a place; throws the system's error when it cannot, perhaps after some of them. */
  write(bytes: Uint8Array, at: number): void;
  truncate(length: number): void;
  /** Waits until the disk has it. */
  sync(): Promise<void>;
  close(): void;
}

/** Files of a journal. Everything throws or rejects with the system's error. */
export interface JournalDisk {
  /** Names in the folder, which is made when it is not there. */
  prepare(folder: string): readonly string[];
  /** Names in the folder; none when it is not there. */
  list(folder: string): readonly string[];
  create(file: string): JournalFile;
  /** What stands in a file from a place on. Null when there is no such file. */
  read(file: string, from: number): Uint8Array | null;
  truncate(file: string, length: number): void;
  remove(file: string): void;
}

/**
 * Writes go to the system's cache and take microseconds, like SQLite's own: they are not worth a turn of the event
 * loop. Waiting for the disk is, and happens in the background.
 */
class NodeJournalFile implements JournalFile {
  readonly #handle: number;
  readonly #folder: string;
  #named = false;

  constructor(handle: number, folder: string) {
    this.#handle = handle;
    this.#folder = folder;
  }

  removed(): boolean {
    return fs.fstatSync(this.#handle).nlink === 0;
  }

  write(bytes: Uint8Array, at: number): void {
    for (let done = 0; done < bytes.length;) {
      done += fs.writeSync(this.#handle, bytes, done, bytes.length - done, at + done);
    }
  }

  truncate(length: number): void {
    fs.ftruncateSync(this.#handle, length);
  }

  async sync(): Promise<void> {
    await datasync(this.#handle);
    // The name too must survive a power cut; Windows cannot open folders and needs no telling.
    if (this.#named || process.platform === "win32") return;
    this.#named = true;
    const folder = await fs.promises.open(this.#folder, "r");
    await folder.sync().finally(() => folder.close());
  }

  close(): void {
    fs.closeSync(this.#handle);
  }
}

const datasync = promisify(fs.fdatasync);

function ignoreMissing<T>(run: () => T, otherwise: T): T {
  try {
    return run();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return otherwise;
    throw error;
  }
}

function readFrom(file: string, from: number): Uint8Array {
  const handle = fs.openSync(file, "r");
  try {
    const bytes = Buffer.allocUnsafe(Math.max(0, fs.fstatSync(handle).size - from));
    let done = 0;
    while (done < bytes.length) {
      const got = fs.readSync(handle, bytes, done, bytes.length - done, from + done);
      if (got === 0) break;
      done += got;
    }
    return bytes.subarray(0, done);
  } finally {
    fs.closeSync(handle);
  }
}

/** The real disk. */
export const nodeDisk: JournalDisk = {
  prepare(folder) {
    fs.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
    return fs.readdirSync(folder);
  },
  list: (folder) => ignoreMissing(() => fs.readdirSync(folder), []),
  create: (file) => new NodeJournalFile(fs.openSync(file, "wx", FILE_MODE), path.dirname(file)),
  read: (file, from) => ignoreMissing(() => readFrom(file, from), null),
  truncate: (file, length) => fs.truncateSync(file, length),
  remove: (file) => ignoreMissing(() => fs.unlinkSync(file), undefined),
};
