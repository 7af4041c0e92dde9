/** The small file in which a kernel's package writes which cell runs (jupyter/gorgon/blackbox.py), read from outside. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import path from "node:path";
import { notSecret } from "../../host/own-folder.ts";

/** What the package makes. A larger file is not one of its own. */
const BYTES = 65_536;
/** The names of hardly any cell are longer. */
const USUAL_BYTES = 1024;
/** The package makes files with such names only, and others are not read, whoever names them. */
const NAME = /^kernel-\d+-\d+\.running$/;
const NEWLINE = 0x0a;
/** Read once more while it is being written. */
const TRIES = 3;

/** Where it is read to. */
const bytes = Buffer.alloc(BYTES);

/** Open until it is closed; what it says can be read also when the kernel, or the file's name, is gone. */
export class BlackBox {
  readonly #file: number;
  #closed = false;

  private constructor(file: number) {
    this.#file = file;
  }

  /** The file, or in words why it is not read: it is not this user's own, not such a file, or not within reach. */
  static open(file: string): BlackBox | string {
    if (!path.isAbsolute(file) || !NAME.test(path.basename(file))) return `${file} is no file of a kernel's package`;
    let handle: number | null = null;
    try {
      const wrong = notSecret(file);
      if (wrong !== "") return `${wrong}, so it is not trusted`;
      handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
      const found = fstatSync(handle);
      const own = process.getuid === undefined || found.uid === process.getuid();
      if (found.isFile() && own && found.size === BYTES) {
        const box = new BlackBox(handle);
        handle = null;
        return box;
      }
      return `${file} is not what a kernel's package makes`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      if (handle !== null) closeSync(handle);
    }
  }

  /** What is written there: a line of JSON, or "" where no cell runs; null where that cannot be read. */
  read(): string | null {
    let text = this.#text();
    for (let tried = 0; tried < TRIES && text !== null; tried++) {
      const again = this.#text();
      // Nobody wrote meanwhile.
      if (again === text) return text;
      text = again;
    }
    return null;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#file);
  }

  /** Null where it cannot be read. */
  #text(): string | null {
    if (this.#closed) return null;
    try {
      for (const size of [USUAL_BYTES, BYTES]) {
        const length = readSync(this.#file, bytes, 0, size, 0);
        const end = bytes.subarray(0, length).indexOf(NEWLINE);
        if (length === 0 || bytes[0] === 0) return "";
        if (end >= 0) return bytes.toString("utf8", 0, end);
      }
      return "";
    } catch {
      return null;
    }
  }
}
