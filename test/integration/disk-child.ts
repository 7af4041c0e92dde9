/**
 * Runs inside a mount namespace of its own, where it mounts a tiny file system, and says what the history does on it:
 * one line of JSON a step. `node disk-child.ts full|read-only|umask <folder>`
 */
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../server/host/node.ts";
import { ask, METRICS, sample } from "../../server/octopus/store/contract.ts";
import { ChunkStore } from "../../server/octopus/store/chunk-store.ts";

const [task = "", folder = ""] = process.argv.slice(2);
const file = path.join(folder, "state", "history.db");
const began = Date.now();
let appended = 0;

function mount(...args: string[]): void {
  const done = spawnSync("mount", [...args, folder], { encoding: "utf8" });
  if (done.status !== 0) throw new Error(`mount ${args.join(" ")}: ${done.stderr}`);
}

const open = () => new ChunkStore({ path: file, clock: systemClock, flushIntervalMs: 100 });

function append(store: ChunkStore, count: number): void {
  for (let index = 0; index < count; index++, appended++) {
    store.append(began - 1_000_000 + appended, [sample(Math.random())], METRICS);
  }
}

async function until(store: ChunkStore, mode: string): Promise<void> {
  while (store.health().mode !== mode) {
    append(store, 1);
    await sleep(20);
  }
}

async function say(step: string, store: ChunkStore): Promise<void> {
  const [frame] = await store.query(ask());
  const { mode, reason } = store.health();
  console.log(JSON.stringify({ step, mode, reason, appended, answered: frame?.values.length ?? 0 }));
}

async function full(): Promise<void> {
  mount("-t", "tmpfs", "-o", "size=1m", "tmpfs");
  const store = open();
  append(store, 1000);
  await store.flush();
  await say("room", store);
  const ballast = path.join(folder, "ballast");
  try {
    writeFileSync(ballast, Buffer.alloc(1024 * 1024, 1));
  } catch {
    // ENOSPC is the point: everything that was free is taken.
  }
  append(store, 5000);
  await until(store, "memory");
  await say("full", store);
  rmSync(ballast);
  await until(store, "writing");
  await store.flush();
  await say("room again", store);
  await store.close();
  const again = open();
  await say("reopened", again);
  await again.close();
}

async function readOnly(): Promise<void> {
  mount("-t", "tmpfs", "-o", "size=4m", "tmpfs");
  mount("-o", "remount,ro");
  const store = open();
  append(store, 100);
  await store.flush();
  await say("read-only", store);
  mount("-o", "remount,rw");
  await until(store, "writing");
  await store.flush();
  await say("writable", store);
  await store.close();
}

async function umask(): Promise<void> {
  process.umask(0);
  const store = open();
  append(store, 10);
  await store.flush();
  const home = path.dirname(file);
  const modes = Object.fromEntries(
    readdirSync(home, { recursive: true, encoding: "utf8" }).map((name) => [
      name,
      (statSync(path.join(home, name)).mode & 0o777).toString(8),
    ]),
  );
  console.log(JSON.stringify({ folder: (statSync(home).mode & 0o777).toString(8), modes }));
  await store.close();
}

const tasks: Readonly<Record<string, () => Promise<void>>> = { full, "read-only": readOnly, umask };
await tasks[task]?.();
