/** Questions of the page: what is taken, what is refused, and what is answered. */
import { expect, test } from "vitest";
import type { Question } from "../../protocol/messages/webview.ts";
import { acknowledgeAlert, addSilence, getHistory, proposeConfigEdit } from "../../protocol/messages/worker.ts";
import { ManualTimers } from "../testing/timers.ts";
import { type AnswerSources, NotTrusted, answer } from "./answers.ts";
import { parseFromDashboard } from "./messages.ts";
import { parseQuestion } from "./questions.ts";

const QUERY = { metric: "a.b", match: { k: "v" }, from: 1, to: 2, step: 0, aggregate: "avg" };
const RULE = { title: "CPU", metric: "a.b", match: {}, direction: "above", warn: 0.7, crit: null };
const GOOD: readonly Question[] = [
  { ask: "frames", queries: [{ ...QUERY, aggregate: "avg" }] },
  { ask: "annotations", from: 1, to: 2 },
  { ask: "series", search: "", limit: 50 },
  { ask: "alerts", from: 1, to: 2, rule: "", limit: 300 },
  { ask: "settings" },
  { ask: "acknowledge", alert: "a", undo: false },
  { ask: "silence", silence: { matchers: { rule: "*" }, endsAt: 5, comment: "" } },
  { ask: "endSilence", id: "s" },
  {
    ask: "addRule",
    rule: { ...RULE, direction: "above", forMs: 5, labels: { a: "b" }, trend: { target: 1, overMs: 2 } },
  },
  { ask: "save", name: "chart 1.png", base64: "AAAA" },
];

test.each(GOOD.map((question) => [question.ask, question] as const))(
  "takes a question of its shape: %s",
  (_, question) => {
    expect(parseQuestion({ ...question, extra: 1 })).toEqual(question);
  },
);

test.each([
  ["no question", null],
  ["an unknown one", { ask: "eval", code: "1" }],
  ["no queries", { ask: "frames", queries: [] }],
  ["too many queries", { ask: "frames", queries: Array(65).fill(QUERY) }],
  ["a time that is none", { ask: "frames", queries: [{ ...QUERY, from: NaN }] }],
  ["a time that runs backwards", { ask: "annotations", from: 2, to: 1 }],
  ["an unknown aggregate", { ask: "frames", queries: [{ ...QUERY, aggregate: "drop" }] }],
  ["attributes that are no texts", { ask: "frames", queries: [{ ...QUERY, match: { a: 1 } }] }],
  [
    "attributes without end",
    {
      ask: "frames",
      queries: [{ ...QUERY, match: Object.fromEntries(Array.from({ length: 65 }, (_, i) => [String(i), ""])) }],
    },
  ],
  ["a limit without end", { ask: "series", search: "", limit: 1e9 }],
  ["a search without end", { ask: "series", search: "x".repeat(301), limit: 5 }],
  ["a silence that covers everything", { ask: "silence", silence: { matchers: {}, endsAt: 5, comment: "" } }],
  [
    "a silence with a comment without end",
    { ask: "silence", silence: { matchers: { a: "b" }, endsAt: 5, comment: "x".repeat(2001) } },
  ],
  ["a rule with a threshold that is no number", { ask: "addRule", rule: { ...RULE, warn: "70" } }],
  ["a rule with an unknown policy", { ask: "addRule", rule: { ...RULE, missing: "panic" } }],
  ["a file outside its folder", { ask: "save", name: "../../.bashrc.png", base64: "" }],
  ["a file of another kind", { ask: "save", name: "a.sh", base64: "" }],
  ["bytes that are none", { ask: "save", name: "a.png", base64: "<script>" }],
])("refuses %s", (_, question) => {
  expect(parseQuestion(question)).toBeNull();
});

test("refuses pins without series, with too many, and with odd ids", () => {
  const series = { metric: "a", attributes: {} };
  expect(parseFromDashboard({ type: "pin", chart: { id: "1", series: [series] } })).toEqual({
    type: "pin",
    chart: { id: "1", series: [series] },
  });
  for (const chart of [
    { id: "1", series: [] },
    { id: "", series: [series] },
    { id: "1", series: Array(13).fill(series) },
    null,
  ]) {
    expect(parseFromDashboard({ type: "pin", chart })).toBeNull();
  }
  expect(parseFromDashboard({ type: "unpin", id: 7 })).toBeNull();
  expect(parseFromDashboard({ type: "question", id: 1.5, question: { ask: "settings" } })).toBeNull();
});

function sources(mayAct = true) {
  const sent: { method: string; params: unknown }[] = [];
  const edits: unknown[] = [];
  const saved: unknown[] = [];
  const replies: Record<string, unknown> = {
    [getHistory.method]: { frames: [[]] },
    [proposeConfigEdit.method]: { path: "/a", exists: false, text: "", line: 0, id: "cpu" },
  };
  const all: AnswerSources = {
    worker: {
      send: ((message: { method: string }, params: unknown) => {
        sent.push({ method: message.method, params });
        return Promise.resolve(replies[message.method] ?? null);
      }) as AnswerSources["worker"]["send"],
    },
    timers: new ManualTimers(1000),
    deeds: {
      edit: (edit) => Promise.resolve(void edits.push(edit)),
      save: (name, bytes) => Promise.resolve(saved.push([name, bytes.length]) > 0),
    },
    author: "ada",
    mayAct: () => mayAct,
  };
  return { all, sent, edits, saved };
}

test("acts in the name of the user, from now on", async () => {
  const { all, sent } = sources();
  await answer({ ask: "acknowledge", alert: "a", undo: false }, all);
  await answer({ ask: "silence", silence: { matchers: { rule: "a" }, endsAt: 5000, comment: "c" } }, all);
  expect(sent).toEqual([
    { method: acknowledgeAlert.method, params: { alert: "a", by: "ada", note: "", undo: false } },
    {
      method: addSilence.method,
      params: { silence: { matchers: { rule: "a" }, startsAt: 1000, endsAt: 5000, comment: "c", author: "ada" } },
    },
  ]);
});

test("opens the edit that the worker proposes, and saves the bytes of a picture", async () => {
  const { all, edits, saved } = sources();
  await answer({ ask: "addRule", rule: { ...RULE, direction: "above" } }, all);
  expect(edits).toMatchObject([{ path: "/a", id: "cpu" }]);
  expect(await answer({ ask: "save", name: "a.png", base64: "AAAA" }, all)).toEqual({ saved: true });
  expect(saved).toEqual([["a.png", 3]]);
});

test("changes nothing where the workspace is not trusted, and still answers what is only asked", async () => {
  const { all, sent, edits } = sources(false);
  const acts = GOOD.filter(({ ask }) => ["acknowledge", "silence", "endSilence", "addRule"].includes(ask));
  expect(acts).toHaveLength(4);
  for (const act of acts) await expect(answer(act, all)).rejects.toBeInstanceOf(NotTrusted);
  expect([...sent, ...edits]).toEqual([]);
  expect(await answer({ ask: "frames", queries: [] }, all)).toEqual([[]]);
});
