/** The host with real programs: how they run, are ended, and what is left of the files of one that went away. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { nodeHost } from "./node.ts";
import { ProgramFailed } from "./programs.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-host-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const host = nodeHost();
const node = process.execPath;
const run = (code: string, deadlineMs = 20_000, signal?: AbortSignal) =>
  host.programs.run(node, ["-e", code], signal === undefined ? { deadlineMs } : { deadlineMs, signal });

async function failure(running: Promise<unknown>): Promise<ProgramFailed> {
  const error = await running.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof ProgramFailed) return error;
  throw new Error(`expected a ProgramFailed, got ${String(error)}`);
}

describe("a folder that is watched", () => {
  test("tells what comes and goes in it, not deeper, until it is let go; and refuses one that is not there", async () => {
    const inside = path.join(folder, "watched");
    mkdirSync(path.join(inside, "deeper"), { recursive: true });
    const names: string[] = [];
    const watch = host.files.watch(inside, (name) => names.push(name));
    writeFileSync(path.join(inside, "deeper", "far.json"), "{}");
    writeFileSync(path.join(inside, "one.json"), "{}");
    await expect.poll(() => names).toContain("one.json");
    expect(names).not.toContain("far.json");
    watch.dispose();
    rmSync(inside, { recursive: true });
    expect(() => host.files.watch(inside, () => undefined)).toThrow(expect.objectContaining({ code: "ENOENT" }));
  });
});

describe("a live file", () => {
  test.runIf(process.platform === "linux")("is opened again when its source went away under it", async () => {
    const child = spawn(node, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "ignore" });
    const live = host.files.live(`/proc/${String(child.pid)}/stat`, { atOnce: true });
    expect(live.read().toString()).toContain(String(child.pid));
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
    // The open file says ESRCH; that there is no such file any more is what opening it again finds.
    expect(() => live.read()).toThrow(expect.objectContaining({ code: "ENOENT" }));
    live.dispose();
  });
});

describe("a program", () => {
  test("gives what it said and its exit code", async () => {
    const result = await run("console.log('out'); console.error('err'); process.exitCode = 3");
    expect(result).toEqual({ stdout: "out\n", stderr: "err\n", code: 3 });
  });

  test("gets its arguments as they are, never through a shell", async () => {
    const hostile = ["$(id)", "; rm -rf /", "a b", "`x`", "*", '"'];
    const code = "console.log(JSON.stringify(process.argv.slice(1)))";
    const { stdout } = await host.programs.run(node, ["-e", code, ...hostile], { deadlineMs: 20_000 });
    expect(JSON.parse(stdout)).toEqual(hostile);
  });

  test("that is not installed is named", async () => {
    const error = await failure(host.programs.run("gorgon-no-such-program", [], { deadlineMs: 5000 }));
    expect(error.code).toBe("ENOENT");
    expect(error.message).toBe("The program gorgon-no-such-program is not installed.");
  });

  test.skipIf(process.platform === "win32")("that takes too long is ended with everything it started", async () => {
    const file = path.join(folder, "grandchild");
    // The grandchild holds the output open, as a shell script's children do.
    const code = `
      const child = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"], { stdio: "inherit" });
      require("fs").writeFileSync(${JSON.stringify(file)}, String(child.pid));
      setInterval(() => {}, 1e6);`;
    const running = failure(run(code, 1500));
    expect((await running).code).toBe("DEADLINE");
    const pid = Number(host.files.text(file));
    await expect.poll(() => isAlive(pid), { timeout: 4000 }).toBe(false);
  });

  test("is ended when the work is called off, and not started when it was so before", async () => {
    const calledOff = new AbortController();
    const running = failure(run("setInterval(() => {}, 1e6)", 20_000, calledOff.signal));
    calledOff.abort();
    expect((await running).code).toBe("ABORTED");
    expect((await failure(run("0", 20_000, calledOff.signal))).code).toBe("ABORTED");
  });

  test("that says too much is ended", async () => {
    const error = await failure(run("for (;;) require('fs').writeSync(1, 'x'.repeat(65536))"));
    expect(error.code).toBe("TOO_LONG");
  });
});

/** A zombie that nobody reaped yet is dead. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/^\d+ \(.*\) Z/.test(host.files.text(`/proc/${String(pid)}/stat`));
  } catch {
    return false;
  }
}
