/** Ending processes for real: what is meant ends, and nothing else does. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { here } from "../../test/platforms.ts";
import { leveledLog } from "../host/log.ts";
import { nodeHost } from "../host/node.ts";
import { processLookup } from "./process-facts.ts";
import { GRACE_MS, terminateProcess, TerminationRefused, type Termination } from "./terminate.ts";

const host = nodeHost();
const lookup = processLookup(host);
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

/** A process that is nobody's but the test's. */
async function start(
  code: string,
  options: { readonly uid?: number } = {},
): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawn(process.execPath, ["-e", `${code}; setInterval(() => {}, 1000); console.log("ready")`], {
    stdio: ["ignore", "pipe", "inherit"],
    ...options,
  });
  started.push(child);
  await once(child.stdout, "data");
  return { child, pid: child.pid ?? 0 };
}

async function startOf(pid: number): Promise<number> {
  return (await lookup.look(pid))?.startedAt ?? 0;
}

const ended = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

/** As the worker does it, but for whose the children are: here they are the test's own, and meant. */
function terminate(wish: Termination, own: readonly [number, ...number[]] = [2 ** 31]) {
  const lines: string[] = [];
  const log = leveledLog(
    (level, message) => lines.push(`${level}: ${message}`),
    () => "trace",
  );
  const kill = (pid: number, signal: NodeJS.Signals) => void process.kill(pid, signal);
  const outcome = terminateProcess(wish, { lookup, clock: host.clock, log, own, kill });
  return { outcome, lines };
}

describe("a process that is meant", () => {
  test("is asked, ends, and the log says who it was", async () => {
    const { child, pid } = await start("");
    const { outcome, lines } = terminate({ pid, startedAt: await startOf(pid), force: false });
    expect(await outcome).toBe("gone");
    await expect.poll(() => child.signalCode).toBe("SIGTERM");
    expect(lines.join("\n")).toMatch(
      new RegExp(`info: Sent SIGTERM to process ${String(pid)} \\(.+, started 20.+Z\\)`),
    );
  });

  test("that will not end is still there after the grace, and is then made to", async () => {
    const { child, pid } = await start(`process.on("SIGTERM", () => {})`);
    const startedAt = await startOf(pid);
    const began = performance.now();
    expect(await terminate({ pid, startedAt, force: false }).outcome).toBe("asked");
    expect(performance.now() - began).toBeGreaterThanOrEqual(GRACE_MS - 1);
    expect(ended(child)).toBe(false);
    expect(await terminate({ pid, startedAt, force: true }).outcome).toBe("gone");
    await expect.poll(() => child.signalCode).toBe("SIGKILL");
  });

  test("that ended before anybody asked is gone", async () => {
    const { child, pid } = await start("");
    const startedAt = await startOf(pid);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await terminate({ pid, startedAt, force: true }).outcome).toBe("gone");
  });
});

describe("refused, and still running, is", () => {
  test("a later process of the same number", async () => {
    const { child, pid } = await start("");
    const { outcome, lines } = terminate({ pid, startedAt: (await startOf(pid)) - 60_000, force: true });
    await expect(outcome).rejects.toThrow(/is not the one that was shown.*Nothing was ended/);
    expect(ended(child)).toBe(false);
    expect(lines.join("\n")).toMatch(/warning: Process \d+ .*was not ended/);
  });

  test("one of which nobody knows when it started", async () => {
    const { child, pid } = await start("");
    await expect(terminate({ pid, startedAt: 0, force: true }).outcome).rejects.toThrow(TerminationRefused);
    expect(ended(child)).toBe(false);
  });

  test("Gorgon, what works for it, what it runs in and what runs everything", async () => {
    const { child, pid } = await start("");
    const wish = async (one: number) => ({ pid: one, startedAt: await startOf(one), force: false });
    const own = [process.pid] as const;
    await expect(terminate(await wish(process.pid), own).outcome).rejects.toThrow(/is Gorgon itself.*Restart Worker/);
    await expect(terminate(await wish(pid), own).outcome).rejects.toThrow(/works for Gorgon/);
    await expect(terminate(await wish(process.ppid), own).outcome).rejects.toThrow(
      /runs within process .*Close the window/,
    );
    await expect(terminate(await wish(1), own).outcome).rejects.toThrow(/runs the whole system/);
    expect(ended(child)).toBe(false);
  });

  test("another user's process, though the system would let us [two-users]", async (context) => {
    if (!here("two-users")) context.skip();
    const { child, pid } = await start("", { uid: 65_534 });
    await expect(terminate({ pid, startedAt: await startOf(pid), force: true }).outcome).rejects.toThrow(
      /another user/,
    );
    expect(ended(child)).toBe(false);
  });
});

test("the start is the one that the system's own tool tells [linux]", async (context) => {
  if (!here("linux")) context.skip();
  const { pid } = await start("");
  const told = execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { env: { LC_ALL: "C", TZ: "UTC" } }).toString();
  expect(Math.abs((await startOf(pid)) - Date.parse(`${told.trim()} UTC`))).toBeLessThanOrEqual(lookup.trembleMs);
});
