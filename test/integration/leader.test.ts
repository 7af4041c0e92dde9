/** Several windows of one user, as real processes: one leads, the others follow. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { attentionChanged, collectNow, getAnnotations, getDoctor, getHistory } from "../../protocol/messages/worker.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { soon, TAKEOVER_MS, Windows, type Window } from "./windows.ts";

const windows = new Windows();
const open = (...context: Parameters<Windows["open"]>) => windows.open(...context);

const memoryRead = (state: WorkerState) => state.bell.verdicts.find(({ rule }) => rule.id === "memory")?.readAt ?? null;

describe("two windows of one user", () => {
  it("have one leader that writes; the other shows what it senses, moment for moment", async () => {
    const first = await open();
    const second = await open();
    expect(first.last).toMatchObject({ role: { role: "leads" }, history: { mode: "writing" } });
    expect(second.last).toMatchObject({
      role: { role: "follows", leader: first.client.child.pid },
      history: { mode: "following" },
    });
    const mark = second.states.length;
    await expect.poll(() => second.states.length, soon).toBeGreaterThan(mark + 3);
    const read = new Set(first.states.map(memoryRead));
    for (const state of second.states.slice(mark, -1)) expect(read).toContain(memoryRead(state));
    // What the second costs is its own.
    expect(second.last?.self.pid).toBe(second.client.child.pid);
  });

  it("poll at the smaller interval that one of them wants, and only while it is open", async () => {
    const slow = await open({ settings: { interval: 30 } });
    const fast = await open({ settings: { interval: 0.5 } });
    await expect.poll(() => [slow.last?.intervalMs, fast.last?.intervalMs], soon).toEqual([500, 500]);
    await fast.client.shutdown();
    await expect.poll(async () => (await slow.client.send(collectNow, null)).intervalMs, soon).toBe(30_000);
  });

  it("keep their workspaces' rules apart: each judges its own, and the leader knows of the other's", async () => {
    const first = await open();
    const folder = path.join(windows.home, "project");
    mkdirSync(folder);
    const yaml = "rules:\n  - {id: load, title: Load, metric: system.cpu.load_average.1m, warn: 1000}\n";
    writeFileSync(path.join(folder, "gorgon.yaml"), yaml);
    const second = await open({ workspaceFolders: [{ name: "project", path: folder }] });
    const rules = (state: WorkerState | undefined) => state?.bell.verdicts.map(({ rule }) => rule.id);
    expect(rules(second.last)).toContain("load");
    expect(rules(first.last)).not.toContain("load");
    const followers = async () =>
      (await first.client.send(getDoctor, null)).findings.find(({ subject }) => subject === "Followers")?.detail;
    await expect.poll(followers, soon).toContain("1 workspace rule");
    await second.client.shutdown();
    await expect.poll(followers, soon).toBe("no other window follows");
  });

  it("both tell every change of level, but the one that follows tells no more often than the guardian polls", async () => {
    const settings = { interval: 1, memoryWarn: 1 };
    const first = await open({ settings });
    const second = await open({ settings });
    await expect.poll(() => second.role, soon).toBe("follows");
    const marks = [first.states.length, second.states.length] as const;
    // The memory's warning has called the watchdog, which polls more often.
    await expect.poll(() => first.states.length - marks[0], { timeout: 15_000 }).toBeGreaterThan(8);
    const told = second.states.slice(marks[1]).map((state) => {
      // Alerts of what else happens on the machine, as the end of somebody's kernel, are told at once too.
      const alerts = state.bell.alerts.map(({ id, changedAt }) => `${id} ${String(changedAt)}`);
      return [memoryRead(state), ...state.bell.verdicts.map(({ level }) => level), ...alerts].join(" ");
    });
    expect(told.length).toBeGreaterThan(1);
    expect(new Set(told).size).toBe(told.length);
  });

  it("tell in the doctor who leads, over which socket and by which lock", async () => {
    const first = await open();
    const second = await open();
    for (const [window, words] of [
      [first, "this window leads"],
      [second, `the window of process ${String(first.client.child.pid)} leads`],
    ] as const) {
      const { findings } = await window.client.send(getDoctor, null);
      const said = (subject: string) => findings.find((one) => one.group === "Windows" && one.subject === subject);
      expect(said("Leader")).toMatchObject({ status: "ok", detail: words });
      expect(said("Socket")?.detail).toMatch(/\.sock$/);
      expect(said("Lock")?.detail).toMatch(/leader\.db$/);
    }
  });
});

describe("a notification", () => {
  const yaml = "rules:\n  - {id: some, title: Some memory, metric: system.memory.limit, crit: 1}\n";
  const told = (window: Window) =>
    window.last?.bell.alerts.find(({ rule, notifications }) => rule === "some" && notifications > 0);
  const attend = (window: Window, focused: boolean, notifies = true) =>
    window.client.tell(attentionChanged, { focused, dashboardVisible: false, notifies });
  /** Notifications wait ten seconds for others of their cause. */
  const ripe = { timeout: 20_000, interval: 50 };

  /** What each window's extension would show: growth that names its own worker. */
  function shown(window: Window): number {
    let known = 0;
    let count = 0;
    for (const { bell, role } of window.states) {
      const alert = bell.alerts.find(({ rule }) => rule === "some");
      if (alert === undefined) continue;
      if (alert.notifications > known && alert.teller === role?.worker) count += 1;
      known = alert.notifications;
    }
    return count;
  }

  function write(): void {
    const folder = path.join(windows.home, "config", "gorgon");
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, "gorgon.yaml"), yaml);
  }

  it("is shown by the window that has the focus, once, though another one leads", { timeout: 40_000 }, async () => {
    write();
    const leader = await open();
    const others = [await open(), await open()] as const;
    await attend(leader, false);
    await attend(others[0], true);
    await attend(others[1], false);
    await expect.poll(() => [leader, ...others].every((one) => told(one) !== undefined), ripe).toBe(true);
    expect(others[0].role).toBe("follows");
    expect([leader, ...others].map(shown)).toEqual([0, 1, 0]);
    const worker = others[0].last?.role?.worker;
    expect([leader, ...others].map((one) => told(one)?.teller)).toEqual([worker, worker, worker]);
  });

  it("is shown by one that follows where what leads is a terminal, or shows none", { timeout: 40_000 }, async () => {
    write();
    // Nothing that is no window says what it attends to.
    const leader = await open();
    const silent = await open();
    const able = await open();
    await attend(silent, true, false);
    await attend(able, false);
    await expect.poll(() => [leader, silent, able].every((one) => told(one) !== undefined), ripe).toBe(true);
    expect([leader, silent, able].map(shown)).toEqual([0, 0, 1]);
  });
});

describe("what a window that follows wants of the one that leads", () => {
  it("is a GPU: its dashboard has it read there, and nowhere when it goes", { timeout: 40_000 }, async () => {
    const starts = path.join(windows.home, "nvidia-starts");
    const env = { PATH: `${standIn(starts)}${path.delimiter}${process.env["PATH"] ?? ""}` };
    const first = await open({}, env);
    const second = await open({}, env);
    const query = { metric: "hw.gpu.utilization", match: {}, from: 0, to: 1, step: 0, aggregate: "avg" };
    expect(existsSync(starts)).toBe(false);
    await second.client.send(getHistory, { queries: [query as never] });
    await expect.poll(() => second.last?.glance.gpu?.length, { timeout: 15_000 }).toBe(2);
    const lines = readFileSync(starts, "utf8").trim().split("\n");
    const children = lines.map((line) => line.split(" ").map(Number));
    expect(new Set(children.map(([parent]) => parent))).toEqual(new Set([first.client.child.pid]));
    await second.client.shutdown();
    const alive = () => children.filter(([, pid]) => isAlive(pid ?? 0)).length;
    await expect.poll(alive, { timeout: 20_000 }).toBe(0);
    await expect.poll(() => first.last?.glance.gpu ?? null, soon).toBeNull();
  });

  it("is its workspace's alerts on the time line, which end when it goes, once for two windows of it", async () => {
    const first = await open();
    const folder = path.join(windows.home, "project");
    mkdirSync(folder);
    const yaml = "rules:\n  - {id: some, title: Some memory, metric: system.memory.limit, crit: 1}\n";
    writeFileSync(path.join(folder, "gorgon.yaml"), yaml);
    const context = { workspaceFolders: [{ name: "project", path: folder }] };
    const second = await open(context);
    const third = await open(context);
    const mine = async (window: Window) => {
      const { annotations } = await window.client.send(getAnnotations, { from: 0, to: Date.now() + 60_000 });
      return annotations.filter(({ source }) => source === "workspace project/some");
    };
    await expect.poll(() => mine(second), soon).toMatchObject([{ kind: "alert" }]);
    expect(first.last?.bell.verdicts.map(({ rule }) => rule.id)).not.toContain("some");
    await second.client.shutdown();
    const mark = first.states.length;
    await expect.poll(() => first.states.length, soon).toBeGreaterThan(mark + 2);
    const goneAt = Date.now();
    await third.client.shutdown();
    // It may come back within a minute, as after a reload: until then its alert stands. An orderly end writes what is known.
    await first.client.shutdown();
    const last = await open();
    await expect.poll(async () => ((await mine(last))[0]?.end ?? 0) >= goneAt - 1000, soon).toBe(true);
    // Had the first written a note for each window or moment, there would be more.
    expect(await mine(last)).toHaveLength(1);
  });

  it("is history, also where the leading window has none on disk, and only as long as it is open", async () => {
    const first = await open({ settings: { interval: 0.5, historyEnabled: false } });
    expect(first.last?.history).toMatchObject({ mode: "memory" });
    const second = await open();
    await expect
      .poll(() => [first.last?.history.mode, second.last?.history.mode], soon)
      .toEqual(["writing", "following"]);
    expect(first.last?.history.reason).toMatch(/switched off in this window .*but on in another/);
    const began = Date.now();
    const query = { metric: "system.memory.limit", match: {}, from: began, step: 0, aggregate: "avg" };
    const written = async () => {
      const { frames } = await second.client.send(getHistory, { queries: [{ ...query, to: Date.now() } as never] });
      return frames[0]?.[0]?.times.length ?? 0;
    };
    await expect.poll(written, soon).toBeGreaterThan(2);
    await second.client.shutdown();
    await expect.poll(() => first.last?.history.mode, soon).toBe("memory");
  });
});

/** A folder with an nvidia-smi that replays two GPUs and leaves its parent's and its own process id in a file. */
function standIn(starts: string): string {
  const folder = path.join(windows.home, "bin");
  mkdirSync(folder);
  const gpu = path.resolve(import.meta.dirname, "../../server/rhopalia/gpu");
  const program = [
    `#!${process.execPath}`,
    `require("node:fs").appendFileSync(${JSON.stringify(starts)}, process.ppid + " " + process.pid + "\\n");`,
    `process.argv.splice(2, 0, ${JSON.stringify(path.join(gpu, "recorded", "two-gpus"))});`,
    `import(${JSON.stringify(path.join(gpu, "stand-in.ts"))});`,
  ];
  writeFileSync(path.join(folder, "nvidia-smi"), program.join("\n"), { mode: 0o755 });
  return folder;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("when the leading window is gone", () => {
  it("by kill -9, another leads within five seconds, its bell never falls silent, and history has no hole", async () => {
    let leader = await open();
    const began = Date.now();
    const others = [await open(), await open()];
    for (let round = 0; round < 3; round++) {
      await expect.poll(() => others.every(({ role }) => role === "follows"), soon).toBe(true);
      const marks = others.map(({ states }) => states.length);
      await leader.kill();
      const killed = performance.now();
      await expect.poll(() => others.filter(({ role }) => role === "leads").length, soon).toBe(1);
      const tookMs = performance.now() - killed;
      expect(tookMs).toBeLessThan(TAKEOVER_MS);
      const next = others.find(({ role }) => role === "leads");
      const rest = others.find((one) => one !== next);
      if (next === undefined || rest === undefined) throw new Error("two lead");
      await expect.poll(() => rest.last?.role?.leader, soon).toBe(next.client.child.pid);
      await expect.poll(() => next.last?.history.mode, soon).toBe("writing");
      expect(rest.role).toBe("follows");
      // A second of each after the change.
      const after = next.states.length;
      await expect.poll(() => next.states.length, soon).toBeGreaterThan(after + 2);
      for (const [index, one] of others.entries()) {
        const levels = one.states.slice(marks[index]).flatMap(({ bell }) => bell.verdicts.map(({ level }) => level));
        expect(levels).not.toContain("UNKNOWN");
      }
      console.log(`takeover ${String(round + 1)}: ${tookMs.toFixed(0)} ms`);
      others.splice(others.indexOf(next), 1, await open());
      leader = next;
    }
    const query = { metric: "system.memory.limit", match: {}, from: began, to: Date.now(), step: 0, aggregate: "avg" };
    const { frames } = await leader.client.send(getHistory, { queries: [query as never] });
    const times = frames[0]?.[0]?.times ?? [];
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(times.length).toBeGreaterThan(10);
    expect(Math.max(...gaps)).toBeLessThan(2000);
  });

  it("in order, another leads at once", async () => {
    const first = await open();
    const second = await open();
    expect(await first.client.shutdown()).toBe(0);
    await expect.poll(() => second.role, soon).toBe("leads");
  });

  it(
    "in that it hangs, the other watches for itself without writing, and follows again when it answers",
    { timeout: 60_000 },
    async () => {
      const first = await open();
      const second = await open();
      first.client.child.kill("SIGSTOP");
      try {
        await expect.poll(() => second.role, { timeout: 20_000, interval: 50 }).toBe("alone");
        expect(second.last?.role?.reason).toMatch(/another window leads, but cannot be followed/);
        const mark = second.states.length;
        await expect
          .poll(() => second.states.slice(mark).some(({ bell }) => bell.level !== "UNKNOWN"), soon)
          .toBe(true);
        expect(second.last?.history.mode).toBe("following");
      } finally {
        first.client.child.kill("SIGCONT");
      }
      await expect.poll(() => second.role, { timeout: 20_000, interval: 50 }).toBe("follows");
      expect(first.role).toBe("leads");
    },
  );
});
