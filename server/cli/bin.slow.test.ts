import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

const BIN = path.join(import.meta.dirname, "..", "..", "bin", "gorgon.js");
/** Makes a Node look like one that has no SQLite yet. */
const WITHOUT_SQLITE = "--no-experimental-sqlite";

let root: string;

beforeEach(() => {
  root = mkdtempSync(path.join(os.tmpdir(), "gorgon-bin-"));
  mkdirSync(path.join(root, "bin"));
  mkdirSync(path.join(root, "dist"));
  writeFileSync(path.join(root, "package.json"), '{"type": "module"}');
  copyFileSync(BIN, path.join(root, "bin", "gorgon.js"));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

function worker(source: string): void {
  writeFileSync(path.join(root, "dist", "worker.cjs"), source);
}

/** Puts this Node where npm would have put the packaged one. */
function packageNode(): void {
  const system = process.platform === "win32" ? "win" : process.platform;
  const home = path.join(root, "node_modules", `node-${system}-${process.arch}`);
  mkdirSync(path.join(home, "bin"), { recursive: true });
  writeFileSync(path.join(home, "package.json"), '{"name": "node"}');
  symlinkSync(process.execPath, path.join(home, "bin", "node"));
}

async function run(flags: readonly string[], args: readonly string[], whenSaid?: [string, NodeJS.Signals]) {
  const child = spawn(process.execPath, [...flags, path.join(root, "bin", "gorgon.js"), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 4000,
  });
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
    if (whenSaid !== undefined && out.includes(whenSaid[0])) child.kill(whenSaid[1]);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, err };
}

describe("bin/gorgon.js", () => {
  test("runs the worker in its own process when this Node has SQLite, without Node's warning", async () => {
    worker('process.getBuiltinModule("node:sqlite"); console.log(process.argv.slice(2)); process.exitCode = 3;');
    const { code, out, err } = await run([], ["bell", "a b"]);
    expect({ code, out, err }).toEqual({ code: 3, out: "[ 'bell', 'a b' ]\n", err: "" });
  });

  test("runs it on the packaged Node when this one has none, and ends as it ended", async () => {
    packageNode();
    worker(
      'console.log(process.getBuiltinModule("node:sqlite") !== undefined, process.argv[2]); process.exitCode = 2;',
    );
    expect(await run([WITHOUT_SQLITE], ["x"])).toMatchObject({ code: 2, out: "true x\n" });
  });

  test("passes signals on", async () => {
    packageNode();
    worker('process.on("SIGTERM", () => process.exit(7)); setInterval(() => {}, 1000); console.log("ready");');
    expect((await run([WITHOUT_SQLITE], [], ["ready", "SIGTERM"])).code).toBe(7);
  });

  test("says what to install when there is no fitting Node", async () => {
    worker("");
    const { code, err } = await run([WITHOUT_SQLITE], []);
    expect(code).toBe(69);
    expect(err).toContain("Install Node 24");
  });

  test("says that it was not built", async () => {
    const { code, err } = await run([], []);
    expect(code).toBe(69);
    expect(err).toContain("npm run build");
  });
});
