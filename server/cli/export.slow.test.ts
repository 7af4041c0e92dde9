/** `gorgon export` on real history files of a user of the test's own. */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { MetricInfo } from "../../protocol/reading.ts";
import { ManualClock } from "../host/manual-clock.ts";
import { nodeHost } from "../host/node.ts";
import { statePaths } from "../host/paths.ts";
import { ChunkStore } from "../octopus/store/chunk-store.ts";
import { homes } from "./testing.ts";

const { user, remove } = homes();
afterAll(remove);

const MINUTE = 60_000;
const SAMPLES = 120;
const METRICS = new Map<string, MetricInfo>(
  ["gorgon.cpu.busy", "system.memory.utilization"].map((name) => [
    name,
    { name, unit: "1", kind: "gauge", description: "" },
  ]),
);

/** A user whose worker has written two hours, one sample a minute; the last one is half a minute old. */
async function userWithHistory() {
  const one = user();
  const paths = await statePaths({ ...nodeHost(), env: { HOME: one.home } });
  const last = Date.now() - MINUTE / 2;
  const start = last - (SAMPLES - 1) * MINUTE;
  const clock = new ManualClock(start);
  const store = new ChunkStore({ path: paths.history, clock });
  for (let index = 0; index < SAMPLES; index++) {
    const readings = [
      { metric: "gorgon.cpu.busy", attributes: {}, value: index / SAMPLES },
      { metric: "system.memory.utilization", attributes: { "system.memory.state": "used" }, value: 0.5 },
      { metric: "system.memory.utilization", attributes: { "system.memory.state": "free" }, value: 0.25 },
    ];
    store.append(start + index * MINUTE, readings, METRICS);
  }
  clock.advance(SAMPLES * MINUTE);
  await store.flush();
  return { ...one, store, start, paths };
}

const linesOf = (out: string): Record<string, unknown>[] =>
  out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe.concurrent("gorgon export", () => {
  test("gives every sample beside the worker that writes, and the same after that one is gone", async () => {
    const { run, store, start } = await userWithHistory();
    const beside = await run("export");
    expect(beside).toMatchObject({ code: 0, err: "" });
    expect(store.health().mode).toBe("writing");
    const rows = linesOf(beside.out);
    expect(rows).toHaveLength(3 * SAMPLES);
    const first = { time: start, metric: "gorgon.cpu.busy", attributes: {}, unit: "1", value: 0 };
    expect(rows[0]).toEqual(first);
    await store.close();
    expect((await run("export")).out).toBe(beside.out);
  });

  test("reads what a killed worker left in its journal, without a writer, and leaves it to the next one", async () => {
    const { store, paths, start } = await userWithHistory();
    const { run, home } = user();
    const left = await statePaths({ ...nodeHost(), env: { HOME: home } });
    // What lies on the disk at this moment is what kill -9 would leave.
    cpSync(paths.folder, left.folder, { recursive: true });
    await store.close();
    const rows = linesOf((await run("export --metric gorgon.cpu.busy")).out);
    expect(rows.map((row) => row["time"])).toEqual(Array.from({ length: SAMPLES }, (_, at) => start + at * MINUTE));
    const next = new ChunkStore({ path: left.history, clock: new ManualClock(Date.now()) });
    expect(next.health().mode).toBe("writing");
    await next.close();
    expect(linesOf((await run("export")).out)).toHaveLength(3 * SAMPLES);
  });

  test("chooses by metric, attributes and time, and puts steps together", async () => {
    const { run, store } = await userWithHistory();
    const used = await run(
      "export --metric system.memory.utilization --match system.memory.state=used --from -10m --format csv",
    );
    const [heading, ...rows] = used.out.trimEnd().split("\r\n");
    expect(heading).toBe("time,metric,attributes,unit,value");
    expect(rows).toHaveLength(10);
    const steps = await run("export -m gorgon.cpu.busy --step 1h --aggregate max --from -1d --to now");
    const found = linesOf(steps.out);
    expect(found.length).toBeGreaterThanOrEqual(2);
    expect(found.at(-1)).toMatchObject({ value: (SAMPLES - 1) / SAMPLES });
    await store.close();
  });

  test("says where older values are only kept in steps, and which step would be exact", async () => {
    const { run, home } = user();
    const paths = await statePaths({ ...nodeHost(), env: { HOME: home } });
    // A block of minutes is four hours from midnight on, and goes as a whole: here one ends two hours before the end.
    const end = Math.floor(Date.now() / 86_400_000) * 86_400_000 - 2 * 3_600_000;
    const clock = new ManualClock(end - 3 * 3_600_000);
    // Samples for an hour, minutes for two: of the third, ten minutes are left.
    const tiers = [1, 2, 48, 48].map((hours) => ({ ageMs: hours * 3_600_000, bytes: Infinity }));
    const store = new ChunkStore({ path: paths.history, clock, tiers });
    for (let time = clock.now(); time < end; time += 10_000) {
      store.append(time, [{ metric: "gorgon.cpu.busy", attributes: {}, value: 0.5 }], METRICS);
      clock.jump(10_000);
      if (time % 600_000 === 0) await store.sealNow();
    }
    await store.sealNow();
    for (let round = 0; round < 10; round++) await store.flush();
    await store.close();
    const odd = await run("export --step 7m");
    expect(odd.code).toBe(0);
    expect(odd.err).toContain("kept in steps of 10 min");
    expect(odd.err).toContain("--step 10m is exact");
    expect((await run("export --step 1h")).err).toBe("");
  });

  test("says what Parquet needs and how to install it, and leaves nothing behind", async () => {
    const { run, home } = await userWithHistory();
    const file = path.join(home, "out.parquet");
    const { code, err } = await run(`export --output ${file}`);
    expect(code).toBe(1);
    expect(err).toContain(`npm install --prefix ${path.join(home, ".config", "gorgon")} @duckdb/node-api`);
    expect(readdirSync(home).filter((name) => name.includes("parquet"))).toEqual([]);
  });

  test("writes a file for the user alone, by the ending of its name, and tells how far it is on a terminal", async () => {
    const { run, store, home } = await userWithHistory();
    const file = path.join(home, "out.csv");
    writeFileSync(file, "what was there before");
    chmodSync(file, 0o644);
    let told = "";
    const stderr = { isTTY: true, write: (text: string) => (told += text) };
    const { code, out } = await run(`export --output ${file}`, { stderr });
    expect({ code, out }).toEqual({ code: 0, out: "" });
    expect(told).toContain(`${String(3 * SAMPLES)} samples in ${file}`);
    const text = readFileSync(file, "utf8");
    expect(text.split("\r\n")).toHaveLength(3 * SAMPLES + 2);
    if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
    await store.close();
  });

  test("gives what happened with --annotations", async () => {
    const { run, store, start } = await userWithHistory();
    const alert = {
      time: start,
      end: start + MINUTE,
      kind: "alert",
      text: 'Memory is "full", nearly',
      source: "memory",
    };
    store.annotations.add(alert);
    expect(linesOf((await run("export --annotations")).out)).toEqual([alert]);
    const { out } = await run("export --annotations --format csv");
    expect(out).toContain(',alert,"Memory is ""full"", nearly",memory\r\n');
    const later = await run("export --annotations --from -10m");
    expect(later).toMatchObject({ code: 0, out: "", err: "gorgon: the history has no annotations like these.\n" });
    await store.close();
  });

  test("leaves nothing half-written when it is ended", async () => {
    const { run, store, home } = await userWithHistory();
    const stop = new AbortController();
    // The first word of progress comes in the middle of the work.
    const stderr = { isTTY: true, write: (text: string) => (text.includes("now ") ? stop.abort() : undefined) };
    const folder = path.join(home, "out");
    mkdirSync(folder);
    const { code } = await run(`export -o ${folder}/all.ndjson`, { stderr, signal: stop.signal });
    expect(code).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
    await store.close();
  });

  test("writes no faster than it is read, and ends well when the reader goes", async () => {
    const { run, store } = await userWithHistory();
    const stop = new AbortController();
    let writes = 0;
    let waiting: () => void = () => undefined;
    const asked = new Promise<void>((resolve) => (waiting = resolve));
    const stdout = { write: () => (writes++, false), once: () => waiting() };
    const ran = run("export", { stdout, signal: stop.signal });
    await asked;
    stop.abort();
    expect((await ran).code).toBe(0);
    expect(writes).toBe(1);
    await store.close();
  });

  test.each([
    ["--format xml", "--format must be one of ndjson, csv, parquet"],
    ["--format parquet", "name a file with --output"],
    ["--from yesterday", "--from must be a time like"],
    ["--from 2026-02-31T99:00", "--from must be a time like"],
    ["--from -1h --to -2h", "--from must be before --to"],
    ["--step soon", "--step must be a length of time"],
    ["--step 1m --aggregate median", "--aggregate must be one of avg"],
    ["--aggregate max", "--aggregate needs --step"],
    ["--match mode", "--match must be an attribute like"],
    ["--annotations --metric x", "cannot be used with"],
  ])("refuses `%s` with 64 before anything is read", async (args, words) => {
    const { code, out, err } = await user().run(`export ${args}`);
    expect({ code, out }).toEqual({ code: 64, out: "" });
    expect(err).toContain(words);
  });

  test("offers near names for a metric that is not there, and no other file than a file for its output", async () => {
    const { run, store, home } = await userWithHistory();
    const typo = await run("export --metric gorgon.cpu.bussy");
    expect(typo.code).toBe(64);
    expect(typo.err).toContain("Near names: gorgon.cpu.busy");
    expect(await run(`export -o ${home}`)).toMatchObject({ code: 64 });
    const nowhere = await run(`export -o ${home}/no/such/out.csv`);
    expect(nowhere.code).toBe(1);
    expect(nowhere.err).toContain("could not be written");
    await store.close();
  });

  test("says so when there is no history, and when it cannot be read", async () => {
    const { run, home } = user();
    const none = await run("export");
    expect(none).toMatchObject({ code: 1, out: "" });
    expect(none.err).toContain("There is no history yet");
    const { history, folder } = await statePaths({ ...nodeHost(), env: { HOME: home } });
    mkdirSync(folder, { recursive: true });
    writeFileSync(history, "this is no database, whatever its name says ".repeat(100));
    const broken = await run("export");
    expect(broken).toMatchObject({ code: 1, out: "" });
    expect(broken.err).toContain("cannot be read");
  });
});
