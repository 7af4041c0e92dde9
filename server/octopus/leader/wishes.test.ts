/** What several windows wish is put together so that each gets what it would have alone. */
import { expect, test } from "vitest";
import type { Rule } from "../../../protocol/bell.ts";
import type { LinkWish } from "../../../protocol/messages/leader.ts";
import { PLAIN_WISH } from "./testing.ts";
import { togetherOf } from "./wishes.ts";

const rule = (id: string, origin: string): Rule => ({
  id,
  title: id,
  metric: "system.cpu.load_average.1m",
  match: {},
  direction: "above",
  warn: 4,
  crit: null,
  origin,
});
const wish = (over: Partial<LinkWish> = {}): LinkWish => ({ ...PLAIN_WISH, ...over });

test("a window alone gets its own wish, and judges its own rules itself", () => {
  const own = wish({ intervalMs: 2000, rules: [rule("load", "workspace a")], gpu: ["devices"], historyMs: 5 });
  expect(togetherOf(own, [])).toMatchObject({ intervalMs: 2000, rules: [], gpu: ["devices"], historyMs: 5 });
});

test("the quickest pace and every part of the GPU that any window needs count", () => {
  const others = [wish({ intervalMs: 3000, gpu: ["processes"] }), wish({ intervalMs: 9000, gpu: ["devices"] })];
  expect(togetherOf(wish(), others)).toMatchObject({ intervalMs: 3000, gpu: ["devices", "processes"] });
});

test("a workspace that is open in several windows has its rules once, and those of the leading window are its own", () => {
  const own = wish({ rules: [rule("load", "workspace a")] });
  const b = wish({ rules: [rule("load", "workspace a"), rule("load", "workspace b")] });
  expect(togetherOf(own, [b, b]).rules).toEqual([rule("load", "workspace b")]);
});

test("history is kept when any window wants it, as long as the leading one wants where it does", () => {
  expect(togetherOf(wish(), [wish()]).historyMs).toBeNull();
  expect(togetherOf(wish(), [wish({ historyMs: 10 }), wish({ historyMs: 30 })]).historyMs).toBe(30);
  expect(togetherOf(wish({ historyMs: 20 }), [wish({ historyMs: 30 })]).historyMs).toBe(20);
});

test.each<[string, string | null, readonly [worker: string, notifies: boolean, focusedAt: number | null][]]>([
  [
    "the one that leads, while somebody looks at none",
    "a",
    [
      ["a", true, null],
      ["b", true, null],
    ],
  ],
  [
    "the one that somebody looks at",
    "b",
    [
      ["a", true, null],
      ["b", true, 5],
    ],
  ],
  [
    "of two that claim the focus the one that got it last",
    "b",
    [
      ["a", true, 3],
      ["b", true, 5],
      ["c", true, 4],
    ],
  ],
  [
    "one that follows, where a terminal leads",
    "b",
    [
      ["a", false, null],
      ["b", true, null],
    ],
  ],
  [
    "another, where the one that somebody looks at shows none",
    "a",
    [
      ["a", true, null],
      ["b", false, 5],
    ],
  ],
  [
    "none, where there are terminals only",
    null,
    [
      ["a", false, null],
      ["b", false, null],
    ],
  ],
])("a notification is shown by %s", (_, teller, windows) => {
  const [own = wish(), ...others] = windows.map(([worker, notifies, focusedAt]) =>
    wish({ window: { worker, notifies, focusedAt } }),
  );
  expect(togetherOf(own, others).teller).toBe(teller);
});
