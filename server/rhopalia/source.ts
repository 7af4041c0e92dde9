/** One pseudo file as a sensor reads it: kept open, scanned as bytes, with errors in words. */
import type { Host, LiveFile, LiveFileOptions } from "../host/host.ts";
import { Unreadable } from "./reason.ts";
import { Malformed } from "./rhopalium.ts";
import { Scanner } from "./scanner.ts";

/** A live file with its path and its scanner. */
export class Source {
  readonly path: string;
  readonly #file: LiveFile;
  readonly #scanner: Scanner;

  constructor(host: Host, path: string, options?: LiveFileOptions) {
    this.path = path;
    this.#file = host.files.live(path, options);
    this.#scanner = new Scanner(path);
  }

  /** Reads it. The bytes are valid until the next reading of any source. Throws Unreadable. */
  bytes(): Buffer {
    try {
      return this.#file.read();
    } catch (error) {
      throw new Unreadable(this.path, error);
    }
  }

  /** Reads it and puts its scanner at the beginning. Throws Unreadable. */
  scan(): Scanner {
    this.#scanner.reset(this.bytes());
    return this.#scanner;
  }

  /** The error for contents that are not what they should be. */
  malformed(found: string): Malformed {
    return new Malformed(this.path, found);
  }

  dispose(): void {
    this.#file.dispose();
  }
}
