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

/** Makes an empty group; `here("cgroup-v1")` says whether it can be. */
export function makeGroup(controller: "memory" | "cpu"): ControlGroup {
  const [own] = ownCgroups(nodeHost(), controller);
  if (own?.version !== 1) throw new Error(`${controller} is not mounted as version 1`);
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
