/** A Jupyter server at a real worker: the machine's levels over its socket, and over the next one's when that worker ends. */
import { readFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { kernelHost, type HostView } from "../protocol/messages/jupyter.ts";
import { kernelHello, KERNEL_LINK_VERSION } from "../protocol/messages/kernel.ts";
import { loadConfig } from "./config/load.ts";
import type { Host } from "./host/host.ts";
import { silentLog } from "./host/log.ts";
import { nodeHost } from "./host/node.ts";
import { statePaths } from "./host/paths.ts";
import { announced } from "./octopus/leader/announcement.ts";
import { Stranger } from "./octopus/leader/testing.ts";
import { provisionalFacts } from "./rhopalia/facts.ts";
import { createStack, type Stack } from "./stack.ts";

let home: string;
const stacks: Stack[] = [];
const strangers: Stranger[] = [];

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "gorgon-stack-"));
});
afterEach(async () => {
  for (const one of strangers.splice(0)) one.socket.destroy();
  for (const one of stacks.splice(0)) await one.close();
  rmSync(home, { recursive: true, force: true });
});

const host = (): Host => ({ ...nodeHost(), env: { HOME: home } });

async function worker(): Promise<Stack> {
  const config = await loadConfig({
    ...{ host: host(), flags: {}, workspaceFolders: [], defaultIntervalMs: 500, previous: null },
  });
  const paths = await statePaths(host());
  const wanted = { host: host(), log: silentLog, config, facts: provisionalFacts(), paths, nodeName: "here" };
  const stack = createStack(wanted);
  stacks.push(stack);
  await stack.start();
  return stack;
}

/** Greets whoever leads now, as a Jupyter server's extension does; null while nobody can be reached. */
async function server(): Promise<Stranger | null> {
  const at = announced((await statePaths(host())).announcement);
  if (at === null) return null;
  const one = new Stranger(at.socket);
  strangers.push(one);
  one.ask(kernelHello.method, {
    ...{ protocol: KERNEL_LINK_VERSION, token: readFileSync(at.token, "utf8"), role: "server", version: "0.3.0" },
    ...{ kernel: { pid: process.pid, startedAt: Date.now() - 60_000, language: "jupyter", host: "here" } },
    ...{ executable: "", faults: "" },
  });
  await Promise.race([one.ended, expect.poll(() => one.messages.length).toBe(1)]);
  return "result" in (one.messages[0] ?? {}) ? one : null;
}

async function ask(one: Stranger): Promise<HostView | null> {
  const id = one.ask(kernelHost.method, null);
  const answer = () => one.messages.find((message) => message["id"] === id);
  await expect.poll(answer).toHaveProperty("result");
  return answer()?.["result"] as HostView | null;
}

/** Asks until the first poll has ended. */
async function view(one: Stranger): Promise<HostView> {
  let found: HostView | null = null;
  await expect.poll(async () => (found = await ask(one)), { timeout: 10_000 }).not.toBeNull();
  return found as unknown as HostView;
}

it("is told the levels of this machine as the bell has them, with points, and is no kernel", async () => {
  const stack = await worker();
  const one = await server();
  if (one === null) throw new Error("it was refused");
  const first = await view(one);
  expect(first).toMatchObject({ node: "here", by: "worker" });
  expect(first.levels.map(({ id }) => id)).toEqual(expect.arrayContaining(["cpu", "memory"]));
  const memory = async () => (await view(one)).levels.find(({ id }) => id === "memory");
  await expect.poll(async () => (await memory())?.points.length, { timeout: 15_000 }).toBeGreaterThan(1);
  const { value, points = [] } = (await memory()) ?? { value: null };
  expect(value).toBeGreaterThan(0);
  expect(points.every(([time, used]) => time > Date.now() - 300_000 && used > 0 && used <= 1)).toBe(true);
  const verdict = stack.bell.state().verdicts.find(({ rule }) => rule.id === "memory");
  expect((await memory())?.level).toBe(verdict?.level);
  expect(stack.kernels().kernels.map(({ kernel }) => kernel.pid)).not.toContain(process.pid);
  expect(stack.kernelReport().connected).toMatchObject([{ role: "server", kernel: { language: "jupyter" } }]);
});

it("goes on at the next worker that leads when the first one ends, with what the first one had seen", async () => {
  const first = await worker();
  const one = await server();
  if (one === null) throw new Error("it was refused");
  const memoryOf = ({ levels }: HostView) => levels.find(({ id }) => id === "memory")?.points ?? [];
  await expect.poll(async () => memoryOf(await view(one)).length, { timeout: 15_000 }).toBeGreaterThan(1);
  const before = await view(one);
  const second = await worker();
  expect(second.leadership?.role.role).toBe("follows");
  await first.close();
  stacks.splice(stacks.indexOf(first), 1);
  await one.ended;
  let again: Stranger | null = null;
  await expect.poll(async () => (again = await server()), { timeout: 15_000, interval: 200 }).not.toBeNull();
  const after = await view(again as unknown as Stranger);
  expect(second.leadership?.role.role).toBe("leads");
  expect(after.time).toBeGreaterThanOrEqual(before.time);
  expect(memoryOf(after)[0]).toEqual(memoryOf(before)[0]);
});
