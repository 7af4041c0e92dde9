/** CPU time of a kernel and its children over their coming and going, from the counters of those that live. */
import type { Stat } from "../process/stat.ts";

interface Member {
  readonly start: number;
  own: number;
  reaped: number;
  seenIn: number;
}

/**
 * Adds up what grew between two looks. A child's time is counted while it lives; when it ends and is waited for, it appears
 * once more in its parent's counter of reaped time, and that much of the counter's growth is left out.
 */
export class TreeCpu {
  readonly pid: number;
  /** When the kernel started, clock ticks since the machine did. */
  readonly start: number;
  readonly #members = new Map<number, Member>();
  #look = 0;
  /** The start of the youngest member at the look before: who is new and started later is new since then. */
  #youngest = Infinity;
  #youngestNow = 0;
  #ticks = 0;
  #childTicks = 0;
  #grownOwn = 0;
  #grownChildren = 0;
  #grownReaped = 0;

  constructor(pid: number, start: number) {
    this.pid = pid;
    this.start = start;
  }

  /** Begins a look. */
  begin(): void {
    this.#look++;
    this.#grownOwn = 0;
    this.#grownChildren = 0;
    this.#grownReaped = 0;
    this.#youngestNow = 0;
  }

  /** Takes in what stands in a member's stat now. */
  see(pid: number, { start, ticks, reapedTicks }: Stat): void {
    this.#youngestNow = Math.max(this.#youngestNow, start);
    const known = this.#members.get(pid);
    if (known?.start === start) {
      this.#grow(pid, ticks - known.own);
      this.#grownReaped += Math.max(0, reapedTicks - known.reaped);
      known.own = ticks;
      known.reaped = reapedTicks;
      known.seenIn = this.#look;
      return;
    }
    // What a process used before it came into sight is not of this time, unless it began since then.
    if (pid !== this.pid && start > this.#youngest) this.#grow(pid, ticks + reapedTicks);
    this.#members.set(pid, { start, own: ticks, reaped: reapedTicks, seenIn: this.#look });
  }

  /** Ends the look: clock ticks of all, and of it the children's, since the first one. Neither ever falls. */
  end(): { readonly ticks: number; readonly childTicks: number } {
    let vanished = 0;
    for (const [pid, member] of this.#members) {
      if (member.seenIn === this.#look) continue;
      vanished += member.own + member.reaped;
      this.#members.delete(pid);
    }
    this.#youngest = this.#youngestNow;
    const children = this.#grownChildren + Math.max(0, this.#grownReaped - vanished);
    this.#ticks += this.#grownOwn + children;
    this.#childTicks += children;
    return { ticks: this.#ticks, childTicks: this.#childTicks };
  }

  #grow(pid: number, ticks: number): void {
    if (pid === this.pid) this.#grownOwn += Math.max(0, ticks);
    else this.#grownChildren += Math.max(0, ticks);
  }
}
