import { describe, expect, test } from "vitest";
import { headline } from "./headline.ts";
import { verdict } from "./testing.ts";

const mount = (name: string) => ({ attributes: { "system.filesystem.mountpoint": name, "system.device": "sda" } });

describe("the headline", () => {
  test("says that all is well only when everything is known to be", () => {
    expect(headline([verdict("cpu", "OK", 0.1), verdict("memory", "OK", 0.1)])).toBe("All is well");
    expect(headline([verdict("cpu", "OK", 0.1), verdict("memory", "UNKNOWN", null, { reason: "it fails" })])).toBe(
      "Nothing is known about memory: it fails",
    );
  });

  test.each([
    [verdict("cpu", "CRIT", 0.934), "CPU is busy: 93.4 %"],
    [verdict("memory", "WARN", 0.82), "Memory is getting short: 82.0 %"],
    [verdict("memory", "CRIT", 0.961), "Memory is running out: 96.1 %"],
    [verdict("disk", "WARN", 0.87, mount("/")), "Disk / is filling up: 87.0 %"],
    [verdict("disk", "CRIT", 0.96, mount("/data")), "Disk /data is nearly full: 96.0 %"],
    [verdict("swap", "WARN", 0.95), "Swap is nearly full: 95.0 %"],
    [verdict("load", "WARN", 0.8), "Load is high: 80.0 %"],
  ])("names what is the matter (%#)", (bad, words) => {
    expect(headline([verdict("x", "OK", 0), bad])).toBe(words);
  });

  test("counts several, worst first, and adds what is not known", () => {
    const all = [
      verdict("cpu", "WARN", 0.75),
      verdict("disk", "CRIT", 0.96, mount("/")),
      verdict("memory", "UNKNOWN", null, { reason: "it fails" }),
    ];
    expect(headline(all)).toBe(
      "2 things need attention: disk / is nearly full: 96.0 %; CPU is busy: 75.0 %; nothing is known about memory",
    );
  });

  test("names no single reason where there are several", () => {
    const unknown = [
      verdict("cpu", "UNKNOWN", null, { reason: "one" }),
      verdict("memory", "UNKNOWN", null, { reason: "another" }),
      verdict("disk", "UNKNOWN", null, { reason: "another" }),
    ];
    expect(headline(unknown)).toBe("Nothing is known about CPU, memory and disk");
  });

  test("says what is still starting", () => {
    const starting = verdict("cpu", "UNKNOWN", null, { reason: "starting: waiting for the second reading" });
    expect(headline([starting])).toBe("Starting: nothing is known yet");
    expect(headline([starting, verdict("memory", "OK", 0.2)])).toBe("Starting: CPU not known yet");
  });

  test("keeps names from outside from acting on a terminal", () => {
    expect(headline([verdict("disk", "CRIT", 0.96, mount("/mnt/\u001b[31m\nred"))])).toBe(
      "Disk /mnt/␛[31m␊red is nearly full: 96.0 %",
    );
  });
});
