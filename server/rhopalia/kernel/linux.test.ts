import { describe, expect, test } from "vitest";
import { LinuxEye } from "./linux.ts";
import { BOOT_MS, ipykernel, KernelMachine } from "./testing.ts";

const none = new AbortController().signal;
const MIB = 2 ** 20;

function machine() {
  const made = new KernelMachine();
  return { made, host: made.host, clock: made.clock, eye: new LinuxEye(made.host) };
}

describe("kernels are found", () => {
  test("with their folder, parents, language and start", async () => {
    const { made, eye } = machine();
    made.put({ pid: 1, parent: 0, argv: ["/sbin/init"] });
    made.put({ pid: 40, argv: ["/usr/bin/code"] });
    made.put({ pid: 50, parent: 40, argv: ipykernel(), start: 4200 });
    expect(await eye.scan(none)).toEqual([
      {
        pid: 50,
        startedAt: BOOT_MS + 42_000,
        language: "python",
        connection: "kernel-1.json",
        folder: "/home/ada/work",
        executable: "/usr/bin/python3",
        ancestors: [40, 1],
        starter: 40,
      },
    ]);
  });

  test("but not another user's, a dead one, or one with a stat that makes no sense", async () => {
    const { made, host, eye } = machine();
    made.put({ pid: 51, argv: ipykernel("kernel-2.json"), uid: 0 });
    made.put({ pid: 52, argv: ipykernel("kernel-3.json"), state: "Z" });
    made.put({ pid: 53, argv: ipykernel("kernel-4.json") });
    host.write("/proc/53/stat", "53 (nonsense");
    made.put({ pid: 54, argv: ipykernel("kernel-5.json") });
    host.fail("/proc/54/cmdline", "EACCES");
    expect(await eye.scan(none)).toEqual([]);
  });

  test("under any name, and once although it forked and stands under a wrapper", async () => {
    const { made, eye } = machine();
    const wrapper = ["/opt/conda/bin/python", "/opt/conda/bin/conda", "run", "python", ...ipykernel().slice(1)];
    made.put({ pid: 60, argv: ["/usr/bin/code"] });
    made.put({ pid: 61, parent: 60, argv: wrapper });
    made.put({ pid: 62, parent: 61, argv: ipykernel(), name: "a) S 1 (b\n" });
    made.put({ pid: 63, parent: 62, argv: ipykernel() });
    made.put({ pid: 64, parent: 63, argv: ipykernel() });
    const found = await eye.scan(none);
    expect(found.map(({ pid, starter }) => [pid, starter])).toEqual([[62, 60]]);
  });

  test("although the process was another program when it was first seen", async () => {
    const { made, clock, eye } = machine();
    made.put({ pid: 70, argv: ["/usr/bin/bash"] });
    expect(await eye.scan(none)).toEqual([]);
    clock.advance(4000);
    made.put({ pid: 70, argv: ipykernel() });
    expect((await eye.scan(none)).map(({ pid }) => pid)).toEqual([70]);
  });

  test("without reading every command line again at each scan", async () => {
    const { made, host, clock, eye } = machine();
    made.put({ pid: 80 });
    for (let scan = 0; scan < 10; scan++) {
      await eye.scan(none);
      clock.advance(4000);
    }
    // In its first ten seconds, and not again before a minute.
    expect(host.asked.get("/proc/80/cmdline")).toBe(3);
  });
});

describe("a look", () => {
  const kernel = { pid: 50, startedAt: BOOT_MS + 1000 };

  test("adds up the kernel and all below it", () => {
    const { made, eye } = machine();
    made.put({ pid: 50, argv: ipykernel(), bytes: 100 * MIB, peakBytes: 300 * MIB, threads: 9, children: [51] });
    made.put({ pid: 51, parent: 50, bytes: 10 * MIB, threads: 2, children: [52] });
    made.put({ pid: 52, parent: 51, bytes: MIB });
    expect(eye.look(kernel)).toMatchObject({
      rssBytes: 100 * MIB,
      sumBytes: 111 * MIB,
      peakBytes: 300 * MIB,
      pids: [50, 51, 52],
      threads: 12,
    });
  });

  test("finds a child that another thread started", () => {
    const { made, host, eye } = machine();
    made.put({ pid: 50, argv: ipykernel() });
    host.write("/proc/50/task/58/children", "59 ");
    made.put({ pid: 59, parent: 50 });
    expect(eye.look(kernel)).toMatchObject({ pids: [50, 59] });
  });

  test("asks the scan who is whose child where the system does not say", async () => {
    const { made, host, eye } = machine();
    made.put({ pid: 50, argv: ipykernel() });
    made.put({ pid: 51, parent: 50 });
    host.remove("/proc/50/task/50/children");
    host.write("/proc/50/task/50/stat", "");
    eye.look(kernel);
    await eye.scan(none);
    expect(eye.look(kernel)).toMatchObject({ pids: [50, 51] });
  });

  test("counts a child's time once, while it lives and after it was waited for", () => {
    const { made, eye } = machine();
    const cpu = () => {
      const seen = eye.look(kernel);
      return seen === "gone" ? null : [seen.cpuMs, seen.childCpuMs];
    };
    made.put({ pid: 50, argv: ipykernel(), ticks: 500, reaped: 70 });
    expect(cpu()).toEqual([0, 0]);
    made.put({ pid: 50, ticks: 510, children: [51] });
    made.put({ pid: 51, parent: 50, start: 300, ticks: 40 });
    expect(cpu()).toEqual([500, 400]);
    made.end(51);
    // Ten ticks more before it ended.
    made.put({ pid: 50, ticks: 510, reaped: 120, children: [] });
    expect(cpu()).toEqual([600, 500]);
  });

  test("takes one whose memory is given back already for gone, before it is a zombie", () => {
    const { made, host, eye } = machine();
    made.put({ pid: 50, argv: ipykernel(), bytes: 0 });
    host.write("/proc/50/status", "Name:\tpython3\nState:\tR (running)\nUid:\t1000\t1000\t1000\t1000\n");
    expect(eye.look(kernel)).toBe("gone");
  });

  test("takes a dead process, a vanished one and another one with its pid for gone", () => {
    const { made, eye } = machine();
    expect(eye.look(kernel)).toBe("gone");
    made.put({ pid: 50, argv: ipykernel(), state: "Z" });
    expect(eye.look(kernel)).toBe("gone");
    made.put({ pid: 50, state: "S", start: 90_000 });
    expect(eye.look(kernel)).toBe("gone");
  });

  test("counts shared pages once where it may", async () => {
    const { host, eye } = machine();
    host.write("/proc/50/smaps_rollup", "00400000-7fff [rollup]\nRss: 9000 kB\nPss:    2048 kB\nPss_Anon: 1 kB\n");
    host.write("/proc/51/smaps_rollup", "Pss: 1024 kB\n");
    expect(await eye.shared([50, 51, 52])).toBe(3 * MIB);
    host.fail("/proc/50/smaps_rollup", "EACCES");
    expect(await eye.shared([50, 51])).toBeNull();
  });
});
