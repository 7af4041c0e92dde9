import { beforeEach, describe, expect, it } from "vitest";
import { CellQueue } from "./queue.ts";

describe("the cells that a page has sent", () => {
  const [a, b] = [{}, {}];
  let now: number;
  let queue: CellQueue;

  beforeEach(() => {
    now = 0;
    queue = new CellQueue(() => now);
    queue.add(a);
    queue.add(b);
  });

  it("names the one whose turn it is", () => {
    expect(queue.first).toBe(a);
    queue.remove(a);
    expect(queue.first).toBe(b);
    queue.remove(b);
    expect(queue.first).toBeNull();
  });

  it("names the one that ran when Lab took all of them back", () => {
    queue.cut();
    expect(queue.first).toBe(a);
  });

  it("does not take the kernel before for the one that died", () => {
    queue.cut();
    now = 20_000;
    expect(queue.first).toBeNull();
    queue.add(b);
    expect(queue.first).toBe(b);
  });
});
