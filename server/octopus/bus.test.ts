/** The bus carries events to everybody who wants them. */
import { expect, it } from "vitest";
import { leveledLog } from "../host/log.ts";
import { Bus } from "./bus.ts";

interface Events {
  rang: number;
  other: string;
}

function setUp() {
  const messages: string[] = [];
  const log = leveledLog(
    (level, message) => messages.push(`${level}: ${message}`),
    () => "info",
  );
  return { messages, bus: new Bus<Events>(log) };
}

it("tells listeners of an event, in their order, and nobody else", () => {
  const { bus } = setUp();
  const heard: string[] = [];
  bus.on("rang", (value) => heard.push(`a${String(value)}`));
  bus.on("other", (value) => heard.push(value));
  bus.on("rang", (value) => heard.push(`b${String(value)}`));
  bus.emit("rang", 1);
  expect(heard).toEqual(["a1", "b1"]);
});

it("logs a listener that throws and goes on to the next", () => {
  const { bus, messages } = setUp();
  const heard: number[] = [];
  bus.on("rang", () => {
    throw new Error("deaf");
  });
  bus.on("rang", (value) => heard.push(value));
  bus.emit("rang", 1);
  expect(heard).toEqual([1]);
  expect(messages).toEqual(["error: A listener for 'rang' failed: deaf"]);
});

it("forgets a listener that was disposed, also in the middle of an event", () => {
  const { bus } = setUp();
  let calls = 0;
  const own = bus.on("rang", () => {
    calls += 1;
    own.dispose();
  });
  bus.emit("rang", 1);
  bus.emit("rang", 2);
  own.dispose();
  expect(calls).toBe(1);
  bus.on("rang", () => (calls += 1));
  bus.clear();
  bus.emit("rang", 3);
  expect(calls).toBe(1);
});
