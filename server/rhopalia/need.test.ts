import { expect, test } from "vitest";
import { ManualClock } from "../host/manual-clock.ts";
import { Need } from "./need.ts";

function needed(lingerMs = 1000) {
  const clock = new ManualClock();
  const log: string[] = [];
  const need = new Need(
    clock,
    lingerMs,
    () => log.push("start"),
    () => log.push("stop"),
  );
  return { clock, log, need };
}

test("it starts with the first who needs it and stops a while after the last", () => {
  const { clock, log, need } = needed();
  const first = need.acquire();
  const second = need.acquire();
  first.dispose();
  first.dispose();
  clock.advance(5000);
  expect(log).toEqual(["start"]);
  second.dispose();
  clock.advance(999);
  expect(log).toEqual(["start"]);
  clock.advance(1);
  expect(log).toEqual(["start", "stop"]);
  expect(need.active).toBe(false);
});

test("who comes back in time restarts nothing", () => {
  const { clock, log, need } = needed();
  need.touch();
  clock.advance(900);
  need.touch();
  clock.advance(900);
  expect(log).toEqual(["start"]);
  clock.advance(100);
  expect(log).toEqual(["start", "stop"]);
});

test("once disposed it is stopped, and nobody starts it again", () => {
  const { clock, log, need } = needed();
  const holder = need.acquire();
  need.dispose();
  holder.dispose();
  need.touch();
  clock.advance(5000);
  expect(log).toEqual(["start", "stop"]);
  expect(clock.pending).toBe(0);
});
