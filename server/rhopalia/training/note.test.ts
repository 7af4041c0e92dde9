import { describe, expect, test } from "vitest";
import { epochNote } from "./note.ts";

const END = { kind: "epoch", time: 200_000, epoch: 3, epochs: 10, durationMs: 130_000, loss: 0.41234 } as const;

describe("the note of an epoch's end", () => {
  test("says which epoch ended, after how long, and with what", () => {
    const metrics = new Map([["accuracy", 0.8712]]);
    expect(epochNote({ ...END, metrics }, "/tmp/p")).toEqual({
      time: 70_000,
      end: 200_000,
      kind: "epoch",
      text: "Epoch 3 of 10 ended after 2 min: loss 0.412, accuracy 0.871",
      source: "/tmp/p",
    });
  });

  test("leaves out what is not known, and the fourth metric", () => {
    const metrics = new Map(["a", "b", "c", "d"].map((name) => [name, 1]));
    const note = epochNote({ ...END, epochs: null, durationMs: null, loss: null, metrics }, "/tmp/p");
    expect(note).toMatchObject({ time: 200_000, end: null, text: "Epoch 3 ended: a 1, b 1, c 1" });
  });
});
