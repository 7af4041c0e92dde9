/** The history on real file systems that are full or read-only, and for a user without a umask. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { here } from "../platforms.ts";

interface Said {
  readonly step: string;
  readonly mode: string;
  readonly reason: string;
  readonly appended: number;
  readonly answered: number;
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "gorgon-disk-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a task of disk-child.ts; with mounts in a namespace of its own, which ends with it. */
function run(task: string, mounts: boolean): Promise<unknown[]> {
  const node = [process.execPath, "--no-warnings", path.join(import.meta.dirname, "disk-child.ts"), task, folder];
  const [program = "", ...args] = mounts ? ["unshare", "--mount", "--propagation", "private", ...node] : node;
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.on("error", reject);
    child.on("close", (code) => {
      if (code === 0)
        resolve(
          out
            .trimEnd()
            .split("\n")
            .map((line) => JSON.parse(line) as unknown),
        );
      else reject(new Error(`${task} ended with ${String(code)}: ${err}`));
    });
  });
}

describe("the history", () => {
  it.runIf(here("root"))(
    "on a full disk stops with a reason, keeps answering, and goes on by itself [root]",
    async () => {
      const [room, full, again, reopened] = (await run("full", true)) as Said[];
      expect(room).toMatchObject({ mode: "writing", reason: "", answered: 1000 });
      expect(full?.mode).toBe("memory");
      expect(full?.reason).toMatch(/there is no room for .*Free some space; it goes on by itself/);
      expect(full?.answered).toBe(full?.appended);
      expect(again).toMatchObject({ mode: "writing", reason: "" });
      expect(again?.answered).toBe(again?.appended);
      expect(reopened?.answered).toBe(again?.appended);
    },
  );

  it.runIf(here("root"))("on a read-only disk stops with a reason, and goes on by itself [root]", async () => {
    const [blocked, free] = (await run("read-only", true)) as Said[];
    expect(blocked).toMatchObject({ mode: "memory", answered: 100 });
    expect(blocked?.reason).toMatch(/cannot be written \(.*\)\. Allow this user to write there/);
    expect(free).toMatchObject({ mode: "writing", reason: "" });
    expect(free?.answered).toBe(free?.appended);
  });

  it.runIf(here("linux"))("is for its user's eyes only, even without a umask [linux]", async () => {
    const [said] = await run("umask", false);
    expect(said).toEqual({
      folder: "700",
      modes: {
        "history.db": "600",
        "history.db-wal": "600",
        "history.db-shm": "600",
        "history.db.lock": "600",
        "history.db.journal": "700",
        "history.db.journal/0000000001.journal": "600",
      },
    });
  });
});
