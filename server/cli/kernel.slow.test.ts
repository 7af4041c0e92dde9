/** `gorgon kernel` beside a worker that leads: what kernels say is listed, and an answer reaches the guard. */
import { readFileSync } from "node:fs";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { KernelsState } from "../../protocol/kernel.ts";
import {
  guardAnswered,
  guardState,
  kernelCellStarted,
  kernelHello,
  KERNEL_LINK_VERSION,
} from "../../protocol/messages/kernel.ts";
import { loadConfig } from "../config/load.ts";
import type { Host } from "../host/host.ts";
import { silentLog } from "../host/log.ts";
import { nodeHost } from "../host/node.ts";
import { statePaths } from "../host/paths.ts";
import { announced } from "../octopus/leader/announcement.ts";
import { Stranger } from "../octopus/leader/testing.ts";
import { provisionalFacts } from "../rhopalia/facts.ts";
import { createStack, type Stack } from "../stack.ts";
import { homes } from "./testing.ts";

const { user, remove } = homes();
afterAll(remove);
const stacks: Stack[] = [];
afterEach(async () => {
  for (const stack of stacks.splice(0)) await stack.close();
});

/** A worker that leads, with a kernel of another container and its guard connected. */
async function withKernel() {
  const { home, run } = user();
  const host: Host = { ...nodeHost(), env: { HOME: home } };
  const config = await loadConfig({ host, flags: {}, workspaceFolders: [], defaultIntervalMs: 2000, previous: null });
  const paths = await statePaths(host);
  const stack = createStack({ host, log: silentLog, config, facts: provisionalFacts(), paths, nodeName: "here" });
  stacks.push(stack);
  await stack.start();
  const at = announced(paths.announcement);
  if (at === null) throw new Error("nobody leads");
  const kernel = { pid: 4711, startedAt: Date.now() - 60_000, language: "python", host: "elsewhere" };
  const greet = (role: "kernel" | "guard") => {
    const one = new Stranger(at.socket);
    const token = readFileSync(at.token, "utf8").trim();
    const hello = { protocol: KERNEL_LINK_VERSION, token, role, kernel, version: "1", executable: "", faults: "" };
    one.ask(kernelHello.method, hello);
    return one;
  };
  const list = async () => {
    const { kernels } = JSON.parse((await run("kernel --json")).out) as KernelsState;
    return kernels.find((one) => one.kernel.pid === kernel.pid);
  };
  return { run, greet, list };
}

const CELL = { id: "c", executionCount: 3, hash: "", label: "" };

describe("beside a worker that leads", () => {
  test("what a kernel runs is listed, and a frozen one gets its answer", async () => {
    const { run, greet, list } = await withKernel();
    const inside = greet("kernel");
    await expect.poll(list).toMatchObject({ measured: true });
    inside.tell(kernelCellStarted.method, { cell: CELL, startedAt: Date.now() });
    await expect.poll(list).toMatchObject({ running: { cell: CELL } });

    expect(await run("kernel end 4711")).toMatchObject({ code: 1 });
    const guard = greet("guard");
    const state = { phase: "frozen", limitBytes: 9, treeBytes: 8, since: Date.now(), reason: "It grew." };
    guard.tell(guardState.method, { state });
    await expect.poll(list).toMatchObject({ guard: { phase: "frozen" } });
    expect((await run("kernel")).out).toContain("frozen: It grew. Answer with gorgon kernel");
    expect(await run("kernel interrupt 4711")).toMatchObject({ code: 0, out: "Interrupted: kernel 4711\n" });
    const answers = () => guard.messages.filter(({ method }) => method === guardAnswered.method);
    await expect.poll(answers).toMatchObject([{ params: { answer: "interrupt" } }]);
    const unknown = await run("kernel continue 99");
    expect(unknown.code).toBe(1);
    expect(unknown.err).toContain("No kernel of yours has the process 99");
    inside.socket.destroy();
    guard.socket.destroy();
  }, 60_000);
});
