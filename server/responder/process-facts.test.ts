/** What is told of a process, on recorded answers of the systems. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { fixtureHost } from "../host/fixture.ts";
import { ManualClock } from "../host/manual-clock.ts";
import { nodeHost } from "../host/node.ts";
import { SystemInformation, type Library } from "../rhopalia/systeminformation.ts";
import { linuxLookup, otherLookup } from "./process-facts.ts";

const root = mkdtempSync(path.join(tmpdir(), "gorgon-facts-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

function put(file: string, text: string): void {
  const full = path.join(root, "proc", file);
  mkdirSync(path.dirname(full), { recursive: true });
  writeFileSync(full, text);
}

test("on Linux a name may hold anything, and rights that were lent make a process foreign", () => {
  put("stat", "cpu 1 2 3\nbtime 1700000000\n");
  put("7/stat", `7 (a) Z 1 (b\n)) S 3 ${"0 ".repeat(17)}250 0 0\n`);
  put("7/status", "Name:\tx\nUid:\t1000\t1000\t1000\t1000\n");
  put("8/stat", `8 (sudo) Z 7 ${"0 ".repeat(17)}300 0 0\n`);
  put("8/status", "Name:\tsudo\nUid:\t1000\t0\t0\t0\n");
  const lookup = linuxLookup(fixtureHost({ root, clock: new ManualClock() }), 1000);
  expect(lookup.look(7)).toEqual({
    name: "a) Z 1 (b\n)",
    startedAt: 1_700_000_002_500,
    parent: 3,
    foreign: false,
    ended: false,
  });
  expect(lookup.look(8)).toMatchObject({ name: "sudo", foreign: true, ended: true });
  expect(lookup.look(9)).toBeNull();
  expect(lookup.ancestors(8)).toEqual(new Set([7, 3]));
});

test("elsewhere the library's list tells, and where it names no user the system itself refuses", async () => {
  const one = { pid: 70, parentPid: 60, name: "node", started: "2026-11-22 16:35:01", user: "ada", state: "running" };
  const list = [one, { ...one, pid: 60, parentPid: 1, user: "" }, { ...one, pid: 61, user: "eve", started: "" }];
  const library = { processes: () => Promise.resolve({ list }) } as unknown as Library;
  const lookup = otherLookup(new SystemInformation(nodeHost(), library), "ada");
  expect(await lookup.look(70)).toEqual({
    name: "node",
    startedAt: new Date(2026, 10, 22, 16, 35, 1).getTime(),
    parent: 60,
    foreign: false,
    ended: false,
  });
  expect(await lookup.look(60)).toMatchObject({ foreign: false });
  expect(await lookup.look(61)).toMatchObject({ foreign: true, startedAt: 0 });
  expect(await lookup.look(5)).toBeNull();
  expect(await lookup.ancestors(70)).toEqual(new Set([60, 1]));
});
