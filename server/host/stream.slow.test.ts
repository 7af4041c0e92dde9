import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import type { Disposable, StreamEnd } from "./host.ts";
import { nodeHost } from "./node.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-stream-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const running: Disposable[] = [];
afterEach(() => {
  for (const one of running.splice(0)) one.dispose();
});

/** Runs code in Node and keeps what it says. */
function hear(code: string, file = process.execPath, args: readonly string[] = ["-e", code]) {
  const lines: string[] = [];
  const ends: StreamEnd[] = [];
  const stream = nodeHost().programs.stream(file, args, {
    onLine: (line) => lines.push(line),
    onEnd: (end) => ends.push(end),
  });
  running.push(stream);
  return { lines, ends, stream };
}

const until = { timeout: 4000, interval: 20 };

describe("a program that goes on talking", () => {
  test("is heard in whole lines, however its output is cut, and the last line needs no end", async () => {
    const code = `
      const { writeSync } = require("fs");
      writeSync(1, "on"); writeSync(1, "e\\ntwo\\r\\n\\nthr");
      writeSync(1, Buffer.from("\\u00fc").subarray(0, 1));
      setTimeout(() => { writeSync(1, Buffer.from("\\u00fc").subarray(1)); writeSync(1, "e"); }, 20);`;
    const { lines, ends } = hear(code);
    await expect.poll(() => ends, until).toEqual([{ code: 0, failure: null, stderr: "" }]);
    expect(lines).toEqual(["one", "two", "", "thrüe"]);
  });

  test("hears what is said to it, as long as it lives", async () => {
    const lines: string[] = [];
    const code =
      "process.stdin.on('data', (text) => { process.stdout.write(text); if (/bye/.test(text)) process.exit() })";
    const options = { onLine: (line: string) => lines.push(line), onEnd: () => lines.push("(end)"), input: true };
    const stream = nodeHost().programs.stream(process.execPath, ["-e", code], options);
    running.push(stream);
    stream.write("hello");
    await expect.poll(() => lines, until).toEqual(["hello"]);
    stream.write("bye");
    await expect.poll(() => lines, until).toEqual(["hello", "bye", "(end)"]);
    stream.write("nobody hears this");
  });

  test("tells how it ended, and what it complained about", async () => {
    const { ends } = hear("console.error('no driver'); process.exit(9)");
    await expect.poll(() => ends, until).toEqual([{ code: 9, failure: null, stderr: "no driver" }]);
  });

  test("that is not installed says so", async () => {
    const { ends } = hear("", "gorgon-no-such-program", []);
    await expect.poll(() => ends[0]?.failure?.message, until).toContain("is not installed");
  });

  test("speaks the language of its format, whatever the user's is", async () => {
    const { lines } = hear("console.log(process.env.LC_ALL)");
    await expect.poll(() => lines, until).toEqual(["C"]);
  });

  test.each([
    ["a line without an end", "for (;;) require('fs').writeSync(1, 'x'.repeat(65536))"],
    ["a flood of lines", "for (;;) require('fs').writeSync(1, 'x\\n'.repeat(32768))"],
  ])("is ended when it says %s", async (_what, code) => {
    const { ends } = hear(code);
    await expect.poll(() => ends[0]?.failure, until).toMatchObject({ code: "TOO_LONG" });
    expect(ends).toHaveLength(1);
  });

  test("is silent once it is called off, and gone", async () => {
    const { lines, ends, stream } = hear("console.log(process.pid); setInterval(() => console.log('more'), 5)");
    await expect.poll(() => lines.length, until).toBeGreaterThan(0);
    stream.dispose();
    const heard = lines.length;
    await expect.poll(() => isAlive(Number(lines[0])), until).toBe(false);
    expect(lines).toHaveLength(heard);
    expect(ends).toEqual([]);
  });
});

describe.runIf(process.platform === "linux")("when the worker is killed, the program ends too", () => {
  /** A worker of its own that streams a program and is then killed in cold blood. */
  async function orphan(code: string, tied: boolean): Promise<number> {
    // An own copy of Node's name without a path is not tied to the worker: that leaves it to the closed pipe.
    const file = tied ? process.execPath : path.basename(process.execPath);
    const worker = spawn(
      process.execPath,
      [
        "-e",
        `import(${JSON.stringify(new URL("stream.ts", import.meta.url).href)}).then(({ streamProgram }) =>
           streamProgram(${JSON.stringify(file)}, ["-e", ${JSON.stringify(code)}], {
             onLine: (line) => console.log(line), onEnd: (end) => console.log(JSON.stringify(end)) }))`,
      ],
      {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, PATH: `${path.dirname(process.execPath)}:${process.env["PATH"] ?? ""}` },
      },
    );
    let said = "";
    worker.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
    await expect.poll(() => /^\d+$/m.exec(said)?.[0], until).toBeDefined();
    const pid = Number(/^\d+$/m.exec(said)?.[0]);
    expect(isAlive(pid)).toBe(true);
    worker.kill("SIGKILL");
    return pid;
  }

  test("at its next line, because nobody hears it", async () => {
    const pid = await orphan("console.log(process.pid); setInterval(() => console.log('line'), 50)", false);
    await expect.poll(() => isAlive(pid), until).toBe(false);
  });

  test("even when it never says a word again", async () => {
    const pid = await orphan("console.log(process.pid); setInterval(() => {}, 1e6)", true);
    await expect.poll(() => isAlive(pid), until).toBe(false);
  });

  test("by the signal that a closed pipe sends, which it does not inherit as ignored", async () => {
    const { lines } = hear("", "/bin/cat", ["/proc/self/status"]);
    await expect.poll(() => lines.find((line) => line.startsWith("SigIgn")), until).toBeDefined();
    const ignored = BigInt(`0x${lines.find((line) => line.startsWith("SigIgn"))?.split("\t")[1] ?? ""}`);
    const sigpipe = 1n << 12n; // signal 13
    expect(ignored & sigpipe).toBe(0n);
  });
});

/** A zombie that nobody reaped yet is dead. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== "linux" || !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${String(pid)}/stat`, "utf8"));
  } catch {
    return false;
  }
}
