/** The real worker bundle, over the real channel: what the extension may rely on. */
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import {
  attentionChanged,
  collectNow,
  getAnnotations,
  getDoctor,
  getHistory,
  getState,
  setContext,
  stateChanged,
  terminateProcess,
} from "../../protocol/messages/worker.ts";
import type { Attention } from "../../protocol/attention.ts";
import type { WorkerHello } from "../../protocol/settings.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import { OPTIONS, TestClient, WORKER } from "./client.ts";

const clients: TestClient[] = [];
function connect(home?: string, env: Readonly<Record<string, string>> = {}): TestClient {
  const client = new TestClient({ env, ...(home === undefined ? {} : { home }) });
  clients.push(client);
  return client;
}

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.dispose()));
});

interface Answer {
  readonly capabilities: { readonly experimental: { readonly gorgon: WorkerHello } };
}

describe("the handshake", () => {
  it("tells version, protocol and process", async () => {
    const client = connect();
    const answer = (await client.initialize()) as Answer;
    const hello = answer.capabilities.experimental.gorgon;
    expect(hello.protocol).toBe(PROTOCOL_VERSION);
    expect(hello.pid).toBe(client.child.pid);
    expect(hello.version).toMatch(/^\d+\.\d+\.\d+/);
  });

  it("offers what an editor asks of a configuration file, and nothing for notebooks or the workspace's other files", async () => {
    const answer = (await connect().initialize()) as Answer;
    const { experimental, ...documents } = answer.capabilities;
    expect(experimental.gorgon).toBeDefined();
    // Which documents' text is sent is the client's selector's say (extension/language/selector.ts); 1: as a whole.
    expect(documents).toEqual({
      textDocumentSync: { openClose: true, change: 1, save: { includeText: false } },
      completionProvider: { triggerCharacters: [" ", "{"] },
      hoverProvider: true,
      codeActionProvider: { codeActionKinds: ["quickfix"] },
      documentSymbolProvider: true,
    });
  });

  it("speaks the language whose words came with the handshake, and refuses more than a language has", async () => {
    const client = connect();
    const answered = "Nichts wird von hier aus beendet";
    const english =
      'No process is ended from here: this workspace is not trusted. Trust it with "Workspaces: Manage Workspace Trust".';
    await client.initialize({ ...OPTIONS, words: { [english]: answered } });
    const asked = client.connection.sendRequest(terminateProcess.method, { pid: 4711, startedAt: 1, force: false });
    await expect(asked).rejects.toThrow(answered);
    const endless = { ...OPTIONS, words: { "All is well": "x".repeat(10_000) } };
    await expect(connect().initialize(endless)).rejects.toThrow(/words/);
  });

  it("refuses another protocol version in words that say what to do", async () => {
    const refused = connect().initialize({ ...OPTIONS, protocol: PROTOCOL_VERSION + 1 });
    const other = String(PROTOCOL_VERSION + 1);
    await expect(refused).rejects.toThrow(
      new RegExp(`protocol ${String(PROTOCOL_VERSION)}.*protocol ${other}.*Reload`),
    );
  });

  it("refuses a client that sends no options at all", async () => {
    await expect(connect().initialize(null)).rejects.toThrow(/initializationOptions|expected/i);
  });
});

describe("the state", () => {
  it("comes by itself after each poll, complete each time", async () => {
    const client = connect();
    const first = client.next(stateChanged);
    await client.initializeWith({ settings: { interval: 0.5 } });
    const one = await first;
    const two = await client.next(stateChanged, (state) => state.glance.cpu.busy !== null);
    expect(two.time).toBeGreaterThan(one.time);
    expect(two.id).not.toBe(one.id);
    expect(two.bell.verdicts.map((verdict) => verdict.rule.id).slice(0, 3)).toEqual(["cpu", "memory", "disk"]);
    expect(two.intervalMs).toBe(500);
    expect(two.self.pid).toBe(client.child.pid);
    expect(two.glance.memory.limit).toBeGreaterThan(0);
  });

  it("is null until the first poll, and CPU is unknown, not 0, until the second", async () => {
    const client = connect();
    const first = client.next(stateChanged);
    await client.initialize();
    const state = await first;
    const cpu = state.bell.verdicts.find((verdict) => verdict.rule.id === "cpu");
    expect(cpu?.level).toBe("UNKNOWN");
    expect(cpu?.value).toBeNull();
    expect(cpu?.reason).not.toBe("");
  });

  it("can be asked for, and a poll can be asked for", async () => {
    const client = connect();
    await client.initialize();
    const polled = await client.send(collectNow, null);
    const asked = await client.send(getState, null);
    expect(asked?.bell.verdicts).toHaveLength(polled.bell.verdicts.length);
  });
});

describe("history", () => {
  it("answers several questions in order, and refuses a bad one by name", async () => {
    const client = connect();
    await client.initialize();
    await client.send(collectNow, null);
    const to = Date.now() + 1;
    const window = { match: {}, from: to - 60_000, to, step: 0, aggregate: "avg" } as const;
    const { frames } = await client.send(getHistory, {
      queries: [
        { metric: "system.memory.limit", ...window },
        { metric: "no.such.metric", ...window },
      ],
    });
    expect(frames[0]?.[0]?.values.length).toBeGreaterThan(0);
    expect(frames[1]).toEqual([]);
    const bad = { queries: [{ ...window, metric: "x", aggregate: "median" as "avg" }] };
    await expect(client.send(getHistory, bad)).rejects.toThrow(/aggregate/);
  });

  it("survives kill -9 of the worker", async () => {
    const first = connect();
    await first.initializeWith({ settings: { interval: 0.5 } });
    // Durable once the file has grown: the flush is the worker's own affair.
    const written = await first.next(
      stateChanged,
      (state) => state.history.mode === "writing" && state.history.series > 0,
    );
    await first.next(stateChanged, (state) => state.time > written.time + 6000);
    const killedAt = Date.now();
    first.child.kill("SIGKILL");
    await first.ended;
    const second = new TestClient({ home: first.home });
    try {
      await second.initialize();
      const query = {
        metric: "system.memory.limit",
        match: {},
        from: 0,
        to: killedAt,
        step: 0,
        aggregate: "avg",
      } as const;
      const { frames } = await second.send(getHistory, { queries: [query] });
      expect(frames[0]?.[0]?.values.length).toBeGreaterThan(5);
    } finally {
      await second.dispose({ keepHome: true });
    }
  });
});

describe("annotations", () => {
  it("tell of an alert in its time, once, and refuse a time that is none", async () => {
    const client = connect();
    await client.initializeWith({ settings: { interval: 0.5, memory: { warn: 1, crit: 1 } } });
    await client.next(stateChanged, (state) => state.bell.level === "CRIT" && state.history.mode === "writing");
    await client.send(collectNow, null);
    const to = Date.now() + 60_000;
    const { annotations } = await client.send(getAnnotations, { from: to - 120_000, to });
    expect(annotations.filter((one) => one.source === "memory")).toMatchObject([
      { kind: "alert", text: expect.stringContaining("emory is running out") as string },
    ]);
    expect(await client.send(getAnnotations, { from: 0, to: 1000 })).toEqual({ annotations: [] });
    await expect(client.send(getAnnotations, { from: 2, to: 1 })).rejects.toThrow(/from must not be after to/);
  });
});

describe("settings", () => {
  it("are put in force at once, and a wrong one is refused by key and value while the last good one stays", async () => {
    const client = connect();
    await client.initializeWith({ settings: { interval: 1 } });
    const good = await client.send(setContext, {
      settings: { interval: 0.5, cpu: { warn: 50 } },
      workspaceFolders: [],
    });
    expect(good.problems).toEqual([]);
    const bad = await client.send(setContext, { settings: { interval: 0, cpu: { warn: 50 } }, workspaceFolders: [] });
    expect(bad.problems).toHaveLength(1);
    expect(bad.problems[0]).toMatchObject({ key: "interval", value: "0" });
    const state = await client.send(collectNow, null);
    expect(state.intervalMs).toBe(500);
    expect(state.bell.verdicts[0]?.rule.warn).toBeCloseTo(0.5);
    expect(state.problems).toHaveLength(1);
  });

  it("take rules from a workspace's gorgon.yaml, labelled with the folder", async () => {
    const client = connect();
    const folder = path.join(client.home, "project");
    mkdirSync(folder);
    const yaml = "rules:\n  - {id: load, title: Load, metric: system.cpu.load_average.1m, warn: 1000}\n";
    writeFileSync(path.join(folder, "gorgon.yaml"), yaml);
    await client.initializeWith({ workspaceFolders: [{ name: "project", path: folder }] });
    const state = await client.send(collectNow, null);
    const rule = state.bell.verdicts.find((verdict) => verdict.rule.id.includes("load"))?.rule;
    expect(rule?.origin).toContain("project");
  });
});

describe("a sensor that is switched off", () => {
  it("stays on the list, its rule says what is the matter, and it is back when it is switched on", async () => {
    const client = connect();
    await client.initializeWith({ settings: { interval: 1 } });
    const memory = (state: WorkerState) => ({
      level: state.bell.verdicts.find(({ rule }) => rule.id === "memory")?.level,
      health: state.sensors.find((one) => one.sensor === "memory"),
    });
    await client.send(collectNow, null);
    await client.send(setContext, { settings: { interval: 1, sensorsDisabled: ["memory"] }, workspaceFolders: [] });
    const off = memory(await client.send(collectNow, null));
    expect(off).toMatchObject({ level: "UNKNOWN", health: { ok: true, off: true } });
    expect(off.health?.reason).toContain("take memory out of gorgon.sensors.disabled");
    await client.send(setContext, { settings: { interval: 1 }, workspaceFolders: [] });
    const on = memory(await client.send(collectNow, null));
    expect(on.level).not.toBe("UNKNOWN");
    expect(on.health).not.toHaveProperty("off");
  });
});

describe("a process", () => {
  /** Its number, and its start as the worker's own list would have it. */
  async function victim() {
    const code = "setInterval(() => {}, 1000); console.log(Date.now() - Math.round(process.uptime() * 1000))";
    const child = spawn(process.execPath, ["-e", code], { stdio: ["ignore", "pipe", "inherit"] });
    const [said] = (await once(child.stdout, "data")) as [Buffer];
    return { child, wish: { pid: child.pid ?? 0, startedAt: Number(said.toString()), force: false } };
  }

  it("is ended for a window whose workspace is trusted, with a line in the log, and for no other", async () => {
    const { child, wish } = await victim();
    try {
      const client = connect();
      await client.initialize();
      await expect(client.send(terminateProcess, wish)).rejects.toThrow(/not trusted/);
      await client.send(setContext, { settings: {}, workspaceFolders: [], trusted: true });
      await expect(client.send(terminateProcess, { ...wish, pid: -1 })).rejects.toThrow(/at least 1 expected/);
      const worker = { ...wish, pid: client.child.pid ?? 0 };
      await expect(client.send(terminateProcess, worker)).rejects.toThrow(/Gorgon itself/);
      expect([child.exitCode, child.signalCode]).toEqual([null, null]);
      expect(await client.send(terminateProcess, wish)).toEqual({ outcome: "gone" });
      await expect.poll(() => child.signalCode).toBe("SIGTERM");
      expect(client.log.join("\n")).toContain(`Sent SIGTERM to process ${String(wish.pid)}`);
    } finally {
      child.kill("SIGKILL");
    }
  });
});

describe("the rate", () => {
  it("is lowered while nobody looks, unless the bell rings, and says why", async () => {
    const client = connect();
    await client.initializeWith({ settings: { interval: 0.5, cpu: { warn: 100, crit: 100 } } });
    await client.next(stateChanged);
    const left = client.next(stateChanged, (state) => state.rate.reason.includes("window unfocused"));
    await client.tell(attentionChanged, { focused: false, dashboardVisible: false, notifies: true });
    const { rate, intervalMs } = await left;
    // The machine may be busy with other tests: then the rate stays, and the reason names the level.
    expect(rate).toMatchObject({ baseMs: 500, slowestMs: 5000, intervalMs });
    expect(intervalMs).toBe(rate.reason === "window unfocused" ? 2500 : 500);
    const back = client.next(stateChanged, (state) => state.intervalMs === 500 && state.rate.reason === "");
    await client.tell(attentionChanged, { focused: false, dashboardVisible: true, notifies: true });
    expect((await back).rate.intervalMs).toBe(500);
  });

  it("stays where it is told not to adapt, and refuses what is no attention", async () => {
    const client = connect();
    await client.initializeWith({ settings: { interval: 0.5, rateAdaptive: false } });
    const first = await client.next(stateChanged);
    await client.tell(attentionChanged, { focused: false, dashboardVisible: false, notifies: true });
    await client.tell(attentionChanged, { focused: "no" } as unknown as Attention);
    const later = await client.next(stateChanged, (state) => state.time > first.time + 1500);
    expect(later.rate).toEqual({ intervalMs: 500, baseMs: 500, slowestMs: 500, reason: "" });
    expect(client.log.some((line) => line.includes("attention"))).toBe(true);
  });
});

describe("the crabs", () => {
  it("of the watchdog look at the worst processes while memory is bad", async () => {
    const client = connect();
    await client.initializeWith({ settings: { interval: 0.5, cpu: { warn: 100, crit: 100 } } });
    const out = client.next(stateChanged, (state) => state.sensors.some((one) => one.crab === "watchdog"));
    await client.send(setContext, {
      settings: { interval: 0.5, cpu: { warn: 100, crit: 100 }, memory: { warn: 1 } },
      workspaceFolders: [],
    });
    expect(["WARN", "CRIT"]).toContain((await out).bell.level);
    const seen = await client.next(stateChanged, (state) =>
      state.sensors.some((one) => one.crab === "watchdog" && one.ok && one.lastMs > 0),
    );
    expect(seen.sensors.find((one) => one.crab === "watchdog")).toMatchObject({ sensor: "runaway", intervalMs: 500 });
  });

  it("of the trainer follow the file that the environment names", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "gorgon-progress-"));
    const file = path.join(folder, "progress");
    const client = connect(undefined, { GORGON_PROGRESS: file });
    try {
      await client.initializeWith({ settings: { interval: 0.5 } });
      await client.next(stateChanged, (state) => state.sensors.some((one) => one.crab === "trainer"));
      const lines = [1, 2].map((batch) => JSON.stringify({ epoch: 1, epochs: 1, batch, batches: 2, loss: 0.5 }));
      writeFileSync(file, `${lines.join("\n")}\n`);
      const to = Date.now() + 60_000;
      const query = { metric: "gorgon.training.batch", match: {}, from: 0, to, step: 0, aggregate: "last" } as const;
      await expect
        .poll(async () => (await client.send(getHistory, { queries: [query] })).frames[0]?.[0]?.values.at(-1), {
          timeout: 15_000,
          interval: 200,
        })
        .toBe(2);
      await expect.poll(() => client.log.join("\n")).toContain("Epoch 1 of 1 ended");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("the doctor", () => {
  it("reports sensors, history and configuration, and a mend for whatever is missing", async () => {
    const client = connect();
    await client.initialize();
    await client.send(collectNow, null);
    const report = await client.send(getDoctor, null);
    expect(report.findings.length).toBeGreaterThan(5);
    for (const finding of report.findings) {
      if (finding.status === "missing" || finding.status === "broken") expect(finding.mend).not.toBe("");
    }
  });
});

describe("the end", () => {
  it("comes with code 0 after shutdown and exit", async () => {
    const client = connect();
    await client.initialize();
    await client.send(collectNow, null);
    expect(await client.shutdown()).toBe(0);
  });

  it("comes by itself when the parent is killed", async () => {
    // A parent of its own: it forks the worker, tells its pid and is then killed outright.
    const parent = fork(path.join(import.meta.dirname, "parent.ts"), [WORKER], { silent: true });
    const pid = await new Promise<number>((resolve) => parent.once("message", (message) => resolve(Number(message))));
    parent.kill("SIGKILL");
    await expect.poll(() => alive(pid), { timeout: 10_000, interval: 50 }).toBe(false);
  });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
