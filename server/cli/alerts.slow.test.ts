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
import type { ForeignAlerts } from "../bell/bell.ts";
import { AlertWatch } from "./alert-source.ts";
import type { AlertsReport } from "./alerts.ts";
import { homes, type User } from "./testing.ts";

const RULES = "rules: [{id: always, title: Always, metric: system.memory.utilization, warn: 0.001%}]\n";
const { user, remove } = homes();

afterAll(remove);

/** A worker that leads at a user's home, until it is closed. */
async function lead({ home, configure }: User, more = ""): Promise<Stack> {
  configure(`interval: 0.5\n${more}${RULES}`);
  const host: Host = { ...nodeHost(), env: { HOME: home } };
  const config = await loadConfig({ host, flags: {}, workspaceFolders: [], defaultIntervalMs: 500, previous: null });
  const paths = await statePaths(host);
  const leader = createStack({ host, log: silentLog, config, facts: provisionalFacts(), paths, nodeName: "here" });
  await leader.start();
  return leader;
}

async function report({ run }: User): Promise<AlertsReport> {
  const { code, out } = await run("alerts --rule always --json");
  return code === 0 ? (JSON.parse(out) as AlertsReport) : { ...NOTHING };
}

const NOTHING: AlertsReport = {
  ...{ time: 0, from: 0, to: 0, leader: null, lookedAt: null, alerts: [], silences: [], records: [] },
};

/** The last part of the first alert's id, once it fires. */
async function firing(one: User): Promise<string> {
  await expect.poll(async () => (await report(one)).alerts[0]?.status).toBe("firing");
  return (await report(one)).alerts[0]?.id.split("/").at(-1) ?? "";
}

describe.each([
  ["", ""],
  [", also one that keeps no history on disk", "history: {enabled: false}\n"],
])("beside a worker that leads%s", (_, more) => {
  const one = user();
  const { run } = one;
  let leader: Stack;

  beforeAll(async () => {
    leader = await lead(one, more);
  });
  afterAll(() => leader.close());

  test("gorgon alerts lists what it judged, and who it is", async () => {
    await firing(one);
    const { leader: pid, alerts, records } = await report(one);
    expect(pid).toBe(process.pid);
    expect(alerts[0]).toMatchObject({ rule: "always", status: "firing", level: "WARN" });
    expect(records.map(({ alert }) => alert.id)).toContain(alerts[0]?.id);
    expect((await run("alerts")).out).toContain("rule always");
  });

  test("gorgon acknowledge does, and takes it back", async () => {
    const id = await firing(one);
    expect(await run(`acknowledge ${id} --note seen`)).toMatchObject({ code: 0, err: "" });
    expect((await report(one)).alerts[0]?.acknowledged).toMatchObject({ note: "seen" });
    expect(await run(`acknowledge ${id} --undo`)).toMatchObject({ code: 0, err: "" });
    expect((await report(one)).alerts[0]?.acknowledged).toBeNull();
  });

  test("gorgon silence adds one that covers the alert, lists it and ends it", async () => {
    await firing(one);
    const { code, out } = await run("silence add --match rule=always --for 2h --comment moving --json");
    expect(code).toBe(0);
    const added = JSON.parse(out) as Silence;
    // It begins when the leader hears of it.
    expect(Math.abs(added.endsAt - added.startsAt - 7_200_000)).toBeLessThan(5000);
    await expect.poll(async () => (await report(one)).alerts[0]?.silencedBy).toBe(added.id);
    expect((await run("silence list")).out).toMatch(/rule=always +moving\n$/);
    expect(await run(`silence end ${added.id}`)).toMatchObject({ code: 0, out: "Ended: rule=always\n" });
    await expect.poll(async () => (await report(one)).alerts[0]?.silencedBy).toBeNull();
  });

  test("what the worker refuses is told in its words, with 1", async () => {
    await firing(one);
    const { code, err } = await run("silence add --match rule=always --for 100000d");
    expect(code).toBe(1);
    expect(err).toContain("a year at most");
  });
});

test("what an earlier worker left open in its file is not shown as open by one that keeps none", async () => {
  const one = user();
  const before = await lead(one);
  const left = await firing(one);
  await before.close();
  const { alerts, leader } = await report(one);
  expect([leader, alerts[0]?.id.endsWith(left)]).toEqual([null, true]);
  const now = await lead(one, "history: {enabled: false}\n");
  try {
    const id = await firing(one);
    expect(id).not.toBe(left);
    const found = await report(one);
    expect(found.alerts.map((alert) => alert.id.split("/").at(-1))).toEqual([id]);
    expect(found.records.map(({ alert }) => alert.id.split("/").at(-1))).toEqual([id]);
  } finally {
    await now.close();
  }
});

test("a screen hears of the leader's alerts as they change, and of the next leader when one is gone", async () => {
  const one = user();
  const host: Host = { ...nodeHost(), env: { HOME: one.home } };
  const told: (ForeignAlerts | null)[] = [];
  const watch = new AlertWatch(host, (foreign) => told.push(foreign));
  await watch.look();
  expect(watch.leader).toBeNull();
  const first = await lead(one);
  const firingIn = (seen: ForeignAlerts | null | undefined) => seen?.alerts.some(({ status }) => status === "firing");
  await expect.poll(() => firingIn(told.at(-1)), { timeout: 8000 }).toBe(true);
  expect(watch.leader).toBe(process.pid);
  // Who only looks on is nobody's follower.
  expect(first.leadership?.followers).toEqual([]);
  await first.close();
  await expect.poll(() => told.at(-1)).toBeNull();
  const second = await lead(one);
  await expect.poll(() => firingIn(told.at(-1)), { timeout: 8000 }).toBe(true);
  watch.dispose();
  await second.close();
});
