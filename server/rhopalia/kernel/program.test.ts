import { expect, test } from "vitest";
import { nodeHost } from "../../host/node.ts";
import { watcherProgram } from "./program.ts";

test("the watcher is found in the source tree, and beside the bundle", () => {
  expect(watcherProgram(nodeHost().files)).toMatch(/jupyter[/\\]gorgon[/\\]watcher\.py$/);
  const packed = (file: string) => file === "/opt/ext/dist/python/gorgon/watcher.py";
  expect(watcherProgram({ exists: packed }, "/opt/ext/dist")).toBe("/opt/ext/dist/python/gorgon/watcher.py");
  expect(watcherProgram({ exists: () => false })).toBeNull();
});
