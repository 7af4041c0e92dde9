/** What must be known of a process before it may be ended: when it started, whose it is, from what it came. */
import { userInfo } from "node:os";
import type { Host } from "../host/host.ts";
import { smallText } from "../rhopalia/small-file.ts";
import { SystemInformation } from "../rhopalia/systeminformation.ts";

/** The kernel shows times to programs in hundredths of a second on every architecture that Node runs on (USER_HZ). */
const TICKS_A_SECOND = 100;

/** One process, looked at now. */
export interface ProcessFacts {
  /** As the system tells it. Data, never markup. */
  readonly name: string;
  /** Milliseconds since the epoch; 0 where the system does not tell. */
  readonly startedAt: number;
  readonly parent: number;
  /** Runs as another user, in whole or in part (a program that was lent another user's rights). */
  readonly foreign: boolean;
  /** Has ended, and only waits for its parent to notice. */
  readonly ended: boolean;
}

/** Looks processes up anew, never from what was seen earlier. Null: there is none of that number. */
export interface ProcessLookup {
  /** Two starts of one pid that are nearer to each other than this are one, milliseconds. */
  readonly trembleMs: number;
  /** Answers at once where the system lets it, so that nothing happens between the look and the signal. */
  look(pid: number): ProcessFacts | null | Promise<ProcessFacts | null>;
  /** Its parent, that one's parent, and so on. */
  ancestors(pid: number): ReadonlySet<number> | Promise<ReadonlySet<number>>;
}

/** Longer than any chain of parents. */
const MAX_DEPTH = 64;

function climb(pid: number, parentOf: (pid: number) => number): ReadonlySet<number> {
  const found = new Set<number>();
  let parent = parentOf(pid);
  while (parent > 0 && !found.has(parent) && found.size < MAX_DEPTH) {
    found.add(parent);
    parent = parentOf(parent);
  }
  return found;
}

/** The lookup of this platform. */
export function processLookup(host: Host): ProcessLookup {
  return host.platform === "linux" ? linuxLookup(host) : otherLookup(new SystemInformation(host));
}

/** From /proc (proc_pid_stat(5), proc_pid_status(5)). `uid` is our own. */
export function linuxLookup(host: Host, uid: number = process.getuid?.() ?? 0): ProcessLookup {
  const look = (pid: number): ProcessFacts | null => {
    const folder = `/proc/${String(pid)}`;
    const stat = smallText(host, `${folder}/stat`);
    const status = smallText(host, `${folder}/status`);
    const booted = /^btime (\d{1,12})$/m.exec(smallText(host, "/proc/stat") ?? "")?.[1];
    if (stat === null || status === null) return null;
    // The name may hold anything, blanks and parentheses among it; nothing after it holds a parenthesis.
    const end = stat.lastIndexOf(")");
    const fields = stat.slice(end + 2).split(" ");
    const start = Number(fields[19]);
    const uids = /^Uid:\s*(\d+)\s+(\d+)/m.exec(status);
    const known = booted !== undefined && Number.isFinite(start);
    return {
      name: stat.slice(stat.indexOf("(") + 1, end),
      startedAt: known ? Number(booted) * 1000 + (start * 1000) / TICKS_A_SECOND : 0,
      parent: Number(fields[1]) || 0,
      foreign: uids === null || [uids[1], uids[2]].some((one) => Number(one) !== uid),
      ended: fields[0] === "Z" || fields[0] === "X",
    };
  };
  return {
    // The kernel gives the machine's start in whole seconds, and it moves with corrections of the clock.
    trembleMs: 2000,
    look,
    ancestors: (pid) => climb(pid, (one) => look(one)?.parent ?? 0),
  };
}

/** Through the same library that the list was made with. `user` is our own name. */
export function otherLookup(information: SystemInformation, user: string = userInfo().username): ProcessLookup {
  const listed = async () => (await information.ask("the processes", (library) => library.processes())).list;
  return {
    // The library makes the start from an age in whole seconds.
    trembleMs: 5000,
    ancestors: async (pid) => {
      const parents = new Map((await listed()).map((one) => [one.pid, one.parentPid]));
      return climb(pid, (one) => parents.get(one) ?? 0);
    },
    look: async (pid) => {
      const list = await listed();
      const found = list.find((one) => one.pid === pid);
      if (found === undefined) return null;
      const startedAt = Date.parse(found.started.replace(" ", "T"));
      return {
        name: found.name,
        startedAt: Number.isFinite(startedAt) ? startedAt : 0,
        parent: found.parentPid,
        // Windows does not tell; there the system itself refuses what is another user's.
        foreign: found.user !== "" && found.user !== user,
        ended: found.state === "zombie",
      };
    },
  };
}
