import { expect, test } from "vitest";
import { share } from "./share.ts";

test("everybody gets the least before anybody gets more, and the first are served first", () => {
  const wants = [
    { least: 2, most: 5 },
    { least: 2, most: 10 },
    { least: 0, most: 3 },
  ];
  expect(share(3, wants)).toEqual([2, 1, 0]);
  expect(share(6, wants)).toEqual([4, 2, 0]);
  expect(share(12, wants)).toEqual([5, 7, 0]);
  expect(share(100, wants)).toEqual([5, 10, 3]);
  expect(share(-1, wants)).toEqual([0, 0, 0]);
});
