import { describe, expect, test } from "vitest";
import { fixtureHost } from "../../host/fixture.ts";
import { probe } from "../probe.ts";
import { recordedLibrary } from "../recorded-library.ts";
import { Malformed } from "../rhopalium.ts";
import { SystemInformation } from "../systeminformation.ts";
import { otherProcesses } from "./elsewhere.ts";

function machine(platform: "darwin" | "win32", changes = {}) {
  const host = fixtureHost({ platform });
  const information = new SystemInformation(host, recordedLibrary(platform, changes));
  const watches = () => [
    { kind: "process" as const, id: "py", origin: "user file", workspace: "", name: "python*", pid: 0 },
  ];
  return otherProcesses(host, information, { watches }, () => 10);
}

describe("processes off Linux", () => {
  test("on macOS the library's percent of one core becomes a share of all", async () => {
    const found = await probe(machine("darwin"));
    const helper = found.readings.find((one) => one.attributes["process.pid"] === "501");
    expect(helper).toMatchObject({ metric: "process.cpu.utilization", value: 0.148 });
    expect(found.value("gorgon.watch.process.count", { "gorgon.watch": "py" })).toBe(1);
    expect(found.value("gorgon.watch.process.memory.usage", { "gorgon.watch": "py" })).toBe(19_818_496 * 1024);
  });

  test("on Windows it is one of all cores already", async () => {
    const found = await probe(machine("win32"));
    const code = found.readings.find((one) => one.attributes["process.pid"] === "9120");
    expect(code?.value).toBe(0.25);
    expect(found.value("gorgon.watch.process.count", { "gorgon.watch": "py" })).toBe(0);
  });

  test("an empty list is the library's way to fail", async () => {
    await expect(probe(machine("darwin", { processes: [{ list: [] }] }))).rejects.toThrow(Malformed);
  });
});
