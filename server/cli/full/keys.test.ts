import { expect, test } from "vitest";
import { KeyReader } from "./keys.ts";

const names = (text: string, reader = new KeyReader()) =>
  reader.feed(text).map((key) => (key.name === "character" ? key.character : key.name));

test("letters, arrows, Enter, Ctrl+C and Ctrl+Z are keys", () => {
  expect(names("jq?日")).toEqual(["j", "q", "?", "日"]);
  expect(names("\u001b[A\u001b[B\u001bOA\u001b[5~\u001b[H\r\u0003\u001a")).toEqual([
    "up",
    "down",
    "up",
    "pageup",
    "home",
    "enter",
    "interrupt",
    "suspend",
  ]);
});

test("an arrow that comes in pieces is one key, and no Escape", () => {
  const reader = new KeyReader();
  expect([...names("\u001b", reader), ...names("[", reader), ...names("B", reader)]).toEqual(["down"]);
  expect(reader.waiting).toBe(false);
});

test("Escape is a key when nothing follows it", () => {
  const reader = new KeyReader();
  expect(reader.feed("\u001b")).toEqual([]);
  expect(reader.waiting).toBe(true);
  expect(reader.settle()).toEqual([{ name: "escape" }]);
  expect(reader.settle()).toEqual([]);
});

test("what is no key here does nothing: other controls, function keys, answers of the terminal, Alt with a letter", () => {
  expect(names("\u0001\u0007\u001b[15~\u001b[?62;1c\u001b[1;5A\u001bxj")).toEqual(["j"]);
});

test("a stream that never ends a sequence is not kept", () => {
  const reader = new KeyReader();
  reader.feed(`\u001b[${"1".repeat(100)}`);
  expect(reader.waiting).toBe(false);
});
