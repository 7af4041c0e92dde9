/** Several windows of one user, as real processes: one leads, the others follow; and what may be wrong with their places. */
import { fork, type ChildProcess } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  attentionChanged,
  collectNow,
  getAnnotations,
  getDoctor,
  getHistory,
  stateChanged,
} from "../../protocol/messages/worker.ts";
import type { ClientContext } from "../../protocol/settings.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { here } from "../platforms.ts";
import { TestClient } from "../protocol/client.ts";
import type { StackNews, StackTask } from "./leader-child.ts";

const TAKEOVER_MS = 5000;

let home: string;
const windows: TestClient[] = [];
const children: ChildProcess[] = [];

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "gorgon-windows-"));
});
afterEach(async () => {
  await Promise.all(windows.splice(0).map((one) => one.dispose({ keepHome: true })));
  await Promise.all(
    children.splice(0).map(
      (child) =>
        new Promise<void>((resolve) => {
          if (child.exitCode !== null || child.signalCode !== null) {
            resolve();
            return;
          }
          child.once("exit", () => resolve());
          child.disconnect();
        }),
    ),
  );
  rmSync(home, { recursive: true, force: true });
});

/** A window's worker, and every state it told. */
class Window {
  readonly client: TestClient;
  readonly states: WorkerState[] = [];

  constructor(env: Readonly<Record<string, string>> = {}) {
    this.client = new TestClient({ home, env });
    windows.push(this.client);
    this.client.connection.onNotification(stateChanged.method, (state: WorkerState) => void this.states.push(state));
  }

  async open(context: Partial<ClientContext> = {}): Promise<this> {
    await this.client.initializeWith({ settings: { interval: 0.5 }, ...context });
    await this.client.send(collectNow, null);
    return this;
  }

  get last(): WorkerState | undefined {
    return this.states.at(-1);
  }

  get role(): string {
    return this.last?.role?.role ?? "";
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.client.child.kill(signal);
    await this.client.ended;
  }
}

async function open(context?: Partial<ClientContext>, env?: Readonly<Record<string, string>>): Promise<Window> {
  return new Window(env).open(context);
}

const soon = { timeout: TAKEOVER_MS, interval: 10 };

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
    const folder = path.join(home, "project");
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
      return [memoryRead(state), ...state.bell.verdicts.map(({ level }) => level)].join(" ");
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
    const folder = path.join(home, "config", "gorgon");
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
    const starts = path.join(home, "nvidia-starts");
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
    const folder = path.join(home, "project");
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
  const folder = path.join(home, "bin");
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

/** A worker stack that may pretend, once it is known who leads. */
function stack(task: StackTask): Promise<StackNews> {
  const child = fork(path.join(import.meta.dirname, "leader-child.ts"), [JSON.stringify(task)], {
    execArgv: ["--no-warnings"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.once("message", (news) => resolve(news as StackNews));
    child.once("exit", (code) => reject(new Error(`The stack ended with code ${String(code)} before it spoke.`)));
  });
}

/** A home of its own below the test's. */
function envOf(name: string) {
  const own = path.join(home, name);
  mkdirSync(own, { recursive: true });
  const at = (folder: string) => path.join(own, folder);
  return {
    HOME: own,
    XDG_STATE_HOME: at("state"),
    XDG_CONFIG_HOME: at("config"),
    XDG_RUNTIME_DIR: at("run"),
    TMPDIR: at("tmp"),
  };
}

const found = (news: StackNews, subject: string) => news.report.findings.find((one) => one.subject === subject);

describe("the place of lock and history", () => {
  it("on a network file system is a local folder instead, where windows find each other, and the doctor says so [linux]", async (context) => {
    if (!here("linux")) context.skip();
    const env = envOf("ada");
    const mounts = `1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:90 / ${env.HOME} rw - nfs4 nas:/home rw\n`;
    const files = {
      "/proc/self/mountinfo": mounts,
      "/etc/machine-id": `${"f".repeat(24)}${String(process.pid).padStart(8, "0")}\n`,
    };
    const first = await stack({ env, files });
    try {
      const second = await stack({ env, files });
      expect(first.paths.folder).toMatch(/^\/var\/tmp\/gorgon-\d+\/[0-9a-f]{16}$/);
      expect(first.state).toMatchObject({ role: { role: "leads" }, history: { mode: "writing" } });
      expect(second.state).toMatchObject({ role: { role: "follows" }, history: { mode: "following" } });
      expect(found(second, "Place")?.detail).toMatch(
        /lies on a network file system \(nfs4 at .*history is kept in \/var\/tmp/,
      );
      expect(found(second, "Lock")?.detail).toContain(`${first.paths.folder}/leader.db, on a local disk`);
      expect(existsSync(path.join(env.XDG_STATE_HOME, "gorgon"))).toBe(false);
    } finally {
      rmSync(first.paths.folder, { recursive: true, force: true });
    }
  });

  it("in a home without write permission leaves each window to watch for itself, with the reason and the mend", async () => {
    const { HOME } = envOf("ada");
    const user = process.getuid?.() === 0 ? { user: 65_534 } : {};
    chmodSync(home, 0o755);
    chmodSync(HOME, 0o555);
    const env = { HOME, XDG_STATE_HOME: "", XDG_RUNTIME_DIR: "", XDG_CONFIG_HOME: "" };
    try {
      const news = await stack({ env, ...user });
      expect(news.state).toMatchObject({ role: { role: "alone" }, history: { mode: "memory" } });
      expect(news.state.role?.reason).toMatch(/leader\.db cannot be taken \(EACCES.*Allow this user to write there/s);
      expect(news.state.history.reason).toMatch(/cannot be written \(EACCES/);
      expect(news.state.glance.memory.used).toBeGreaterThan(0);
      expect(found(news, "Leader")).toMatchObject({
        status: "broken",
        mend: expect.stringContaining("leads or follows by itself") as string,
      });
    } finally {
      chmodSync(HOME, 0o755);
    }
  });

  it("is another after the machine's id changed; the old one is left alone, and the doctor names it", async () => {
    const env = envOf("ada");
    const before = await stack({ env, files: { "/etc/machine-id": "a".repeat(32) } });
    const after = await stack({ env, files: { "/etc/machine-id": "b".repeat(32) } });
    expect(after.paths.folder).not.toBe(before.paths.folder);
    expect(after.state).toMatchObject({ role: { role: "leads" }, history: { mode: "writing" } });
    expect(existsSync(path.join(before.paths.folder, "history.db"))).toBe(true);
    expect(found(after, "Other ids")?.detail).toContain(path.basename(before.paths.folder));
    expect(found(after, "Other ids")?.detail).toContain("before its machine id changed");
  });
});

describe("two users of one host", () => {
  const NOBODY = 65_534;

  it("have a leader each, and neither sees anything of the other [two-users]", async (context) => {
    if (!here("two-users")) context.skip();
    chmodSync(home, 0o755);
    const [ada, bob] = [envOf("ada"), envOf("bob")];
    chownSync(bob.HOME, NOBODY, NOBODY);
    const first = await stack({ env: ada });
    const second = await stack({ env: bob, user: NOBODY });
    expect([first.state.role?.role, second.state.role?.role]).toEqual(["leads", "leads"]);
    expect(first.lastSnapshot).not.toBe(second.lastSnapshot);
  });

  it("cannot use each other's token, socket or lock, even with the same home [two-users]", async (context) => {
    if (!here("two-users")) context.skip();
    chmodSync(home, 0o755);
    const env = envOf("shared");
    const first = await stack({ env });
    expect(first.state.role?.role).toBe("leads");
    const second = await stack({ env, user: NOBODY });
    expect(second.state).toMatchObject({ role: { role: "alone" }, history: { mode: "memory" } });
    expect(second.state.role?.reason).toMatch(/EACCES|belongs to another user/);
    const socket = found(first, "Socket")?.detail ?? "";
    expect(existsSync(socket)).toBe(true);
    expect(await asUser(NOBODY, [socket, socket.replace(/sock$/, "token")])).toEqual(["EACCES", "EACCES"]);
  });

  it("do not trust a folder that the other made in their name [two-users]", async (context) => {
    if (!here("two-users")) context.skip();
    const env = { ...envOf("ada"), XDG_RUNTIME_DIR: "" };
    const trap = path.join(env.TMPDIR, `gorgon-${String(process.getuid?.() ?? 0)}`);
    mkdirSync(trap, { recursive: true });
    chownSync(trap, NOBODY, NOBODY);
    const news = await stack({ env });
    expect(news.state.role).toMatchObject({ role: "leads", reason: "" });
    // The next place is taken instead.
    expect(found(news, "Socket")?.detail).toContain(news.paths.folder);
    expect(existsSync(path.join(trap, path.basename(news.paths.folder)))).toBe(false);
  });
});

/** How another user's try to read each of these ends. */
async function asUser(user: number, files: readonly string[]): Promise<string[]> {
  const code = `
    const { connect } = require("node:net");
    const { readFileSync } = require("node:fs");
    process.setgroups([]); process.setgid(${String(user)}); process.setuid(${String(user)});
    const [socket, token] = ${JSON.stringify(files)};
    const said = [];
    connect({ path: socket }).on("connect", () => done("connected")).on("error", (error) => done(error.code));
    function done(word) {
      said.push(word);
      try { readFileSync(token); said.push("read"); } catch (error) { said.push(error.code); }
      process.send(said, () => process.exit(0));
    }`;
  const script = path.join(home, "try.cjs");
  writeFileSync(script, code);
  const child = fork(script);
  return new Promise((resolve, reject) => {
    child.once("message", (said) => resolve(said as string[]));
    child.once("exit", (exit) => reject(new Error(`ended with ${String(exit)}`)));
  });
}
