/** Control groups of version 1 that a test makes for itself below the one it runs in. */
import { existsSync, mkdirSync, readFileSync, rmdirSync } from "node:fs";
import path from "node:path";
import { nodeHost } from "../server/host/node.ts";
import { ownCgroups } from "../server/rhopalia/cgroup.ts";
import { until } from "./e2e/driver.ts";

/** A group. */
export interface ControlGroup {
  readonly folder: string;
  /** As /proc/self/cgroup names it. */
  readonly name: string;
}

let made = 0;

/**
 * Makes an empty group; `here("cgroup-v1")` says whether it can be. `top`: its name where it is to be at the top of all, as in a
 * picture; else it has one of its own below the group of this process.
 */
export function makeGroup(controller: "memory" | "cpu", top = ""): ControlGroup {
  const [own] = ownCgroups(nodeHost(), controller);
  if (own?.version !== 1) throw new Error(`${controller} is not mounted as version 1`);
  if (top !== "") {
    const mount = own.folder.slice(0, own.folder.length - (own.name === "/" ? 0 : own.name.length));
    mkdirSync(path.join(mount, top), { recursive: true });
    return { folder: path.join(mount, top), name: `/${top}` };
  }
  made += 1;
  const name = `gorgon-test-${String(process.pid)}-${String(made)}`;
  const folder = path.join(own.folder, name);
  mkdirSync(folder);
  return { folder, name: path.posix.join(own.name, name) };
}

/** Removes a group when its processes are gone. */
export async function removeGroup({ folder }: ControlGroup): Promise<void> {
  // A group is empty a moment after its last process was reaped.
  const procs = path.join(folder, "cgroup.procs");
  await until(`an empty ${procs}`, () => (readFileSync(procs, "utf8") === "" ? true : null));
  if (existsSync(folder)) rmdirSync(folder);
}
