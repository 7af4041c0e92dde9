/** The reading side of another process's journal: what the writer has said and not sealed yet, in this process's RAM. */
import type { ChunkFile } from "./chunk-file.ts";
import { ChunkHead } from "./chunk-head.ts";
import type { JournalDisk } from "./journal/disk.ts";
import { JournalTail } from "./journal/tail.ts";
import { addNamed, Replay } from "./replay.ts";

/** Files this much older than the newest are long sealed and gone. */
const KEPT_FILES = 64;

/** Follows a journal. What it holds may be in the file already: see `ChunkSeries.dropSealed`. */
export class ChunkFollower {
  readonly head = new ChunkHead(Infinity);
  readonly #tail: JournalTail;
  readonly #replays = new Map<number, Replay>();
  /** How far each series was sealed when the file was last looked at, by name. */
  readonly #sealed = new Map<string, number>();
  #looking: Promise<void> | null = null;

  constructor(disk: JournalDisk, folder: string) {
    this.#tail = new JournalTail(disk, folder);
  }

  /** Takes what has come since the last look. Rejects with the system's error. */
  look(): Promise<void> {
    // Two looks at once would take the same records twice.
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  /** Forgets what the file has by now. Throws SQLite's errors. */
  dropSealed(file: ChunkFile): void {
    for (const stored of file.series()) {
      if (this.#sealed.get(stored.name) === stored.sealed) continue;
      this.#sealed.set(stored.name, stored.sealed);
      addNamed(this.head, stored)?.dropSealed(stored.sealed);
    }
  }

  async #look(): Promise<void> {
    const looking = this.#tail.look((number) => this.#replay(number));
    while (looking.next().done !== true) await new Promise((resolve) => setImmediate(resolve));
  }

  #replay(number: number): Replay {
    let found = this.#replays.get(number);
    if (found === undefined) {
      this.#replays.set(number, (found = new Replay(this.head)));
      for (const old of this.#replays.keys()) if (old < number - KEPT_FILES) this.#replays.delete(old);
    }
    return found;
  }
}
