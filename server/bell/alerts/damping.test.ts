/** However a series flaps, what is told of it is bounded. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Observation } from "../judge.ts";
import { silentLog } from "../../host/log.ts";
import { AlertBook } from "./book.ts";
import { came, DAMPING, delayOf, mostNotifications, went } from "./damping.ts";
import { METRIC, rule } from "./testing.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

function seenAt(value: number, time: number): Observation {
  const samples = [{ attributes: {}, value, time }];
  return { rule: rule(), unit: "1", samples, missing: null, readAt: time, againAt: null };
}

/** When a book told of a series that was CRIT (true) or well for each of these times. */
function toldTimes(phases: readonly { readonly bad: boolean; readonly milliseconds: number }[]): number[] {
  // No group would hold back what damping lets go.
  const book = new AlertBook({ node: "here", log: silentLog, grouping: { waitMs: 0, intervalMs: 0 } });
  const told: number[] = [];
  const counts = new Map<string, number>();
  let now = Date.UTC(2026, 0, 1);
  const judge = (value: number) => {
    book.judge([seenAt(value, now)], now);
    for (const { id, notifications } of book.alerts(now)) {
      if (notifications > (counts.get(id) ?? 0)) told.push(now);
      counts.set(id, notifications);
    }
  };
  for (const { bad, milliseconds } of phases) {
    const end = now + milliseconds;
    judge(bad ? 0.95 : 0.1);
    // As the bell does: also when something changes by itself.
    for (let next = book.changesAt; next !== null && next < end; next = book.changesAt) {
      now = next;
      judge(bad ? 0.95 : 0.1);
    }
    now = end;
  }
  return told;
}

test("the first time is told at once, each further one is held three times as long, up to six hours", () => {
  expect([0, 1, 2, 3, 4, 5, 6, 7, 99].map((flaps) => delayOf(flaps) / MINUTE)).toEqual([
    0, 5, 15, 45, 135, 360, 360, 360, 360,
  ]);
});

test("what stays away for six hours begins anew", () => {
  const once = went(came(undefined, 0), 1000);
  expect(came(once, 1000 + DAMPING.forgetMs - 1).flaps).toBe(1);
  expect(came(once, 1000 + DAMPING.forgetMs).flaps).toBe(0);
});

test("the bound is three in an hour, five in six hours and 20 in a day", () => {
  expect([HOUR, 6 * HOUR, 24 * HOUR].map((time) => mostNotifications(time))).toEqual([3, 5, 20]);
});

test("no series, however it flaps, is told more often than the bound in any hour, six hours or day", () => {
  const phase = fc.record({
    bad: fc.boolean(),
    milliseconds: fc.oneof(
      fc.integer({ min: 1000, max: 5 * MINUTE }),
      fc.integer({ min: MINUTE, max: 8 * HOUR }),
      fc.constantFrom(DAMPING.forgetMs, 5 * MINUTE, 15 * MINUTE + 1),
    ),
  });
  fc.assert(
    fc.property(fc.array(phase, { maxLength: 60 }), (phases) => {
      const told = toldTimes(phases);
      for (const within of [HOUR, 6 * HOUR, 24 * HOUR]) {
        for (const from of told) {
          const count = told.filter((time) => time >= from && time < from + within).length;
          expect(count).toBeLessThanOrEqual(mostNotifications(within));
        }
      }
    }),
    { numRuns: 200, seed: 7 },
  );
});

test("a series that is CRIT and well by turns every ten seconds for a day is told once", () => {
  const phases = Array.from({ length: 8640 }, (_, index) => ({ bad: index % 2 === 0, milliseconds: 10_000 }));
  expect(toldTimes(phases)).toHaveLength(1);
});

test("damping delays what is told, never what is shown", () => {
  const book = new AlertBook({ node: "here", log: silentLog });
  for (let turn = 0; turn < 6; turn += 1) {
    const now = turn * 20_000;
    const [[standing] = []] = book.judge([seenAt(0.95, now)], now);
    expect(standing?.level).toBe("CRIT");
    book.judge([seenAt(0.1, now + 10_000)], now + 10_000);
  }
  book.judge([seenAt(0.95, 200_000)], 200_000);
  const [alert] = book.alerts(200_000);
  expect(alert).toMatchObject({ metric: METRIC, status: "firing", flaps: 6, heldUntil: 200_000 + delayOf(6) });
});
