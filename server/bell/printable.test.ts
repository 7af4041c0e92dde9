import { describe, expect, test } from "vitest";
import { printable } from "./printable.ts";

describe("a name from outside", () => {
  test("keeps what can be printed", () => {
    expect(printable("/mnt/Grüße 日本 🐙")).toBe("/mnt/Grüße 日本 🐙");
  });

  test("cannot clear the screen, start a new line or turn the text round", () => {
    expect(printable("a\u001b[2Jb\nc\u202Ed\u009Be\u007F")).toBe("a␛[2Jb␊c\uFFFDd\uFFFDe\uFFFD");
  });

  test("is cut when it is endless", () => {
    expect(printable("x".repeat(1000), 10)).toBe("xxxxxxxxx…");
    expect(printable("x".repeat(10), 10)).toBe("x".repeat(10));
  });

  test("keeps no control or formatting character of all that Unicode has", () => {
    const every = 128;
    for (let start = 0; start <= 0x10ffff; start += every) {
      const text = String.fromCodePoint(...Array.from({ length: every }, (_, offset) => start + offset));
      const shown = printable(text, 2 * every);
      if (/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(shown)) throw new Error(`kept one from ${start.toString(16)} on`);
    }
    expect(printable("\ud800")).toBe("\uFFFD");
  });
});
