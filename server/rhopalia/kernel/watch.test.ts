import { describe, expect, test } from "vitest";
import type { CellRecord } from "../../../protocol/cell.ts";
import type { GuardState, KernelsState } from "../../../protocol/kernel.ts";
import { seriesKey, type Reading } from "../../../protocol/reading.ts";
import { BOOT_MS, CELL, ipykernel, KernelMachine, MACHINE_BYTES } from "./testing.ts";

const MIB = 2 ** 20;
const kernel = { pid: 50, startedAt: BOOT_MS + 1000 };
const slot = { "jupyter.kernel.number": "1", "jupyter.kernel.language": "python" };

function value(readings: readonly Reading[], metric: string, attributes = {}): number | undefined {
  const key = seriesKey(metric, attributes);
  return readings.find((one) => seriesKey(one.metric, one.attributes) === key)?.value;
}

function machine(files = {}, env = {}) {
  const made = new KernelMachine(files, env);
  made.put({ pid: 40, argv: ["/usr/bin/code"] });
  return made;
}

const guard = (phase: GuardState["phase"], reason = "It grew too fast."): GuardState => ({
  ...{ phase, reason, limitBytes: 100 * MIB, treeBytes: 90 * MIB, since: 0 },
});

describe("the kernel sensor", () => {
  test("has nothing to read and looks seldom while there is no kernel", async () => {
    const { watching, read } = machine().watch();
    expect(await read()).toEqual([]);
    expect(watching.sensor.wantedMs).toBe(4000);
  });

  test("reads memory, its share of the limit, cores and children, and looks every second", async () => {
    const made = machine();
    made.put({ pid: 50, parent: 40, argv: ipykernel(), bytes: 256 * MIB });
    const { watching, read, pass } = made.watch();
    await read();
    expect(watching.sensor.wantedMs).toBe(1000);
    made.put({ pid: 50, ticks: 150 });
    const readings = await pass(1);
    expect(value(readings, "jupyter.kernel.count")).toBe(1);
    expect(value(readings, "jupyter.kernel.memory.usage", slot)).toBe(256 * MIB);
    expect(value(readings, "jupyter.kernel.memory.utilization", slot)).toBe((256 * MIB) / MACHINE_BYTES);
    expect(value(readings, "jupyter.kernel.cpu.cores", slot)).toBeCloseTo(1.5, 6);
    expect(value(readings, "jupyter.kernel.children", slot)).toBe(0);
    // The machine's own memory has a rule already.
    expect(readings.some(({ metric }) => metric === "jupyter.kernel.limit.utilization")).toBe(false);
  });

  test("gives numbers again, so that kernels without end are series with one", async () => {
    const made = machine();
    const { pass } = made.watch();
    const seen = new Set<string>();
    for (let round = 0; round < 5; round++) {
      made.put({ pid: 100 + round, argv: ipykernel(`kernel-${String(round)}.json`), start: 1000 * round + 10_000 });
      for (const { metric, attributes } of await pass(6)) {
        if (metric === "jupyter.kernel.memory.usage") seen.add(seriesKey(metric, attributes));
      }
      made.end(100 + round);
      await pass(3);
    }
    expect([...seen]).toHaveLength(1);
  });

  test("counts shared pages once when there are children, and not oftener than in two seconds", async () => {
    const made = machine();
    made.put({ pid: 50, argv: ipykernel(), bytes: 100 * MIB, children: [51] });
    made.put({ pid: 51, parent: 50, argv: ["python3"], bytes: 100 * MIB });
    for (const pid of [50, 51]) made.host.write(`/proc/${String(pid)}/smaps_rollup`, `Pss: ${String(60 * 1024)} kB\n`);
    const { watching, pass } = made.watch();
    await pass(4);
    expect(watching.state().kernels[0]?.usage).toMatchObject({
      treeBytes: 120 * MIB,
      rssBytes: 100 * MIB,
      children: 1,
    });
    expect(made.host.asked.get("/proc/50/smaps_rollup")).toBe(2);
  });

  test("knows the tightest limit of the kernel's own group, and its level with a way back", async () => {
    const made = machine({ "/sys/fs/cgroup/box/memory.max": `${String(100 * MIB)}\n` });
    made.put({ pid: 50, argv: ipykernel(), bytes: 81 * MIB, cgroup: "/box" });
    const { watching, read, pass } = made.watch();
    const readings = await read();
    const own = readings.find(({ metric }) => metric === "jupyter.kernel.limit.utilization");
    expect(own).toMatchObject({
      value: 0.81,
      attributes: { "gorgon.limit.source": "cgroup /box", "process.pid": "50" },
    });
    const level = () => watching.state().kernels[0]?.level;
    expect(watching.state().kernels[0]?.limit).toEqual({ bytes: 100 * MIB, source: "cgroup /box" });
    expect(level()).toBe("WARN");
    for (const [mib, expected] of [
      [96, "CRIT"],
      [92, "CRIT"],
      [89, "WARN"],
      [77, "WARN"],
      [74, "OK"],
    ] as const) {
      made.put({ pid: 50, bytes: mib * MIB });
      await pass(1);
      expect([mib, level()]).toEqual([mib, expected]);
    }
  });

  test("adds up what kernel and children hold of the GPUs, and says nothing where the pids are not of this system", async () => {
    const made = machine();
    made.put({ pid: 50, argv: ipykernel(), children: [51] });
    made.put({ pid: 51, parent: 50 });
    let held: ReadonlyMap<number, number> | null = new Map([
      [50, 5 * MIB],
      [51, MIB],
      [40, 9 * MIB],
    ]);
    const { watching, pass } = made.watch({ gpu: () => held });
    await pass(1);
    const gpu = () => watching.state().kernels[0]?.usage?.gpuBytes;
    expect(gpu()).toBe(6 * MIB);
    held = new Map([[40, MIB]]);
    await pass(1);
    expect(gpu()).toBe(0);
    held = new Map([[987_654, MIB]]);
    await pass(1);
    expect(gpu()).toBeNull();
  });

  test("does nothing at all while it is switched off", async () => {
    const made = machine();
    made.put({ pid: 50, argv: ipykernel() });
    const { watching } = made.watch({ enabled: () => false, program: "/watcher.py" });
    watching.greet({
      kernel: { ...kernel, language: "python", host: "box" },
      executable: "/usr/bin/python3",
      faults: "",
    });
    watching.setRunning(kernel, { cell: CELL, startedAt: made.clock.now() });
    await watching.scan();
    await made.clock.advanceAsync(5000);
    expect(made.host.asked.get("/proc/50/stat")).toBeUndefined();
    expect(made.host.streams).toEqual([]);
  });
});

describe("a kernel that has just started", () => {
  const runtime = "/home/ada/.local/share/jupyter/runtime";
  const env = { HOME: "/home/ada" };
  const pids = (watching: { state(): KernelsState }) => watching.state().kernels.map((one) => one.kernel.pid);

  test("is found a moment after its connection file was written, and told at once", async () => {
    const made = machine({ [`${runtime}/old.json`]: "" }, env);
    const { watching, read } = made.watch({ program: "/watcher.py" });
    const told: number[][] = [];
    watching.onChange(({ kernels }) => told.push(kernels.map((one) => one.kernel.pid)));
    await read();
    made.host.write(`${runtime}/kernel-1.json`, "{}");
    await made.clock.advanceAsync(100);
    made.put({ pid: 50, argv: ipykernel() });
    await made.clock.advanceAsync(50);
    expect(pids(watching)).toEqual([50]);
    expect(made.host.streams.at(-1)?.heard).toHaveLength(1);
    await made.clock.advanceAsync(1);
    expect(told.at(-1)).toEqual([50]);
    // The rest of the searches finds nothing new, and then there are no more.
    await made.clock.advanceAsync(3000);
    made.put({ pid: 51, argv: ipykernel("kernel-2.json") });
    await made.clock.advanceAsync(30_000);
    expect(pids(watching)).toEqual([50]);
  });

  test("is found although its wrapper starts it a second later, and the wrapper is not taken for one", async () => {
    const made = machine({ [`${runtime}/old.json`]: "" }, env);
    const { watching, read, deaths, pass } = made.watch();
    await read();
    const wrapper = ["/opt/conda/bin/python", "/opt/conda/bin/conda", "run", "python", ...ipykernel().slice(1)];
    made.host.write(`${runtime}/kernel-1.json`, "{}");
    made.put({ pid: 49, parent: 40, argv: wrapper, start: 900_000 });
    await made.clock.advanceAsync(600);
    expect(pids(watching)).toEqual([49]);
    watching.setRunning({ pid: 49, startedAt: BOOT_MS + 9_000_000 }, { cell: CELL, startedAt: 0 });
    made.put({ pid: 50, parent: 49, argv: ipykernel(), start: 900_090 });
    await made.clock.advanceAsync(1500);
    expect(pids(watching)).toEqual([50]);
    expect(watching.state().kernels[0]?.running?.cell).toEqual(CELL);
    made.end(49);
    await pass(6);
    expect(deaths).toEqual([]);
  });

  test("is found where the folder of connection files came with it", async () => {
    const made = machine({ "/home/ada/notes.txt": "" }, env);
    const { watching, read } = made.watch();
    await read();
    made.put({ pid: 50, argv: ipykernel() });
    made.host.write(`${runtime}/kernel-1.json`, "{}");
    await made.clock.advanceAsync(150);
    expect(pids(watching)).toEqual([50]);
  });

  test("is found for who asks, but asking again and again makes no search each time", async () => {
    const made = machine();
    const { watching, read } = made.watch();
    await read();
    made.put({ pid: 50, argv: ipykernel() });
    await watching.scan();
    expect(pids(watching)).toEqual([]);
    await made.clock.advanceAsync(300);
    await Promise.all([watching.scan(), watching.scan()]);
    expect(pids(watching)).toEqual([50]);
    expect(made.host.asked.get("/proc/50/cmdline")).toBe(1);
  });

  test("is found when a window says what it runs, which is kept", async () => {
    const made = machine();
    const { watching } = made.watch();
    made.put({ pid: 50, argv: ipykernel() });
    watching.setRunning(kernel, { cell: CELL, startedAt: made.clock.now() });
    await made.clock.advanceAsync(0);
    expect(watching.state().kernels).toMatchObject([{ kernel: { pid: 50 }, running: { cell: CELL } }]);
  });
});

describe("what a kernel says of itself", () => {
  const hello = {
    kernel: { ...kernel, language: "python", host: "box" },
    executable: "/venv/bin/python",
    faults: "/run/f",
  };

  test("is told apart from what is only seen, until it parts", async () => {
    const made = machine();
    made.put({ pid: 50, argv: ipykernel() });
    const { watching, read } = made.watch();
    await read();
    expect(watching.state().kernels).toMatchObject([{ measured: false, connection: "kernel-1.json" }]);
    watching.greet({ ...hello, kernel: { ...hello.kernel, startedAt: kernel.startedAt + 900 } });
    expect(watching.state().kernels).toMatchObject([{ measured: true, kernel: { startedAt: kernel.startedAt + 900 } }]);
    watching.part(kernel);
    expect(watching.state().kernels).toMatchObject([{ measured: false }]);
  });

  test("makes a kernel of a process that does not look like one, and one elsewhere is listed without being looked at", () => {
    const made = machine();
    made.put({ pid: 50, argv: ["/usr/bin/ipython"] });
    const { watching } = made.watch();
    watching.greet(hello);
    watching.greet({ ...hello, kernel: { ...hello.kernel, pid: 7, host: "container" } });
    expect(watching.state().kernels.map(({ kernel: { pid }, usage }) => [pid, usage !== null])).toEqual([
      [50, true],
      [7, false],
    ]);
    watching.part({ pid: 7, startedAt: kernel.startedAt });
    expect(watching.state().kernels).toHaveLength(1);
  });

  test("is told at most twice a second", async () => {
    const made = machine();
    made.put({ pid: 50, argv: ipykernel() });
    const { watching, read } = made.watch();
    const told: KernelsState[] = [];
    watching.onChange((state) => told.push(state));
    await read();
    for (let round = 0; round < 40; round++) {
      watching.setGuard(kernel, guard("near"));
      await made.clock.advanceAsync(50);
    }
    expect(told.length).toBeGreaterThan(2);
    expect(told.length).toBeLessThanOrEqual(5);
    expect(told.at(-1)?.kernels[0]?.guard?.phase).toBe("near");
  });

  test("keeps the words of a frozen kernel, so that it is one alert", async () => {
    const made = machine();
    made.put({ pid: 50, argv: ipykernel() });
    const { watching, pass } = made.watch();
    await pass(1);
    const frozen = async () => (await pass(1)).find(({ metric }) => metric === "jupyter.kernel.frozen");
    watching.setGuard(kernel, guard("watching"));
    expect(await frozen()).toBeUndefined();
    watching.setGuard(kernel, guard("frozen", "It had 90 MiB."));
    const first = await frozen();
    expect(first?.attributes["jupyter.kernel.sentence"]).toContain("It had 90 MiB.");
    watching.setGuard(kernel, guard("frozen", "It has 91 MiB."));
    expect(await frozen()).toEqual(first);
    watching.setGuard(kernel, null);
    expect(await frozen()).toBeUndefined();
  });
});

describe("a run is measured from outside", () => {
  test("with the highest memory that was seen in it, four times a second while somebody says that it runs", async () => {
    const made = machine();
    made.put({ pid: 50, argv: ipykernel(), bytes: 100 * MIB });
    const { watching, pass } = made.watch();
    await pass(2);
    const from = made.clock.now();
    watching.setRunning(kernel, { cell: CELL, startedAt: from });
    await made.clock.advanceAsync(250);
    made.put({ pid: 50, bytes: 700 * MIB, ticks: 50 });
    await made.clock.advanceAsync(250);
    expect(watching.state().kernels[0]?.running).toMatchObject({ cell: CELL, peakBytes: 700 * MIB });
    made.put({ pid: 50, bytes: 200 * MIB, peakBytes: 100 * MIB, ticks: 100 });
    await made.clock.advanceAsync(500);
    const to = made.clock.now();
    watching.setRunning(kernel, null);
    const record = watching.measure({ ...kernel, cell: CELL, from, to, outcome: "ok" });
    expect(record).toMatchObject({ by: "outside", outcome: "ok", cell: CELL, startedAt: from, endedAt: to });
    expect(record?.measures).toMatchObject({
      wallMs: { value: 1000, quality: "exact" },
      peakBytes: { value: 700 * MIB, quality: "sampled" },
      peakDeltaBytes: { value: 600 * MIB, quality: "sampled" },
      cpuMs: { value: 1000, quality: "sampled" },
      cores: { value: 1, quality: "sampled" },
      endBytes: { value: 200 * MIB },
    });
  });

  test("exactly, when the kernel's peak of all time rose in it", async () => {
    const made = machine();
    made.put({ pid: 50, argv: ipykernel(), bytes: 100 * MIB, peakBytes: 120 * MIB });
    const { watching, pass } = made.watch();
    await pass(1);
    const from = made.clock.now() + 100;
    await made.clock.advanceAsync(300);
    // Up and down again between two looks.
    made.put({ pid: 50, peakBytes: 900 * MIB });
    const record = watching.measure({ ...kernel, cell: CELL, from, to: made.clock.now(), outcome: "ok" });
    expect(record?.measures.peakBytes).toEqual({ value: 900 * MIB, quality: "exact-lifetime" });
    expect(record?.notes.join(" ")).toContain("shorter than the time between two looks");
  });

  test("but not exactly when the peak may have been the run's before", async () => {
    const made = machine();
    made.put({ pid: 50, argv: ipykernel(), bytes: 100 * MIB, peakBytes: 120 * MIB });
    const { watching, pass } = made.watch();
    await pass(1);
    const at = made.clock.now();
    await made.clock.advanceAsync(400);
    made.put({ pid: 50, peakBytes: 900 * MIB });
    // Nobody looked between the two.
    watching.measure({ ...kernel, cell: CELL, from: at + 10, to: at + 200, outcome: "ok" });
    const second = watching.measure({ ...kernel, cell: CELL, from: at + 210, to: at + 400, outcome: "ok" });
    expect(second?.measures.peakBytes?.quality).toBe("sampled");
  });

  test("not at all when the kernel is not known or nobody looked", async () => {
    const made = machine();
    made.put({ pid: 50, argv: ipykernel() });
    const { watching, pass } = made.watch();
    await pass(1);
    const run = { cell: CELL, outcome: "ok" } as const;
    const now = made.clock.now();
    expect(watching.measure({ ...run, pid: 99, startedAt: 0, from: now - 10, to: now })).toBeNull();
    expect(watching.measure({ ...run, ...kernel, from: now - 900_000, to: now - 800_000 })).toBeNull();
    expect(watching.measure({ ...run, ...kernel, from: now, to: now - 5 })).toBeNull();
  });
});

describe("a kernel that dies", () => {
  const program = "/opt/gorgon/watcher.py";
  const quiet = {
    coreDumped: null,
    kernelLog: "",
    faults: "",
    oom: null,
    how: "pidfd",
    exitKnown: true,
    exitCode: null,
  };

  async function watched(more: Parameters<KernelMachine["put"]>[0] | object = {}) {
    const made = machine();
    made.put({ pid: 50, parent: 40, argv: ipykernel(), bytes: 100 * MIB, ...more });
    const watch = made.watch({ program });
    const records: CellRecord[] = [];
    watch.watching.onRecord((record) => records.push(record));
    await watch.pass(2);
    const stream = made.host.streams.at(-1);
    if (stream === undefined) throw new Error("no watcher was started");
    stream.say(JSON.stringify({ watching: { pid: 50, how: "pidfd" } }));
    const died = (report: object) => {
      stream.say(JSON.stringify({ died: { pid: 50, time: made.clock.now(), ...quiet, signal: "", ...report } }));
    };
    return { made, ...watch, records, stream, died };
  }

  test("is watched by the kernel's own Python, isolated, and told of by pid and start", async () => {
    const { stream } = await watched();
    expect([stream.file, ...stream.args]).toEqual(["/usr/bin/python3", "-I", program]);
    expect(stream.heard.map((line) => JSON.parse(line) as unknown)).toEqual([
      { watch: { pid: 50, startedAt: kernel.startedAt, faults: "" } },
    ]);
  });

  test("in a cell, leaves a verdict, a record and readings for five minutes", async () => {
    const { made, watching, deaths, records, died, pass } = await watched();
    const from = made.clock.now();
    watching.setRunning(kernel, { cell: CELL, startedAt: from });
    await pass(2);
    made.end(50);
    died({ exitCode: 3 });
    expect(deaths).toMatchObject([
      { cause: "exit", exitCode: 3, cell: CELL, folder: "/home/ada/work", ancestors: [40, 1] },
    ]);
    expect(records).toMatchObject([{ outcome: "died", cell: CELL, startedAt: from, by: "outside" }]);
    expect(watching.state()).toMatchObject({ kernels: [], deaths: [{ cause: "exit" }] });
    const told = (await pass(1)).find(({ metric }) => metric === "jupyter.kernel.died");
    expect(told).toMatchObject({ value: 1, attributes: { "jupyter.kernel.sentence": deaths[0]?.sentence } });
    expect(watching.sensor.wantedMs).toBe(1000);
    await made.clock.advanceAsync(300_000);
    expect(await pass(1)).toEqual([]);
    expect(watching.sensor.wantedMs).toBe(4000);
  });

  test("has died in the cell of which is heard only as it is seen to be gone", async () => {
    for (const first of ["watcher", "look"]) {
      const { made, watching, deaths, records, died, pass } = await watched();
      const from = made.clock.now();
      const vanished: number[] = [];
      watching.onVanished(({ pid }) => {
        vanished.push(pid);
        watching.setRunning(kernel, { cell: CELL, startedAt: from });
      });
      await pass(1);
      made.end(50);
      if (first === "look") await pass(1);
      died({ signal: "SIGKILL" });
      await pass(1);
      expect(deaths).toMatchObject([{ signal: "SIGKILL", cell: CELL, cellStartedAt: from }]);
      expect(records).toMatchObject([{ outcome: "died", cell: CELL, startedAt: from }]);
      expect(vanished).toEqual([50]);
    }
  });

  test("is told once, whoever saw it first, and as soon as the watcher speaks", async () => {
    const { made, watching, deaths, died, pass } = await watched();
    watching.setRunning(kernel, { cell: CELL, startedAt: made.clock.now() });
    made.end(50);
    await pass(1);
    expect(deaths).toEqual([]);
    expect(watching.state().kernels).toEqual([]);
    died({ signal: "SIGSEGV" });
    expect(deaths.map(({ cause }) => cause)).toEqual(["segfault"]);
    await pass(10);
    expect(deaths).toHaveLength(1);
  });

  test("is said to be unknown when the watcher says nothing", async () => {
    const { made, watching, deaths, pass } = await watched();
    watching.setRunning(kernel, { cell: CELL, startedAt: made.clock.now() });
    made.end(50);
    await pass(6);
    expect(deaths).toMatchObject([{ cause: "unknown" }]);
  });

  test("idle and killed together with its window has only ended", async () => {
    const { made, deaths, died } = await watched();
    made.end(50);
    died({ signal: "SIGKILL" });
    await made.clock.advanceAsync(300);
    made.end(40);
    await made.clock.advanceAsync(3000);
    expect(deaths).toMatchObject([{ cause: "ended" }]);
  });

  test("idle and killed while its window stays was killed", async () => {
    const { made, deaths, died } = await watched();
    made.end(50);
    died({ signal: "SIGKILL" });
    await made.clock.advanceAsync(3000);
    expect(deaths).toMatchObject([{ cause: "signal", signal: "SIGKILL" }]);
  });

  test("after it was asked to, even if that is heard a moment later, has only ended, and its cell was interrupted", async () => {
    const { made, watching, deaths, records, died } = await watched();
    watching.setRunning(kernel, { cell: CELL, startedAt: made.clock.now() });
    made.end(50);
    died({ signal: "SIGKILL" });
    await made.clock.advanceAsync(200);
    watching.setLeaving(kernel);
    await made.clock.advanceAsync(2000);
    expect(deaths).toMatchObject([{ cause: "ended" }]);
    expect(records).toMatchObject([{ outcome: "interrupted" }]);
  });

  test("after it was asked to has only ended, also where what it ran then is heard of later", async () => {
    const { made, watching, deaths, died, pass } = await watched();
    const from = made.clock.now();
    await pass(1);
    watching.setLeaving(kernel);
    watching.setRunning(kernel, { cell: CELL, startedAt: from });
    made.end(50);
    died({ signal: "SIGKILL" });
    await pass(3);
    expect(deaths).toMatchObject([{ cause: "ended", cell: CELL }]);
    const again = await watched();
    again.watching.setLeaving(kernel);
    await again.pass(1);
    again.watching.setRunning(kernel, { cell: CELL, startedAt: again.made.clock.now() });
    again.made.end(50);
    again.died({ signal: "SIGKILL" });
    await again.pass(3);
    expect(again.deaths).toMatchObject([{ cause: "signal", cell: CELL }]);
  });

  test("that is seen to be gone only as somebody says what it ran has died in that", async () => {
    const made = machine();
    made.put({ pid: 50, parent: 40, argv: ipykernel(), bytes: 100 * MIB });
    const { watching, deaths, pass } = made.watch();
    await pass(2);
    watching.setLeaving(kernel);
    made.end(50);
    watching.setRunning(kernel, { cell: CELL, startedAt: made.clock.now() - 100 });
    await pass(3);
    expect(deaths).toMatchObject([{ cause: "ended", cell: CELL }]);
  });

  test("without any watcher is judged by its group's counter", async () => {
    const files = {
      "/sys/fs/cgroup/box/memory.max": `${String(100 * MIB)}\n`,
      "/sys/fs/cgroup/box/memory.events": "oom 1\noom_kill 4\n",
    };
    const made = machine(files);
    made.put({ pid: 50, argv: ipykernel(), cgroup: "/box" });
    const { deaths, pass } = made.watch();
    await pass(2);
    made.host.write("/sys/fs/cgroup/box/memory.events", "oom 2\noom_kill 5\n");
    made.end(50);
    await pass(4);
    expect(deaths).toMatchObject([{ cause: "oom", limit: { bytes: 100 * MIB, source: "cgroup /box" } }]);
  });

  test("is said to have had what it had before the system took it back", async () => {
    const { made, deaths, died, pass } = await watched();
    made.put({ pid: 50, bytes: 900 * MIB });
    await pass(1);
    made.put({ pid: 50, bytes: 30 * MIB });
    await pass(1);
    made.end(50);
    died({ signal: "SIGKILL", oom: { group: "/box", before: 0, after: 1, limitBytes: 1000 * MIB } });
    expect(deaths).toMatchObject([{ cause: "oom", lastBytes: 900 * MIB }]);
  });

  test("whose pid is another process' by now is dead, and the other one is not it", async () => {
    const made = machine();
    made.put({ pid: 50, argv: ipykernel() });
    const { watching, deaths, pass } = made.watch();
    await pass(2);
    made.put({ pid: 50, argv: ipykernel("kernel-2.json"), start: 900_000 });
    await pass(8);
    expect(deaths).toHaveLength(1);
    expect(watching.state().kernels).toMatchObject([{ connection: "kernel-2.json" }]);
  });
});
