/** Disk traffic of single processes from /proc/<pid>/io, which only their own user and root may read. */
import type { Host } from "../../host/host.ts";
import { Counters } from "../counters.ts";
import { smallText } from "../small-file.ts";
import type { Process } from "./scan.ts";

const [READ, WRITTEN] = [0, 1] as const;

interface Kept {
  readonly start: number;
  readonly counters: Counters;
  readIn: number;
  rated: boolean;
}

/** Rates of the processes asked for in one round, where they were asked for in the round before too. */
export class IoRates {
  readonly #host: Host;
  #kept = new Map<number, Kept>();
  #before = new Map<number, Kept>();
  #round = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** Begins a round: what is not read in it is forgotten. */
  begin(): void {
    this.#before = this.#kept;
    this.#kept = new Map<number, Kept>();
    this.#round++;
  }

  /** Reads one. A process whose traffic may not be read has none here, which is no failure. */
  read({ pid, start }: Process): void {
    const text = smallText(this.#host, `/proc/${String(pid)}/io`) ?? "";
    // What reaches the disks; rchar and wchar would count caches and pipes too.
    const [, read = ""] = /^read_bytes: (\d{1,19})$/m.exec(text) ?? [];
    const [, written = ""] = /^write_bytes: (\d{1,19})$/m.exec(text) ?? [];
    if (read === "" || written === "") return;
    const known = this.#before.get(pid);
    const one =
      known?.start === start ? known : { start, counters: new Counters(2), readIn: this.#round, rated: false };
    one.counters.values[READ] = Number(read);
    one.counters.values[WRITTEN] = Number(written);
    one.rated = one.counters.update(this.#host.clock.monotonic());
    one.readIn = this.#round;
    this.#kept.set(pid, one);
  }

  /** Bytes a second; null when they cannot be told. */
  rates({ pid, start }: Process): { readonly read: number; readonly write: number } | null {
    const one = this.#kept.get(pid);
    if (one?.start !== start || !one.rated || one.readIn !== this.#round) return null;
    return { read: one.counters.rates[READ] ?? 0, write: one.counters.rates[WRITTEN] ?? 0 };
  }
}
