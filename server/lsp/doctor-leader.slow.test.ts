/** The doctor says who leads, over which socket and by which lock, and which other histories lie beside this one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { defaultConfig } from "../config/defaults.ts";
import { fixtureHost } from "../host/fixture.ts";
import { statePaths } from "../host/paths.ts";
import { systemClock } from "../host/node.ts";
import { TestWorker } from "../octopus/leader/testing.ts";
import { historyFindings } from "./doctor-history.ts";
import { leaderFindings } from "./doctor-leader.ts";

let home: string;
const workers: TestWorker[] = [];

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "gorgon-doctor-"));
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((one) => one.close()));
  rmSync(home, { recursive: true, force: true });
});

const LOCAL = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n";

function machine(id = "8f0c3c7e4f1a4a6db0ab9b4a0c6f2d11", mounts = LOCAL) {
  return fixtureHost({
    clock: systemClock,
    env: { HOME: home, XDG_RUNTIME_DIR: path.join(home, "run") },
    files: { "/etc/machine-id": id, "/proc/self/mountinfo": mounts },
  });
}

async function worker(pid: number): Promise<TestWorker> {
  const one = new TestWorker({ paths: await statePaths(machine()) }, pid);
  workers.push(one);
  return one.start();
}

const textOf = async (one: TestWorker | null) =>
  (await leaderFindings(machine(), one?.leadership ?? null)).map(({ subject, detail }) => `${subject}: ${detail}`);

test("in each window it names the leader, the socket and the lock, and in the leading one who follows", async () => {
  const first = await worker(1);
  const second = await worker(2);
  const { leader, sockets } = await statePaths(machine());
  await expect
    .poll(() => textOf(first))
    .toEqual([
      "Leader: this window leads",
      `Socket: ${sockets[0]?.socket ?? ""}`,
      "Followers: 1 window follows: process 2, wants every 1 min",
      `Lock: ${leader}`,
    ]);
  expect(await textOf(second)).toEqual([
    "Leader: the window of process 1 leads",
    `Socket: ${sockets[0]?.socket ?? ""}`,
    `Lock: ${leader}`,
  ]);
});

test("on the command line it looks who leads, and says when nobody does", async () => {
  expect((await textOf(null))[0]).toBe("Leader: no window of VS Code leads now");
  await worker(1);
  expect((await textOf(null))[0]).toBe("Leader: the window of process 1 leads, with Gorgon 1.2.3");
});

test("a home on a network file system has its lock on a local disk, and that is said", async () => {
  const host = machine(undefined, `${LOCAL}2 1 0:90 / ${home} rw - nfs4 nas:/home rw\n`);
  const [, lock] = await leaderFindings(host, null);
  expect(lock?.detail).toMatch(/^\/var\/tmp\/gorgon-\d+\/.*leader\.db, on a local disk because/);
});

test("a window that watches for itself is a thing to mend", async () => {
  writeFileSync(path.join(home, ".local"), "a file where a folder should be");
  const [leader] = await leaderFindings(machine(), (await worker(1)).leadership);
  expect(leader).toMatchObject({
    status: "broken",
    mend: expect.stringContaining("Mend what the reason names") as string,
  });
  expect(leader?.detail).toContain("this window watches for itself");
});

test("after the machine's id changed the old history is left alone and named", async () => {
  const before = await statePaths(machine());
  mkdirSync(before.folder, { recursive: true });
  writeFileSync(before.history, "a history");
  const changed = machine("00000000000000000000000000000001");
  const config = defaultConfig(2000);
  const health = { mode: "memory", reason: "", path: "", bytes: 0, series: 0, retentionMs: 0 } as const;
  const now = path.basename((await statePaths(changed)).folder);
  const other = (await historyFindings(changed, config, health)).find(({ subject }) => subject === "Other ids");
  expect(other?.status).toBe("note");
  expect(other?.detail).toContain(`${path.basename(before.folder)} (9 B)`);
  expect(other?.detail).toContain(`before its machine id changed (it is ${now} now)`);
  expect(other?.mend).toContain(`give its folder the name ${now}`);
  expect((await historyFindings(machine(), config, health)).map(({ subject }) => subject)).not.toContain("Other ids");
});
