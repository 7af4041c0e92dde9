/** Questions of the page: their ids, answers, deadlines and ends. */
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { FromDashboard } from "../protocol/messages/webview.ts";
import { ANSWER_MS, createAsker } from "./ask.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function setUp() {
  const posted: FromDashboard[] = [];
  return { posted, ...createAsker((message) => void posted.push(message)) };
}

test("answers reach the question of their id, in whatever order they come", async () => {
  const { ask, take, posted } = setUp();
  const first = ask({ ask: "settings" });
  const second = ask({ ask: "series", search: "cpu", limit: 5 });
  expect(posted).toEqual([
    { type: "question", id: 1, question: { ask: "settings" } },
    { type: "question", id: 2, question: { ask: "series", search: "cpu", limit: 5 } },
  ]);
  take({ type: "answer", id: 2, ok: true, result: { series: [], total: 7 } });
  take({ type: "answer", id: 1, ok: true, result: [] });
  expect(await first).toEqual([]);
  expect((await second).total).toBe(7);
});

test("a refusal rejects with its reason", async () => {
  const { ask, take } = setUp();
  const asked = ask({ ask: "endSilence", id: "s1" });
  take({ type: "answer", id: 1, ok: false, reason: "There is no such silence." });
  await expect(asked).rejects.toMatchObject({ kind: "refused", message: "There is no such silence." });
});

test("a question without an answer fails after its deadline, and a late answer is dropped", async () => {
  const { ask, take } = setUp();
  const asked = ask({ ask: "settings" });
  const failed = expect(asked).rejects.toMatchObject({ kind: "late" });
  await vi.advanceTimersByTimeAsync(ANSWER_MS);
  await failed;
  take({ type: "answer", id: 1, ok: true, result: [] });
});

test("a file dialog may take longer than any other answer", async () => {
  const { ask, take } = setUp();
  const asked = ask({ ask: "save", name: "a.csv", base64: "" });
  await vi.advanceTimersByTimeAsync(2 * ANSWER_MS);
  take({ type: "answer", id: 1, ok: true, result: { saved: true } });
  expect(await asked).toEqual({ saved: true });
});

test("who stops waiting is told at once; what was stopped before is never asked", async () => {
  const { ask, posted } = setUp();
  const stop = new AbortController();
  const asked = ask({ ask: "settings" }, stop.signal);
  stop.abort();
  await expect(asked).rejects.toMatchObject({ kind: "dropped" });
  await expect(ask({ ask: "settings" }, stop.signal)).rejects.toMatchObject({ kind: "dropped" });
  expect(posted).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});
