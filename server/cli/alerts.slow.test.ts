/** The commands on alerts beside a worker that leads: what it judged is listed, and it carries out what they ask. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Silence } from "../../protocol/alert.ts";
import { loadConfig } from "../config/load.ts";
import type { Host } from "../host/host.ts";
import { silentLog } from "../host/log.ts";
import { nodeHost } from "../host/node.ts";
import { statePaths } from "../host/paths.ts";
import { provisionalFacts } from "../rhopalia/facts.ts";
import { createStack, type Stack } from "../stack.ts";
import type { AlertsReport } from "./alerts.ts";
import { homes } from "./testing.ts";

const { user, remove } = homes();
const { home, run, configure } = user();
let leader: Stack;

beforeAll(async () => {
  configure("interval: 0.5\nrules: [{id: always, title: Always, metric: system.memory.utilization, warn: 0.001%}]\n");
  const host: Host = { ...nodeHost(), env: { HOME: home } };
  const config = await loadConfig({ host, flags: {}, workspaceFolders: [], defaultIntervalMs: 500, previous: null });
  const paths = await statePaths(host);
  leader = createStack({ host, log: silentLog, config, facts: provisionalFacts(), paths, nodeName: "here" });
  await leader.start();
});

afterAll(async () => {
  await leader.close();
  remove();
});

async function report(): Promise<AlertsReport> {
  const { code, out } = await run("alerts --rule always --json");
  return code === 0 ? (JSON.parse(out) as AlertsReport) : { ...NOTHING };
}

const NOTHING: AlertsReport = {
  ...{ time: 0, from: 0, to: 0, leader: null, lookedAt: null, alerts: [], silences: [], records: [] },
};

/** The last part of the first alert's id, once it fires. */
async function firing(): Promise<string> {
  await expect.poll(async () => (await report()).alerts[0]?.status).toBe("firing");
  return (await report()).alerts[0]?.id.split("/").at(-1) ?? "";
}

describe("beside a worker that leads", () => {
  test("gorgon alerts lists what it judged, and who it is", async () => {
    await firing();
    const { leader: pid, alerts, records } = await report();
    expect(pid).toBe(process.pid);
    expect(alerts[0]).toMatchObject({ rule: "always", status: "firing", level: "WARN" });
    expect(records.map(({ alert }) => alert.id)).toContain(alerts[0]?.id);
    expect((await run("alerts")).out).toContain("rule always");
  });

  test("gorgon acknowledge does, and takes it back", async () => {
    const id = await firing();
    expect(await run(`acknowledge ${id} --note seen`)).toMatchObject({ code: 0, err: "" });
    expect((await report()).alerts[0]?.acknowledged).toMatchObject({ note: "seen" });
    expect(await run(`acknowledge ${id} --undo`)).toMatchObject({ code: 0, err: "" });
    expect((await report()).alerts[0]?.acknowledged).toBeNull();
  });

  test("gorgon silence adds one that covers the alert, lists it and ends it", async () => {
    await firing();
    const { code, out } = await run("silence add --match rule=always --for 2h --comment moving --json");
    expect(code).toBe(0);
    const added = JSON.parse(out) as Silence;
    // It begins when the leader hears of it.
    expect(Math.abs(added.endsAt - added.startsAt - 7_200_000)).toBeLessThan(5000);
    await expect.poll(async () => (await report()).alerts[0]?.silencedBy).toBe(added.id);
    expect((await run("silence")).out).toMatch(/rule=always +moving\n$/);
    expect(await run(`silence end ${added.id}`)).toMatchObject({ code: 0, out: "Ended: rule=always\n" });
    await expect.poll(async () => (await report()).alerts[0]?.silencedBy).toBeNull();
  });

  test("what the worker refuses is told in its words, with 1", async () => {
    await firing();
    const { code, err } = await run("silence add --match rule=always --for 100000d");
    expect(code).toBe(1);
    expect(err).toContain("a year at most");
  });
});
