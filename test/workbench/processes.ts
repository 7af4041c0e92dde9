/** The processes of one run, told by a mark in the environment that every child inherits, and ended by pid. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** Environment variable that carries the mark. */
export const MARK = "GORGON_RUN";

/** A process that is alive (not a zombie). */
export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly command: string;
  /** The value of GORGON_RUN in its environment; empty where that cannot be read (not Linux, or not ours). */
  readonly mark: string;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return ""; // it ended meanwhile, or it is somebody else's
  }
}

function fromProc(): Process[] {
  const found: Process[] = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    // The name in parentheses may hold anything, parentheses too: the fields begin after the last one.
    const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (!stat || state === "Z" || state === "X") continue;
    const environment = read(`/proc/${name}/environ`).split("\0");
    found.push({
      pid: Number(name),
      parent: Number(parent),
      group: Number(group),
      command: read(`/proc/${name}/cmdline`).split("\0").join(" ").trim(),
      mark: environment.find((pair) => pair.startsWith(`${MARK}=`))?.slice(MARK.length + 1) ?? "",
    });
  }
  return found;
}

function fromPs(): Process[] {
  const text = execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat=,command="], { encoding: "utf8" });
  return text.split("\n").flatMap((line) => {
    const [, pid, parent, group, state, command] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    if (pid === undefined || command === undefined || state?.startsWith("Z")) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), command, mark: "" }];
  });
}

/** Every living process of this machine. */
export function processes(): Process[] {
  return process.platform === "linux" ? fromProc() : fromPs();
}

/** Everything that belongs to a run: what carries its mark, and the process groups it opened. */
export function ofRun(mark: string, groups: readonly number[] = []): Process[] {
  return processes().filter((one) => one.pid !== process.pid && (one.mark === mark || groups.includes(one.group)));
}

/** Waits until `found` finds nothing more; answers with what is left after `limitMs`. */
export async function waitGone(found: () => readonly Process[], limitMs: number): Promise<readonly Process[]> {
  const end = performance.now() + limitMs;
  for (;;) {
    const left = found();
    if (left.length === 0 || performance.now() > end) return left;
    await sleep(50);
  }
}

/** Sends a signal to one process; false when it is gone already. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
