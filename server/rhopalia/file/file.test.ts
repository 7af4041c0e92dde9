import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FileWatch } from "../../config/watch.ts";
import { fixtureHost } from "../../host/fixture.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import { nodeHost } from "../../host/node.ts";
import { probe } from "../probe.ts";
import { NoData } from "../rhopalium.ts";
import { fileSensor } from "./index.ts";
import { MOST_ENTRIES } from "./survey.ts";

const watch = (at: string, values: Partial<FileWatch> = {}): FileWatch => ({
  kind: "file",
  id: "it",
  origin: "user file",
  workspace: "",
  path: at,
  ...values,
});
const it = { "gorgon.watch": "it" };
const COUNT = "gorgon.watch.file.count";
const SIZE = "gorgon.watch.file.size";
const AGE = "gorgon.watch.file.age";
const OLDEST = "gorgon.watch.file.oldest_age";

describe("watched paths on recorded files", () => {
  function machine() {
    const clock = new ManualClock();
    const host = fixtureHost({ clock });
    const put = (at: string, bytes: number, ageS: number) =>
      host.setFacts(at, { kind: "file", bytes, modifiedMs: clock.now() - ageS * 1000 });
    return { clock, host, put };
  }

  test("nothing watched is nothing to read, and says how to watch", async () => {
    await expect(probe(fileSensor(fixtureHost()))).rejects.toThrow(NoData);
    await expect(probe(fileSensor(fixtureHost()))).rejects.toThrow("watches: in gorgon.yaml");
  });

  test("a file that is not there counts 0 and has neither size nor age", async () => {
    const { host } = machine();
    const found = await probe(fileSensor(host, () => [watch("/var/backups/db.gz")]));
    expect(found.value(COUNT, it)).toBe(0);
    expect(found.value(AGE, it)).toBeUndefined();
    expect(found.reason).toBe("");
  });

  test("a time in the future is an age of 0", async () => {
    const { host, put } = machine();
    put("/a", 1, -500);
    expect((await probe(fileSensor(host, () => [watch("/a")]))).value(AGE, it)).toBe(0);
  });

  test("a path that hangs is named, and holds up no other; when it answers it is read again", async () => {
    const { host, clock, put } = machine();
    put("/local", 5, 1);
    host.setSize("/dead/file", "hangs");
    const watches = [watch("/dead/file", { id: "dead" }), watch("/local")];
    const sensor = fileSensor(host, () => watches);
    const settled = () => new Promise((resolve) => void setImmediate(resolve));
    const first = probe(sensor);
    // All that can answer has answered when the event loop comes round.
    await settled();
    clock.advance(1000);
    for (const seconds of ["1.0", "31.0"]) {
      // What hangs already is not waited for again.
      const found = await (seconds === "1.0" ? first : probe(sensor));
      expect(found.value(SIZE, it)).toBe(5);
      expect(found.reason).toContain(`dead: /dead/file has given no answer for ${seconds} s`);
      clock.advance(30_000);
    }
    put("/dead/file", 9, 0);
    host.setSize("/dead/file", { error: "ENOENT" });
    await settled();
    const after = await probe(sensor);
    expect(after.value(SIZE, { "gorgon.watch": "dead" })).toBe(9);
    expect(after.reason).toBe("");
  });

  test("what may not be read is a failure of that watch alone", async () => {
    const { host, put } = machine();
    put("/ok", 5, 1);
    host.fail("/secret", "EACCES");
    const found = await probe(fileSensor(host, () => [watch("/secret", { id: "no" }), watch("/ok")]));
    expect(found.reason).toContain("no: /secret cannot be read: this user may not read it");
    expect(found.value(COUNT, it)).toBe(1);
  });

  test("a folder without end is counted up to a limit, and that is said", async () => {
    const { host } = machine();
    const names = Array.from({ length: MOST_ENTRIES + 5 }, (_, index) => `f${String(index)}`);
    const facts = { kind: "file", bytes: 1, modifiedMs: 0 } as const;
    const files = {
      ...host.files,
      look: (at: string) => Promise.resolve(at === "/big" ? { ...facts, kind: "folder" as const } : facts),
      entries: (_: string, limit: number) => Promise.resolve(names.slice(0, limit)),
    };
    const { platform, clock, programs, env } = host;
    const standIn = { platform, clock, programs, env, files };
    const found = await probe(fileSensor(standIn, () => [watch("/big")]));
    expect(found.value(COUNT, it)).toBe(MOST_ENTRIES);
    expect(found.reason).toContain("only the first 10000 entries are counted");
  });

  test("a workspace's watch carries the workspace's name", async () => {
    const { host, put } = machine();
    put("/a", 1, 1);
    const found = await probe(fileSensor(host, () => [watch("/a", { workspace: "demo" })]));
    expect(found.value(COUNT, { ...it, "gorgon.workspace": "demo" })).toBe(1);
  });
});

describe("watched paths on this machine", () => {
  let folder = "";
  const HOSTILE = "a b\n$(rm -rf ~) <img> é.gz";

  beforeAll(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-watch-")).replaceAll("\\", "/");
    mkdirSync(`${folder}/sub/2024`, { recursive: true });
    mkdirSync(`${folder}/sub/2025`);
    const put = (name: string, bytes: number, ageS: number) => {
      writeFileSync(`${folder}/${name}`, "x".repeat(bytes));
      const time = new Date(Date.now() - ageS * 1000);
      utimesSync(`${folder}/${name}`, time, time);
    };
    put("old.gz", 100, 7200);
    put("new.gz", 50, 60);
    put(process.platform === "win32" ? "hostile.gz" : HOSTILE, 7, 600);
    put(".hidden.gz", 1000, 5);
    put("sub/2024/model.bin", 11, 50);
    put("sub/2025/model.bin", 13, 40);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const at = async (tail: string) => probe(fileSensor(nodeHost(), () => [watch(`${folder}${tail}`)]));

  test("one file has its size and age", async () => {
    const found = await at("/old.gz");
    expect([found.value(COUNT, it), found.value(SIZE, it)]).toEqual([1, 100]);
    expect(Math.abs((found.value(AGE, it) ?? 0) - 7200)).toBeLessThan(60);
  });

  test("a pattern finds files of any name but hidden ones", async () => {
    const found = await at("/*.gz");
    expect([found.value(COUNT, it), found.value(SIZE, it)]).toEqual([3, 157]);
    expect(found.value(AGE, it)).toBeLessThan(300);
    expect(found.value(OLDEST, it)).toBeGreaterThan(7000);
    expect((await at("/.*.gz")).value(COUNT, it)).toBe(1);
  });

  test("a pattern may stand for folders on the way", async () => {
    const found = await at("/sub/20*/model.???");
    expect([found.value(COUNT, it), found.value(SIZE, it)]).toEqual([2, 24]);
    expect((await at("/none*/x")).value(COUNT, it)).toBe(0);
  });

  test("a folder counts what is directly in it, hidden files and folders too", async () => {
    const found = await at("");
    expect([found.value(COUNT, it), found.value(SIZE, it)]).toEqual([5, 1157]);
  });
});
