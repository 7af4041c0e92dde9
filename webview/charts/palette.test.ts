/** Lines must be seen on every theme. */
import { expect, test } from "vitest";
import { opaque } from "./palette.ts";

test("a translucent colour becomes the full one, and others stay as they are", () => {
  expect(opaque("rgba(209, 134, 22, 0.5)")).toBe("rgb(209, 134, 22)");
  expect(opaque("rgb(1, 2, 3)")).toBe("rgb(1, 2, 3)");
  expect(opaque("color(srgb 1 0 0 / 0.5)")).toBe("color(srgb 1 0 0 / 0.5)");
});
