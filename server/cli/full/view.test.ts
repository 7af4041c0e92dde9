import { expect, test } from "vitest";
import type { Key } from "./keys.ts";
import { alert, silence } from "./testing.ts";
import { type BellView, FIRST_VIEW, press, type Pressed, type Shown } from "./view.ts";

const SHOWN: Shown = { alerts: [alert("a"), alert("b"), alert("c")], silences: [] };

function key(text: string): Key {
  return text.length === 1
    ? { name: "character", character: text }
    : { name: text as Exclude<Key["name"], "character"> };
}

function after(keys: string, shown = SHOWN, view: BellView = FIRST_VIEW): Pressed {
  return keys
    .split(" ")
    .reduce<Pressed>((pressed, text) => press(pressed.view, key(text), shown), { view, wish: null });
}

test.each(["q", "escape", "interrupt", "j ? q", "a interrupt"])("the keys %s end it", (keys) => {
  expect(after(keys).wish).toBe("quit");
});

test("Escape closes the help first, and a question before anything", () => {
  expect(after("? escape")).toMatchObject({ wish: null, view: { help: false } });
  expect(after("a escape")).toMatchObject({ wish: null, view: { question: null } });
  expect(after("a q").wish).toBeNull();
});

test.each([
  ["j", "here/b"],
  ["down down", "here/c"],
  ["j j j j", "here/c"],
  ["end k", "here/b"],
  ["end home", "here/a"],
  ["pagedown", "here/c"],
  ["k", "here/a"],
])("the keys %s choose %s", (keys, id) => {
  expect(after(keys).view.selected).toBe(id);
});

test("nothing is acknowledged before the question is answered with y", () => {
  expect(after("j a")).toMatchObject({ wish: null, view: { question: { about: "acknowledge", undo: false } } });
  expect(after("j a n").wish).toBeNull();
  expect(after("j a enter").wish).toBeNull();
  expect(after("j a y")).toMatchObject({
    wish: { kind: "acknowledge", alert: "here/b", undo: false },
    view: { question: null },
  });
});

test("a on one that was acknowledged takes it back", () => {
  const seen = { alerts: [alert("a", { acknowledged: { by: "mo", at: 0, note: "" } })], silences: [] };
  expect(after("a y", seen).wish).toEqual({ kind: "acknowledge", alert: "here/a", undo: true });
});

test("s asks for how long, and fits the rule with all labels of this alert", () => {
  const matchers = { rule: "disk", "system.filesystem.mountpoint": "/data" };
  expect(after("s y").wish).toBeNull();
  expect(after("s h").wish).toEqual({ kind: "silence", matchers, forMs: 3_600_000 });
  expect(after("s d").wish).toEqual({ kind: "silence", matchers, forMs: 86_400_000 });
});

test("a label called rule does not widen a silence", () => {
  const odd = { alerts: [alert("a", { labels: { rule: "*" } })], silences: [] };
  expect(after("s h", odd).wish).toMatchObject({ matchers: { rule: "disk" } });
});

test("s on one that is silenced ends the silence", () => {
  const quiet = { alerts: [alert("a", { silencedBy: "here/s" })], silences: [silence("s")] };
  expect(after("s y", quiet).wish).toEqual({ kind: "endSilence", id: "here/s" });
});

test("where there is nothing to choose, it says so", () => {
  expect(after("a", { alerts: [], silences: [] }).view.message).toBe("There is no alert to choose.");
  expect(after("a", { alerts: [alert("a", { status: "resolved" })], silences: [] }).view.message).toContain("is over");
});

test("an alert that went away while the question stood is still the one that is meant", () => {
  const asked = after("j a");
  expect(press(asked.view, key("y"), { alerts: [alert("c")], silences: [] }).wish).toMatchObject({ alert: "here/b" });
});
