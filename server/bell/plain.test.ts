import { afterEach, beforeEach, expect, test } from "vitest";
import { UnknownCrab } from "../octopus/hub.ts";
import { plainLine, runPlainBell } from "./plain.ts";
import { scriptedMachine, verdict } from "./testing.ts";

let machine: ReturnType<typeof scriptedMachine>;
let written: string;

beforeEach(() => {
  machine = scriptedMachine();
  written = "";
});

afterEach(() => machine.hub.close());

function start(iterations: number, crab = "guardian", signal?: AbortSignal) {
  return runPlainBell({
    hub: machine.hub,
    crab,
    iterations,
    intervalMs: 2000,
    write: (text) => (written += text),
    clock: machine.clock,
    ...(signal === undefined ? {} : { signal }),
  });
}

test("the plain bell prints its banners and one line a poll, to the letter", async () => {
  machine.give(0.125, 0.81);
  const run = start(3);
  await machine.clock.advanceAsync(500);
  machine.give(0.9, 0.95);
  await machine.clock.advanceAsync(2000);
  machine.cpu.next = new Error("gone");
  await machine.clock.advanceAsync(2000);
  expect(await run).toBe("CRIT");
  expect(written).toBe(
    [
      "Starting GorgonBellCLI for crab 'guardian'...",
      "",
      "[1] CPU:  12.5% (OK  )   MEM:  81.0% (WARN)",
      "[2] CPU:  90.0% (CRIT)   MEM:  95.0% (CRIT)",
      "[3] CPU:   n/a% (UNKNOWN)   MEM:  95.0% (CRIT)",
      "",
      "GorgonBellCLI session finished.",
      "",
    ].join("\n"),
  );
});

test("a value that is not there is n/a and UNKNOWN, never 0 and OK", () => {
  expect(plainLine(7, [])).toBe("[7] CPU:   n/a% (UNKNOWN)   MEM:   n/a% (UNKNOWN)");
  expect(plainLine(12, [verdict("cpu", "CRIT", 1), verdict("memory", "OK", 0)])).toBe(
    "[12] CPU: 100.0% (CRIT)   MEM:   0.0% (OK  )",
  );
});

test("a crab that is not there is refused with those that are, before anything is printed", async () => {
  await expect(start(1, "nobody")).rejects.toThrow(UnknownCrab);
  await expect(start(1, "nobody")).rejects.toThrow("Registered: guardian.");
  expect(written).toBe("");
});

test("it ends in good order when it is aborted between two lines", async () => {
  machine.give(0.1, 0.1);
  const stop = new AbortController();
  const run = start(Infinity, "guardian", stop.signal);
  await machine.clock.advanceAsync(500);
  stop.abort();
  await run;
  expect(written.match(/^\[\d+\]/gm)).toEqual(["[1]"]);
  expect(written).toMatch(/session finished\.\n$/);
  expect(machine.clock.pending).toBe(0);
});
