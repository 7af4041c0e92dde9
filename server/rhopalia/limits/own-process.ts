/** What the kernel says of this process: its soft limits, and on which CPUs it may run. */
import type { Host } from "../../host/host.ts";
import { cpusIn } from "../cpu-list.ts";
import { smallText } from "../small-file.ts";
import type { Candidate } from "./candidates.ts";

/** One line of /proc/self/limits, as it begins, with the words for faces. */
const LINES = {
  addressSpace: ["Max address space", "rlimit address space"],
  data: ["Max data size", "rlimit data"],
  files: ["Max open files", "rlimit nofile"],
  processes: ["Max processes", "rlimit nproc"],
} as const;

/** The soft limits (setrlimit(2)); null where there is none. */
export type OwnLimits = Readonly<Record<keyof typeof LINES, Candidate | null>>;

/** Reads /proc/self/limits. Every limit is null when it cannot be read. */
export function ownLimits(host: Host): OwnLimits {
  const text = smallText(host, "/proc/self/limits") ?? "";
  const limit = (name: keyof typeof LINES): Candidate | null => {
    const [title, source] = LINES[name];
    // The columns are padded with blanks; the soft limit is the first.
    const [, soft = ""] = new RegExp(`^${title} {2,}(\\d{1,20}|unlimited)\\s`, "m").exec(text) ?? [];
    return /^\d+$/.test(soft) ? { value: Number(soft), source } : null;
  };
  return {
    addressSpace: limit("addressSpace"),
    data: limit("data"),
    files: limit("files"),
    processes: limit("processes"),
  };
}

/** CPUs this process may run on (taskset, cpuset); null when the kernel does not tell. */
export function allowedCpus(host: Host): number | null {
  const [, list = ""] = /^Cpus_allowed_list:\s*(\S+)$/m.exec(smallText(host, "/proc/self/status") ?? "") ?? [];
  return cpusIn(list);
}

/** CPUs that are switched on. */
export function onlineCpus(host: Host): number | null {
  return cpusIn(smallText(host, "/sys/devices/system/cpu/online") ?? "");
}
