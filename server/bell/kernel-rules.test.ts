/** The built-in rules on notebook kernels, on a recorded machine with the real sensor, hub, judge and book. */
import { afterEach, describe, expect, test } from "vitest";
import { defaultConfig } from "../config/defaults.ts";
import { CrabGuardian } from "../crabs/guardian.ts";
import { silentLog } from "../host/log.ts";
import { Octopus } from "../octopus/octopus.ts";
import { BOOT_MS, CELL, ipykernel, KernelMachine } from "../rhopalia/kernel/testing.ts";
import { Bell } from "./bell.ts";
import { rulesOf } from "./rules.ts";

const MIB = 2 ** 20;
const kernel = { pid: 50, startedAt: BOOT_MS + 1000 };

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function ringing() {
  const made = new KernelMachine({ "/sys/fs/cgroup/box/memory.max": `${String(100 * MIB)}\n` });
  made.put({ pid: 40, argv: ["/usr/bin/code"] });
  made.put({ pid: 50, parent: 40, argv: ipykernel(), cgroup: "/box", bytes: 50 * MIB });
  const { clock } = made;
  const { watching } = made.watch({ program: "/watcher.py" });
  const hub = new Octopus({ node: "here", clock });
  hub.register(
    new CrabGuardian({ name: "kernels", node: "here", sensors: [watching.sensor], clock, intervalMs: 1000, jitter: 0 }),
  );
  const rules = rulesOf(defaultConfig().config).filter(({ id }) => id.startsWith("kernel-"));
  const bell = new Bell({ hub, rules, clock, log: silentLog });
  open.push(async () => {
    bell.dispose();
    await hub.close();
    await watching.close();
  });
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await hub.collectOnce();
      await clock.advanceAsync(1000);
    }
  };
  await pass(2);
  const said = () => bell.state().alerts.map(({ rule, status, level, message }) => ({ rule, status, level, message }));
  const die = (report: object) => {
    made.end(50);
    const stream = made.host.streams[0];
    stream?.say('{"watching":{"pid":50,"how":"pidfd"}}');
    const quiet = { coreDumped: null, kernelLog: "", faults: "", oom: null, how: "pidfd", exitKnown: true, signal: "" };
    stream?.say(JSON.stringify({ died: { pid: 50, time: clock.now(), exitCode: null, ...quiet, ...report } }));
  };
  return { made, watching, bell, pass, said, die };
}

describe("the bell", () => {
  test("is silent about kernels that are well", async () => {
    const { bell, pass, said } = await ringing();
    await pass(5);
    expect(said()).toEqual([]);
    expect(bell.state().headline).toBe("All is well");
  });

  test("rings once for a kernel that died in a cell, in the verdict's words, and is done in five minutes", async () => {
    const { made, watching, bell, pass, said, die } = await ringing();
    watching.setRunning(kernel, { cell: CELL, startedAt: made.clock.now() });
    die({ exitCode: 1 });
    const message = "The kernel ended by itself with exit code 1 in cell [7]";
    const alert = { rule: "kernel-died", status: "firing", level: "CRIT", message };
    await pass(1);
    expect(said()).toEqual([alert]);
    expect(bell.state()).toMatchObject({ level: "CRIT", headline: message });
    expect(bell.state().verdicts[0]).toMatchObject({ rule: { id: "kernel-died" }, reason: message });
    await pass(290);
    expect(said()).toEqual([alert]);
    await pass(20);
    expect(said()).toEqual([{ ...alert, status: "resolved" }]);
    expect(bell.state().verdicts).toEqual([]);
    expect(bell.book.history({ from: 0, to: Infinity, rule: "kernel-died", limit: 9 })).toHaveLength(1);
  });

  test("says nothing of one that was asked to end", async () => {
    const { watching, pass, said, die } = await ringing();
    watching.setLeaving(kernel);
    die({ signal: "SIGKILL" });
    await pass(5);
    expect(said()).toEqual([]);
  });

  test("rings for one that is near a limit tighter than the machine", async () => {
    const { made, pass, said } = await ringing();
    made.put({ pid: 50, bytes: 85 * MIB });
    await pass(1);
    const message = "Kernel python 50 comes near its memory limit: 85.0 %";
    expect(said()).toEqual([{ rule: "kernel-memory", status: "firing", level: "WARN", message }]);
    made.put({ pid: 50, bytes: 97 * MIB });
    await pass(1);
    expect(said()).toMatchObject([
      { level: "CRIT", message: "Kernel python 50 is about to reach its memory limit: 97.0 %" },
    ]);
    made.put({ pid: 50, bytes: 60 * MIB });
    await pass(1);
    expect(said()).toMatchObject([{ status: "resolved" }]);
  });

  test("rings for a frozen one until it is answered", async () => {
    const { made, watching, pass, said } = await ringing();
    const guard = { limitBytes: 90 * MIB, treeBytes: 89 * MIB, since: made.clock.now(), reason: "It grew by 2 GiB/s." };
    watching.setGuard(kernel, { ...guard, phase: "frozen" });
    await pass(3);
    expect(said()).toMatchObject([
      {
        ...{ rule: "kernel-frozen", status: "firing", level: "CRIT" },
        message:
          "The kernel of process 50 is frozen by its memory guard and waits for an answer (continue, interrupt or end): " +
          "It grew by 2 GiB/s",
      },
    ]);
    watching.setGuard(kernel, { ...guard, phase: "watching" });
    await pass(5);
    expect(said()).toMatchObject([{ rule: "kernel-frozen", status: "resolved" }]);
  });
});
