/** The limits sensor in control groups of version 1 made for it: a real quota, a real throttle, a real OOM kill. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test } from "vitest";
import { seriesKey, type Attributes, type Reading } from "../../protocol/reading.ts";
import { makeGroup as makeControlGroup, removeGroup, type ControlGroup } from "../control-group.ts";
import { here } from "../platforms.ts";

const MIB = 1024 * 1024;
const CHILD = path.join(import.meta.dirname, "limits-child.ts");

const groups: ControlGroup[] = [];

/** A group that is removed after the test. */
function makeGroup(controller: "memory" | "cpu"): ControlGroup {
  const group = makeControlGroup(controller);
  groups.push(group);
  return group;
}

const children: ChildProcessWithoutNullStreams[] = [];

/** A child that answers a word with a line. */
class Child {
  readonly process = spawn(process.execPath, [CHILD], { stdio: "pipe" });
  readonly #lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();

  constructor() {
    children.push(this.process);
  }

  async line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done === true) throw new Error("the child ended");
    return next.value;
  }

  async ask(word: string): Promise<string> {
    this.process.stdin.write(`${word}\n`);
    return this.line();
  }

  async read(): Promise<readonly Reading[]> {
    return JSON.parse(await this.ask("read")) as Reading[];
  }

  moveInto(folder: string): void {
    writeFileSync(path.join(folder, "cgroup.procs"), String(this.process.pid));
  }
}

function valueOf(readings: readonly Reading[], metric: string, attributes: Attributes): number | undefined {
  const key = seriesKey(metric, attributes);
  return readings.find((one) => seriesKey(one.metric, one.attributes) === key)?.value;
}

afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGKILL");
    await once(child, "exit");
  }
  for (const group of groups.splice(0)) await removeGroup(group);
});

describe.runIf(here("cgroup-v1"))("the limits sensor in real control groups of version 1", () => {
  test("[cgroup-v1] names the CPU quota that is tightest, and counts when it makes the process wait", async () => {
    const group = makeGroup("cpu");
    writeFileSync(path.join(group.folder, "cpu.cfs_period_us"), "50000");
    writeFileSync(path.join(group.folder, "cpu.cfs_quota_us"), "5000");
    const child = new Child();
    await child.line();
    child.moveInto(group.folder);
    const source = { "gorgon.limit.source": `cgroup ${group.name}` };
    const mine = { "gorgon.cgroup": group.name };
    const before = await child.read();
    expect(valueOf(before, "gorgon.limit.cpu", source)).toBe(0.1);
    await child.ask("burn");
    const after = await child.read();
    const grown = (metric: string) => (valueOf(after, metric, mine) ?? NaN) - (valueOf(before, metric, mine) ?? NaN);
    expect(grown("gorgon.cgroup.cpu.throttled.periods")).toBeGreaterThan(2);
    expect(grown("gorgon.cgroup.cpu.throttled.time")).toBeGreaterThan(0.05);
    expect(grown("gorgon.cgroup.cpu.periods")).toBeGreaterThan(2);
    expect(valueOf(after, "gorgon.cgroup.cpu.throttled.ratio", mine)).toBeGreaterThan(0);
  });

  test("[cgroup-v1] names the memory limit that is tightest, and counts the process that the kernel kills for it", async () => {
    const group = makeGroup("memory");
    writeFileSync(path.join(group.folder, "memory.limit_in_bytes"), String(256 * MIB));
    writeFileSync(path.join(group.folder, "memory.swappiness"), "0");
    const [reader, hog] = [new Child(), new Child()];
    await Promise.all([reader.line(), hog.line()]);
    for (const child of [reader, hog]) child.moveInto(group.folder);
    // Whatever else the kernel thinks of, the hog is to go first.
    writeFileSync(`/proc/${String(hog.process.pid)}/oom_score_adj`, "1000");
    const before = await reader.read();
    expect(valueOf(before, "gorgon.limit.memory", { "gorgon.limit.source": `cgroup ${group.name}` })).toBe(256 * MIB);
    expect(valueOf(before, "gorgon.oom.kills", { "gorgon.cgroup": group.name })).toBe(0);

    const ended = once(hog.process, "exit");
    hog.process.stdin.write("hog\n");
    expect(await ended).toEqual([null, "SIGKILL"]);

    const after = await reader.read();
    expect(valueOf(after, "gorgon.oom.kills", { "gorgon.cgroup": group.name })).toBe(1);
    const host = { "gorgon.cgroup": "host" };
    const hostBefore = valueOf(before, "gorgon.oom.kills", host) ?? NaN;
    expect(valueOf(after, "gorgon.oom.kills", host)).toBeGreaterThan(hostBefore);
  });
});
