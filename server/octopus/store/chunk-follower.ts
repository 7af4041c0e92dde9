/** The reading side of another process's journal: what the writer has said and not sealed yet, in this process's RAM. */
import { ChunkHead } from "./chunk-head.ts";
import type { JournalDisk } from "./journal/disk.ts";
import { JournalTail } from "./journal/tail.ts";
import { Replay } from "./replay.ts";

/** Follows a journal. What it holds may be in the file already: see `ChunkSeries.dropSealed`. */
export class ChunkFollower {
  readonly head = new ChunkHead(Infinity);
  readonly #tail: JournalTail;
  readonly #files = new Map<number, Replay>();
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

  async #look(): Promise<void> {
    const looking = this.#tail.look((number) => this.#file(number));
    while (looking.next().done !== true) await new Promise((resolve) => setImmediate(resolve));
  }

  #file(number: number): Replay {
    let found = this.#files.get(number);
    if (found === undefined) this.#files.set(number, (found = new Replay(this.head)));
    return found;
  }
}
