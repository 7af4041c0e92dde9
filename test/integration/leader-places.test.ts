/** What may be wrong with the places of lock, history and socket, as whole worker stacks in processes of their own. */
import { fork, type ChildProcess } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { here } from "../platforms.ts";
import type { StackNews, StackTask } from "./leader-child.ts";

let home: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "gorgon-places-"));
});
afterEach(async () => {
  await Promise.all(
    children.splice(0).map(
      (child) =>
        new Promise<void>((resolve) => {
          if (child.exitCode !== null || child.signalCode !== null) {
            resolve();
            return;
          }
          child.once("exit", () => resolve());
          child.disconnect();
        }),
    ),
  );
  rmSync(home, { recursive: true, force: true });
});

/** A worker stack that may pretend, once it is known who leads. */
function stack(task: StackTask): Promise<StackNews> {
  const child = fork(path.join(import.meta.dirname, "leader-child.ts"), [JSON.stringify(task)], {
    execArgv: ["--no-warnings"],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  children.push(child);
  return new Promise((resolve, reject) => {
    child.once("message", (news) => resolve(news as StackNews));
    child.once("exit", (code) => reject(new Error(`The stack ended with code ${String(code)} before it spoke.`)));
  });
}

/** A home of its own below the test's. */
function envOf(name: string) {
  const own = path.join(home, name);
  mkdirSync(own, { recursive: true });
  const at = (folder: string) => path.join(own, folder);
  return {
    HOME: own,
    XDG_STATE_HOME: at("state"),
    XDG_CONFIG_HOME: at("config"),
    XDG_RUNTIME_DIR: at("run"),
    TMPDIR: at("tmp"),
  };
}

const found = (news: StackNews, subject: string) => news.report.findings.find((one) => one.subject === subject);

describe("the place of lock and history", () => {
  it("on a network file system is a local folder instead, where windows find each other, and the doctor says so [linux]", async (context) => {
    if (!here("linux")) context.skip();
    const env = envOf("ada");
    const mounts = `1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 0:90 / ${env.HOME} rw - nfs4 nas:/home rw\n`;
    const files = {
      "/proc/self/mountinfo": mounts,
      "/etc/machine-id": `${"f".repeat(24)}${String(process.pid).padStart(8, "0")}\n`,
    };
    const first = await stack({ env, files });
    try {
      const second = await stack({ env, files });
      expect(first.paths.folder).toMatch(/^\/var\/tmp\/gorgon-\d+\/[0-9a-f]{16}$/);
      expect(first.state).toMatchObject({ role: { role: "leads" }, history: { mode: "writing" } });
      expect(second.state).toMatchObject({ role: { role: "follows" }, history: { mode: "following" } });
      expect(found(second, "Place")?.detail).toMatch(
        /lies on a network file system \(nfs4 at .*history is kept in \/var\/tmp/,
      );
      expect(found(second, "Lock")?.detail).toContain(`${first.paths.folder}/leader.db, on a local disk`);
      expect(existsSync(path.join(env.XDG_STATE_HOME, "gorgon"))).toBe(false);
    } finally {
      rmSync(first.paths.folder, { recursive: true, force: true });
    }
  });

  it("in a home without write permission leaves each window to watch for itself, with the reason and the mend", async () => {
    const { HOME } = envOf("ada");
    const user = process.getuid?.() === 0 ? { user: 65_534 } : {};
    chmodSync(home, 0o755);
    chmodSync(HOME, 0o555);
    const env = { HOME, XDG_STATE_HOME: "", XDG_RUNTIME_DIR: "", XDG_CONFIG_HOME: "" };
    try {
      const news = await stack({ env, ...user });
      expect(news.state).toMatchObject({ role: { role: "alone" }, history: { mode: "memory" } });
      expect(news.state.role?.reason).toMatch(/leader\.db cannot be taken \(EACCES.*Allow this user to write there/s);
      expect(news.state.history.reason).toMatch(/cannot be written \(EACCES/);
      expect(news.state.glance.memory.used).toBeGreaterThan(0);
      expect(found(news, "Leader")).toMatchObject({
        status: "broken",
        mend: expect.stringContaining("leads or follows by itself") as string,
      });
    } finally {
      chmodSync(HOME, 0o755);
    }
  });

  it("is another after the machine's id changed; the old one is left alone, and the doctor names it", async () => {
    const env = envOf("ada");
    const before = await stack({ env, files: { "/etc/machine-id": "a".repeat(32) } });
    const after = await stack({ env, files: { "/etc/machine-id": "b".repeat(32) } });
    expect(after.paths.folder).not.toBe(before.paths.folder);
    expect(after.state).toMatchObject({ role: { role: "leads" }, history: { mode: "writing" } });
    expect(existsSync(path.join(before.paths.folder, "history.db"))).toBe(true);
    expect(found(after, "Other ids")?.detail).toContain(path.basename(before.paths.folder));
    expect(found(after, "Other ids")?.detail).toContain("before its machine id changed");
  });
});

describe("two users of one host", () => {
  const NOBODY = 65_534;

  it("have a leader each, and neither sees anything of the other [two-users]", async (context) => {
    if (!here("two-users")) context.skip();
    chmodSync(home, 0o755);
    const [ada, bob] = [envOf("ada"), envOf("bob")];
    chownSync(bob.HOME, NOBODY, NOBODY);
    const first = await stack({ env: ada });
    const second = await stack({ env: bob, user: NOBODY });
    expect([first.state.role?.role, second.state.role?.role]).toEqual(["leads", "leads"]);
    expect(first.lastSnapshot).not.toBe(second.lastSnapshot);
  });

  it("cannot use each other's token, socket or lock, even with the same home [two-users]", async (context) => {
    if (!here("two-users")) context.skip();
    chmodSync(home, 0o755);
    const env = envOf("shared");
    const first = await stack({ env });
    expect(first.state.role?.role).toBe("leads");
    const second = await stack({ env, user: NOBODY });
    expect(second.state).toMatchObject({ role: { role: "alone" }, history: { mode: "memory" } });
    expect(second.state.role?.reason).toMatch(/EACCES|belongs to another user/);
    const socket = found(first, "Socket")?.detail ?? "";
    expect(existsSync(socket)).toBe(true);
    expect(await asUser(NOBODY, [socket, socket.replace(/sock$/, "token")])).toEqual(["EACCES", "EACCES"]);
  });

  it("do not trust a folder that the other made in their name [two-users]", async (context) => {
    if (!here("two-users")) context.skip();
    const env = { ...envOf("ada"), XDG_RUNTIME_DIR: "" };
    const trap = path.join(env.TMPDIR, `gorgon-${String(process.getuid?.() ?? 0)}`);
    mkdirSync(trap, { recursive: true });
    chownSync(trap, NOBODY, NOBODY);
    const news = await stack({ env });
    expect(news.state.role).toMatchObject({ role: "leads", reason: "" });
    // The next place is taken instead.
    expect(found(news, "Socket")?.detail).toContain(news.paths.folder);
    expect(existsSync(path.join(trap, path.basename(news.paths.folder)))).toBe(false);
  });
});

/** How another user's try to read each of these ends. */
async function asUser(user: number, files: readonly string[]): Promise<string[]> {
  const code = `
    const { connect } = require("node:net");
    const { readFileSync } = require("node:fs");
    process.setgroups([]); process.setgid(${String(user)}); process.setuid(${String(user)});
    const [socket, token] = ${JSON.stringify(files)};
    const said = [];
    connect({ path: socket }).on("connect", () => done("connected")).on("error", (error) => done(error.code));
    function done(word) {
      said.push(word);
      try { readFileSync(token); said.push("read"); } catch (error) { said.push(error.code); }
      process.send(said, () => process.exit(0));
    }`;
  const script = path.join(home, "try.cjs");
  writeFileSync(script, code);
  const child = fork(script);
  return new Promise((resolve, reject) => {
    child.once("message", (said) => resolve(said as string[]));
    child.once("exit", (exit) => reject(new Error(`ended with ${String(exit)}`)));
  });
}
