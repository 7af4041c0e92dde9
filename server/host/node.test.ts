/** The files of this machine as the host reads them. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { nodeHost } from "./node.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-host-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const host = nodeHost();

describe("a live file", () => {
  test("is read again and again through one open file, from its beginning", () => {
    const file = path.join(folder, "live");
    writeFileSync(file, "first");
    const live = host.files.live(file);
    expect(live.read().toString()).toBe("first");
    writeFileSync(file, "second, longer");
    expect(live.read().toString()).toBe("second, longer");
    writeFileSync(file, "");
    expect(live.read()).toHaveLength(0);
    live.dispose();
    live.dispose();
    expect(() => live.read()).toThrow("was given back");
  });

  test("is read whole when it outgrows the buffer, also when told that it comes in one piece", () => {
    const file = path.join(folder, "long");
    for (const atOnce of [false, true]) {
      const live = host.files.live(file, { atOnce });
      for (const length of [32 * 1024, 32 * 1024 + 1, 300_000]) {
        const text = "x".repeat(length - 1) + "y";
        writeFileSync(file, text);
        expect(live.read().toString()).toBe(text);
      }
      live.dispose();
    }
  });

  test("says the system's code when it is not there, and is found when it appears", () => {
    const file = path.join(folder, "later");
    const live = host.files.live(file);
    expect(() => live.read()).toThrow(expect.objectContaining({ code: "ENOENT" }));
    writeFileSync(file, "here");
    expect(live.read().toString()).toBe("here");
    live.dispose();
  });

  test.runIf(process.platform === "linux")("reads lists that the kernel gives in pieces", () => {
    const live = host.files.live("/proc/self/mountinfo");
    expect(live.read().toString()).toBe(host.files.text("/proc/self/mountinfo"));
    live.dispose();
  });
});

describe("sizes of file systems", () => {
  test("are the same at once and asynchronously", async () => {
    const now = host.files.sizeNow(folder);
    const later = await host.files.size(folder);
    expect(later.blocks).toBe(now.blocks);
    expect(now.blocks * now.blockBytes).toBeGreaterThan(0);
  });
});
