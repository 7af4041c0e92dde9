/** CPU time of a process to the nanosecond, from the scheduler: /proc/<pid>/stat counts in ticks of 10 ms. */
import { readdirSync, readFileSync } from "node:fs";

/** Milliseconds on a CPU, user and system, of all threads that live. Linux with schedstats. */
export function cpuMs(pid: number): number {
  let nanoseconds = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]);
  }
  return nanoseconds / 1e6;
}
