import { describe, expect, it } from "vitest";
import { ago, bare, clip, lasting, levelFor, listing, sentence, seriesCount, seriesName, splitUnit } from "./words.ts";

describe("the dashboard's words", () => {
  it("writes ages in whole units and never in the future", () => {
    expect(lasting(12_900)).toBe("12 s");
    expect(lasting(125_000)).toBe("2 min");
    expect(lasting(-5000)).toBe("0 s");
    expect(ago(400)).toBe("just now");
    expect(ago(-3000)).toBe("just now");
    expect(ago(90_000)).toBe("1 min ago");
  });

  it("says how long a level has stood, without a number at its beginning", () => {
    expect(levelFor("WARN", 1500)).toBe("WARN just now");
    expect(levelFor("WARN", 12_000)).toBe("WARN for 12 s");
  });

  it("takes a number and its unit apart, and leaves a missing value whole", () => {
    expect(splitUnit("12.8 MiB/s")).toEqual({ number: "12.8", unit: "MiB/s" });
    expect(splitUnit("–")).toEqual({ number: "–", unit: "" });
  });

  it("drops decimals only where they are all zero", () => {
    expect(bare("1.00 MiB/s")).toBe("1 MiB/s");
    expect(bare("70.0 %")).toBe("70 %");
    expect(bare("70.5 %")).toBe("70.5 %");
    expect(bare("100 KiB")).toBe("100 KiB");
    expect(bare("1.05 GiB")).toBe("1.05 GiB");
  });

  it("counts and lists as people do", () => {
    expect([seriesCount(1), seriesCount(8)]).toEqual(["1 series", "8 series"]);
    expect([listing([]), listing(["a"]), listing(["a", "b", "c"])]).toEqual(["", "a", "a, b and c"]);
  });

  it("keeps both ends of a long name and does not cut a character in two", () => {
    expect(clip("/mnt/volumes/alpha/data", 11)).toBe("/mnt/…/data");
    expect(clip("short", 11)).toBe("short");
    expect(clip("🦀🦀🦀🦀🦀🦀", 3)).toBe("🦀…🦀");
  });

  it("ends a sentence once", () => {
    expect([sentence("gone"), sentence("gone."), sentence("")]).toEqual(["gone.", "gone.", ""]);
  });

  it("names a series by its mount point and leaves out what the rule asks for anyway", () => {
    const disk = { "system.device": "/dev/vda1", "system.filesystem.mountpoint": "/data" };
    expect(seriesName(disk, {})).toBe("/data");
    expect(seriesName({ "system.memory.state": "used" }, { "system.memory.state": "used" })).toBe("");
    expect(seriesName({ b: "2", a: "1" }, {})).toBe("1 2");
  });
});
