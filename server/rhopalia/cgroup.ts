/** Which control groups a process is in, and what memory they leave it. For the memory, limits and kernel sensors. */
import type { Host } from "../host/host.ts";
import { MOUNTINFO, parseMounts, type Mount } from "../host/mounts.ts";

/** One control group that holds a process: its own, or one above it. */
export interface Cgroup {
  readonly version: 1 | 2;
  /** Its folder under the cgroup mount. */
  readonly folder: string;
  /** Its name as the kernel gives it to this process, e.g. `/user.slice/user-1000.slice`. */
  readonly name: string;
}

/** A limit on memory, and the group that sets it. */
export interface MemoryLimit {
  readonly bytes: number;
  readonly cgroup: Cgroup;
}

/** The control groups of this process: see `cgroupsOf`. */
export function ownCgroups(host: Host, controller: string): readonly Cgroup[] {
  return cgroupsOf(host, "self", controller);
}

/**
 * The control groups of a process for one controller (`memory`, `cpu`, ...), its own first, then those above it as
 * far as they can be seen. Empty when there are none. Version 1 is taken where the controller is mounted so (hybrid).
 */
export function cgroupsOf(host: Host, pid: number | "self", controller: string): readonly Cgroup[] {
  let memberships: string;
  let mounts: Mount[];
  try {
    memberships = host.files.text(`/proc/${String(pid)}/cgroup`);
    mounts = parseMounts(host.files.text(MOUNTINFO));
  } catch {
    return []; // A kernel without control groups, or a process that is gone.
  }
  let unified: string | null = null;
  for (const line of memberships.split("\n")) {
    // hierarchy:controllers:path, and the path may hold colons.
    const [hierarchy, controllers, ...rest] = line.split(":");
    const path = rest.join(":");
    if (hierarchy === "0" && controllers === "") unified = path;
    else if (controllers?.split(",").includes(controller) === true) {
      const mount = mounts.findLast((one) => one.type === "cgroup" && one.options.includes(controller));
      if (mount !== undefined) return chain(host, 1, mount, path);
    }
  }
  const mount = mounts.findLast((one) => one.type === "cgroup2");
  return mount !== undefined && unified !== null ? chain(host, 2, mount, unified) : [];
}

/** From the own group up to the root of what is mounted. */
function chain(host: Host, version: 1 | 2, mount: Mount, path: string): readonly Cgroup[] {
  const inMount = withinMount(mount.root, path);
  // A path outside the mount (another namespace's, or /../..) says nothing about the folders here: the mount's own
  // root is then the nearest group that can be seen.
  const visible = inMount !== null && host.files.exists(join(mount.mountPoint, inMount)) ? inMount : "/";
  const groups: Cgroup[] = [];
  for (let current = visible, name = path; ; current = parent(current), name = parent(name)) {
    groups.push({ version, folder: join(mount.mountPoint, current), name });
    if (current === "/") return groups;
  }
}

function withinMount(root: string, path: string): string | null {
  if (path.split("/").includes("..")) return null;
  if (root === "/" || root.startsWith("/..")) return path;
  if (path === root) return "/";
  return path.startsWith(`${root}/`) ? path.slice(root.length) : null;
}

function join(mountPoint: string, path: string): string {
  return path === "/" ? mountPoint : `${mountPoint}${path}`;
}

function parent(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/**
 * The tightest memory limit of these groups (this process's own by default) that is below what the machine has; null when
 * the machine is the limit. cgroup v2: `memory.max`. v1: `memory.limit_in_bytes`, and `hierarchical_memory_limit` for groups
 * out of sight.
 */
export function memoryLimit(
  host: Host,
  machineBytes: number,
  groups: readonly Cgroup[] = ownCgroups(host, "memory"),
): MemoryLimit | null {
  let found: MemoryLimit | null = null;
  for (const cgroup of groups) {
    for (const bytes of limitsOf(host, cgroup)) {
      // Version 1 writes a number near 2^63 where there is no limit: more than the machine has is none.
      if (bytes < (found?.bytes ?? machineBytes)) found = { bytes, cgroup };
    }
  }
  return found;
}

function limitsOf(host: Host, { version, folder }: Cgroup): number[] {
  if (version === 2) return [wholeNumber(textOf(host, `${folder}/memory.max`))];
  const hierarchical = /^hierarchical_memory_limit (\d+)$/m.exec(textOf(host, `${folder}/memory.stat`));
  return [wholeNumber(textOf(host, `${folder}/memory.limit_in_bytes`)), wholeNumber(hierarchical?.[1] ?? "")];
}

function textOf(host: Host, path: string): string {
  try {
    return host.files.text(path);
  } catch {
    return ""; // The root group has no limit file.
  }
}

/** Infinity for `max` and for what is not a number. */
function wholeNumber(text: string): number {
  return /^\d+\s*$/.test(text) ? Number(text) : Infinity;
}
