/** The few things that a journal does with files, behind an interface so that a test can let the disk fill up. */
import fs from "node:fs";
import path from "node:path";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** An open file that grows. */
export interface JournalFile {
  /** Writes all of the bytes at a place; rejects with the system's error when it cannot, perhaps after some of them. */
  write(bytes: Uint8Array, at: number): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Waits until the disk has it. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** Files of a journal. Everything throws or rejects with the system's error. */
export interface JournalDisk {
  /** Names in the folder, which is made when it is not there. */
  prepare(folder: string): readonly string[];
  /** Names in the folder; none when it is not there. */
  list(folder: string): readonly string[];
  create(file: string): Promise<JournalFile>;
  /** What stands in a file from a place on. Null when there is no such file. */
  read(file: string, from: number): Uint8Array | null;
  truncate(file: string, length: number): void;
  remove(file: string): void;
}

class NodeJournalFile implements JournalFile {
  readonly #handle: fs.promises.FileHandle;

  constructor(handle: fs.promises.FileHandle) {
    this.#handle = handle;
  }

  async write(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, at + done);
      done += bytesWritten;
    }
  }

  truncate(length: number): Promise<void> {
    return this.#handle.truncate(length);
  }

  sync(): Promise<void> {
    return this.#handle.datasync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

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
  async create(file) {
    const handle = await fs.promises.open(file, "wx", FILE_MODE);
    // The name too must survive a power cut; Windows cannot open folders and needs no telling.
    if (process.platform !== "win32") {
      const folder = await fs.promises.open(path.dirname(file), "r");
      await folder.sync().finally(() => folder.close());
    }
    return new NodeJournalFile(handle);
  },
  read: (file, from) => ignoreMissing(() => readFrom(file, from), null),
  truncate: (file, length) => fs.truncateSync(file, length),
  remove: (file) => ignoreMissing(() => fs.unlinkSync(file), undefined),
};
