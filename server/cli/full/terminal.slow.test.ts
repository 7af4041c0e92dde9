/** The real command in a real pseudo terminal: what it shows, and that the terminal is given back. */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const ROOT = path.join(import.meta.dirname, "..", "..", "..");
const ESCAPE = "\u001b";
const ENTERED = `${ESCAPE}[?1049h`;
const LEFT = `${ESCAPE}[?1049l${ESCAPE}[?25h`;
const MINUTE_MS = 60_000;

type Step =
  ["wait", string] | ["wait", string, "anew"] | ["keys", string] | ["resize", number, number] | ["signal", number];

interface Ran {
  readonly output: string;
  readonly code: number;
  readonly sameModes: boolean;
  /** What it waited for in vain. */
  readonly late: string | null;
}

let home: string;

beforeAll(() => {
  home = mkdtempSync(path.join(os.tmpdir(), "gorgon-pty-"));
  mkdirSync(path.join(home, "bin"));
  mkdirSync(path.join(home, "dist"));
  writeFileSync(path.join(home, "package.json"), '{"type": "module"}');
  // The launcher is the real one; behind it stands the source, so that nothing needs to be built before.
  copyFileSync(path.join(ROOT, "bin", "gorgon.js"), path.join(home, "bin", "gorgon.js"));
  const main = pathToFileURL(path.join(ROOT, "server", "main.ts")).href;
  writeFileSync(path.join(home, "dist", "worker.cjs"), `import(${JSON.stringify(main)});`);
  writeFileSync(
    path.join(home, "breaks.mjs"),
    `import { FullTerminal } from ${JSON.stringify(pathToFileURL(path.join(ROOT, "server/cli/full/terminal.ts")).href)};
     import { processIo } from ${JSON.stringify(pathToFileURL(path.join(ROOT, "server/cli/io.ts")).href)};
     import { systemClock } from ${JSON.stringify(pathToFileURL(path.join(ROOT, "server/host/node.ts")).href)};
     const none = () => undefined;
     new FullTerminal(processIo(), systemClock, { onKey: none, onRedraw: none }).draw(["shown"]);
     setTimeout(() => { throw new Error("a defect"); }, 10);`,
  );
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

async function run(program: readonly string[], steps: readonly Step[], size: readonly [number, number] = [24, 80]) {
  const script = path.join(import.meta.dirname, "in-a-pty.py");
  const args = [script, ...size.map(String), JSON.stringify(steps), process.execPath, ...program];
  const { PATH } = process.env;
  const env = { PATH, HOME: home, TERM: "xterm-256color", LANG: "C.UTF-8", GORGON_INTERVAL: "500ms" };
  const { stdout } = await promisify(execFile)("python3", args, { env, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout) as Ran;
}

const gorgon = (...args: readonly string[]) => [path.join(home, "bin", "gorgon.js"), ...args];

function expectRestored({ output, sameModes }: Ran): void {
  expect(output).toContain(ENTERED);
  expect(output.split(LEFT)).toHaveLength(2);
  expect(output.lastIndexOf(`${ESCAPE}[?25l`)).toBeLessThan(output.indexOf(LEFT));
  expect(sameModes).toBe(true);
}

describe.concurrent("on a real terminal", { timeout: 2 * MINUTE_MS }, () => {
  test.each([
    ["bell", "q", "q quit"],
    ["bell", "\u0003", "q quit"],
    ["bell", ESCAPE, "q quit"],
    ["top", "q", "Processes by CPU"],
  ])("gorgon %s gives it back after the key %j", async (command, key, shown) => {
    const ran = await run(gorgon(command), [
      ["wait", shown],
      ["keys", key],
    ]);
    expect(ran).toMatchObject({ code: 0, late: null });
    expectRestored(ran);
    expect(ran.output.endsWith(LEFT)).toBe(true);
  });

  test.each([
    ["SIGTERM", os.constants.signals.SIGTERM],
    ["SIGHUP", os.constants.signals.SIGHUP],
    ["SIGINT", os.constants.signals.SIGINT],
  ])("gorgon bell gives it back after %s", async (_, signal) => {
    const ran = await run(gorgon("bell"), [
      ["wait", "Gorgon "],
      ["signal", signal],
    ]);
    expect(ran).toMatchObject({ code: 0, late: null });
    expectRestored(ran);
  });

  test("it is given back before an error that nobody caught is printed", async () => {
    const ran = await run([path.join(home, "breaks.mjs")], [["wait", "shown"]]);
    expect(ran.code).toBe(1);
    expectRestored(ran);
    expect(ran.output.indexOf("a defect")).toBeGreaterThan(ran.output.indexOf(LEFT));
  });

  test("gorgon bell fills a window that grows, and uses no line beyond one that shrinks", async () => {
    const ran = await run(
      gorgon("bell"),
      [
        ["wait", "Gorgon "],
        ["resize", 40, 120],
        ["wait", `${ESCAPE}[40;1H`],
        ["resize", 10, 40],
        ["wait", `${ESCAPE}[10;1H${ESCAPE}[2K`, "anew"],
        ["keys", "q"],
      ],
      [12, 60],
    );
    expect(ran).toMatchObject({ code: 0, late: null });
    const shrunk = ran.output.slice(ran.output.lastIndexOf(`${ESCAPE}[2J`));
    // eslint-disable-next-line no-control-regex -- where lines are put is said with escapes
    const rows = [...shrunk.matchAll(/\u001b\[(\d+);1H/g)].map((found) => Number(found[1]));
    expect(Math.max(...rows)).toBe(10);
    expectRestored(ran);
  });

  test("gorgon bell gives it back at Ctrl+Z, and takes it again when it goes on", async () => {
    const ran = await run(gorgon("bell"), [
      ["wait", "q quit"],
      ["keys", "\u001a"],
      ["wait", LEFT],
      ["wait", `${LEFT}${ENTERED}`],
      ["keys", "q"],
    ]);
    expect(ran).toMatchObject({ code: 0, late: null, sameModes: true });
    expect(ran.output.split(ENTERED)).toHaveLength(3);
    expect(ran.output.endsWith(LEFT)).toBe(true);
  });

  test("a terminal that cannot move its cursor gets plain lines", async () => {
    const ran = await run(
      ["--import", "data:text/javascript,process.env.TERM='dumb'", ...gorgon("bell")],
      [
        ["wait", "Gorgon "],
        ["keys", "\u0003"],
      ],
    );
    expect(ran).toMatchObject({ code: 0, late: null });
    expect(ran.output).not.toContain(ESCAPE);
  });
});
