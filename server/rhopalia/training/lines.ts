/** The new lines of a file that somebody appends to: through rotation, truncation, and lines that are half written. */
import { constants } from "node:fs";
import { open, stat, type FileHandle } from "node:fs/promises";

/** Of a file that is there before we look, the end alone is of interest. */
const TAIL_BYTES = 64 * 1024;
/** A longer line is none of a progress record's; it is left out whole. */
const LINE_BYTES = 64 * 1024;
/** Taken in at one reading; the rest at the next. */
const READ_BYTES = 1024 * 1024;
const BUFFER_BYTES = 64 * 1024;
/** A file that was cut and written again is known by its beginning, when it has grown past the old place already. */
const HEAD_BYTES = 64;

const NEWLINE = 0x0a;

/** What limits a reading; tests make them small. */
export interface LineLimits {
  readonly tailBytes?: number;
  readonly lineBytes?: number;
  readonly readBytes?: number;
}

/** What came since the reading before. */
export interface NewLines {
  /** Without line breaks; empty lines are left out. */
  readonly lines: readonly string[];
  /** Lines that were longer than allowed, and left out. */
  readonly tooLong: number;
  /** The file began anew: another file of its name, or the same one cut. The lines are those after it. */
  readonly restarted: boolean;
}

/** The path does not lead to a file of lines. */
export class NoFile extends Error {
  override readonly name = "NoFile";
}

/** Follows one path. One reading at a time. */
export class GrowingLines {
  readonly path: string;
  readonly #limits: Required<LineLimits>;
  #handle: FileHandle | null = null;
  #identity = "";
  #offset = 0;
  #head = Buffer.alloc(0);
  /** The beginning of a line whose end has not come yet. */
  #partial: Buffer[] = [];
  #partialBytes = 0;
  /** Within a line that is left out, up to its end. */
  #skipping = false;
  #opened = false;
  readonly #buffer = Buffer.allocUnsafe(BUFFER_BYTES);

  constructor(
    path: string,
    { tailBytes = TAIL_BYTES, lineBytes = LINE_BYTES, readBytes = READ_BYTES }: LineLimits = {},
  ) {
    this.path = path;
    this.#limits = { tailBytes, lineBytes, readBytes };
  }

  /** Whether there is something new, told by the directory entry alone. A path that is not there has nothing. */
  async changed(): Promise<boolean> {
    try {
      const facts = await stat(this.path);
      return identityOf(facts) !== this.#identity || facts.size !== this.#offset;
    } catch {
      return false;
    }
  }

  /**
   * The lines that came since. Throws NoFile for what is not a regular file (a pipe would hang), and the system's error
   * (ENOENT, EACCES) when the path cannot be read.
   */
  async read(): Promise<NewLines> {
    const found: { lines: string[]; tooLong: number } = { lines: [], tooLong: 0 };
    const facts = await stat(this.path).catch((error: unknown) => {
      // What comes after we looked is new from its first line on.
      this.#opened = true;
      throw error;
    });
    if (!facts.isFile()) throw new NoFile(`${this.path} is not a regular file.`);
    let restarted = false;
    if (this.#handle !== null && identityOf(facts) !== this.#identity) {
      // What was written to the old file before it was put aside still counts; a line without an end never gets one.
      await this.#take(this.#handle, found);
      await this.close();
      restarted = true;
    }
    const handle = this.#handle ?? (await this.#open());
    const { size } = await handle.stat();
    if (size < this.#offset || !(await this.#sameHead(handle))) {
      this.#begin(0);
      restarted = true;
    }
    await this.#take(handle, found);
    return { ...found, restarted };
  }

  /** Gives the file back. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    this.#identity = "";
    await handle?.close();
  }

  async #open(): Promise<FileHandle> {
    // Without waiting: a pipe may have taken the file's place since we looked.
    const handle = await open(
      this.path,
      constants.O_RDONLY | (process.platform === "win32" ? 0 : constants.O_NONBLOCK),
    );
    try {
      const facts = await handle.stat();
      if (!facts.isFile()) throw new NoFile(`${this.path} is not a regular file.`);
      // Open, so that no other file can get the same number while we hold it.
      this.#handle = handle;
      this.#identity = identityOf(facts);
      const from = this.#opened ? 0 : Math.max(0, facts.size - this.#limits.tailBytes);
      this.#begin(from);
      this.#opened = true;
      return handle;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  #begin(offset: number): void {
    this.#offset = offset;
    this.#head = Buffer.alloc(0);
    this.#partial = [];
    this.#partialBytes = 0;
    // In the middle of a file we most likely stand within a line.
    this.#skipping = offset > 0;
  }

  async #sameHead(handle: FileHandle): Promise<boolean> {
    if (this.#head.length === 0) return true;
    const { bytesRead } = await handle.read(this.#buffer, 0, this.#head.length, 0);
    return bytesRead === this.#head.length && this.#head.equals(this.#buffer.subarray(0, bytesRead));
  }

  async #take(handle: FileHandle, found: { lines: string[]; tooLong: number }): Promise<void> {
    let taken = 0;
    while (taken < this.#limits.readBytes) {
      const { bytesRead } = await handle.read(this.#buffer, 0, this.#buffer.length, this.#offset);
      if (bytesRead === 0) break;
      this.#offset += bytesRead;
      taken += bytesRead;
      this.#split(this.#buffer.subarray(0, bytesRead), found);
    }
    const wanted = Math.min(HEAD_BYTES, this.#offset);
    if (this.#head.length >= wanted) return;
    const { bytesRead } = await handle.read(this.#buffer, 0, wanted, 0);
    this.#head = Buffer.from(this.#buffer.subarray(0, bytesRead));
  }

  #split(bytes: Buffer, found: { lines: string[]; tooLong: number }): void {
    let at = 0;
    for (;;) {
      const end = bytes.indexOf(NEWLINE, at);
      const piece = bytes.subarray(at, end < 0 ? bytes.length : end);
      if (!this.#skipping && this.#partialBytes + piece.length > this.#limits.lineBytes) {
        this.#skipping = true;
        this.#partial = [];
        this.#partialBytes = 0;
        found.tooLong += 1;
      }
      if (end < 0) {
        if (!this.#skipping && piece.length > 0) {
          // Copied: the buffer is used again.
          this.#partial.push(Buffer.from(piece));
          this.#partialBytes += piece.length;
        }
        return;
      }
      if (!this.#skipping) {
        const line = Buffer.concat([...this.#partial, piece])
          .toString("utf8")
          .trim();
        if (line !== "") found.lines.push(line);
      }
      this.#skipping = false;
      this.#partial = [];
      this.#partialBytes = 0;
      at = end + 1;
    }
  }
}

function identityOf(facts: { readonly dev: number; readonly ino: number }): string {
  return `${String(facts.dev)}:${String(facts.ino)}`;
}
