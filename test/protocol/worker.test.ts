/** The real worker bundle, over the real channel: what the extension may rely on. */
import { fork } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import {
  collectNow,
  getDoctor,
  getHistory,
  getState,
  setContext,
  stateChanged,
} from "../../protocol/messages/worker.ts";
import type { WorkerHello } from "../../protocol/settings.ts";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";
import { OPTIONS, TestClient, WORKER } from "./client.ts";

const clients: TestClient[] = [];
function connect(home?: string): TestClient {
  const client = new TestClient(home === undefined ? {} : { home });
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

  it("offers no document synchronisation, so that no text of the user's files is ever sent", async () => {
    const answer = (await connect().initialize()) as Answer;
    const { experimental, ...documents } = answer.capabilities;
    expect(experimental.gorgon).toBeDefined();
    // The library adds this one by itself; 0 is TextDocumentSyncKind.None.
    expect(documents).toEqual({ textDocumentSync: 0 });
  });

  it("refuses another protocol version in words that say what to do", async () => {
    const refused = connect().initialize({ ...OPTIONS, protocol: PROTOCOL_VERSION + 1 });
    await expect(refused).rejects.toThrow(/protocol 1.*protocol 2.*Reload the window/);
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
