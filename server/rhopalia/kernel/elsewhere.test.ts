import { describe, expect, test } from "vitest";
import { fixtureHost } from "../../host/fixture.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import { silentLog } from "../../host/log.ts";
import { recordedLibrary } from "../recorded-library.ts";
import { SystemInformation } from "../systeminformation.ts";
import { OtherEye } from "./elsewhere.ts";
import { KernelWatch } from "./watch.ts";

const MIB = 2 ** 20;
const START = "2026-11-22 10:00:01";

const process = (pid: number, parentPid: number, command: string, params: string, over = {}) => ({
  ...{ pid, parentPid, command, params, name: "python3", cpu: 40, memRss: 50 * 1024, started: START, path: "" },
  ...{ user: "ada", state: "sleeping" },
  ...over,
});

function machine(platform: "darwin" | "win32", list: readonly object[]) {
  const clock = new ManualClock(Date.parse("2026-11-22T12:00:00Z"));
  const host = fixtureHost({ platform, clock });
  const changes = { processes: [{ all: list.length, list }] };
  const eye = new OtherEye(host, new SystemInformation(host, recordedLibrary(platform, changes)), "ada");
  const watching = new KernelWatch({ host, log: silentLog, eye, program: null, hostname: "mac" });
  return { clock, watching, read: () => watching.sensor.read(new AbortController().signal) };
}

describe("kernels off Linux", () => {
  test("on macOS are found with their children, and looked at every ten seconds", async () => {
    const runtime = "/Users/ada/Library/Jupyter/runtime";
    const { watching, read } = machine("darwin", [
      process(1, 0, "launchd", ""),
      process(30, 1, "Code Helper (Plugin)", "--type=utility"),
      process(50, 30, "/opt/homebrew/bin/python3.12", `-m ipykernel_launcher --f=${runtime}/kernel-v3a.json`, {
        path: "/opt/homebrew/bin/python3.12",
      }),
      process(51, 50, "/opt/homebrew/bin/python3.12", "-c work"),
      process(52, 50, "/opt/homebrew/bin/python3.12", `-m ipykernel_launcher --f=${runtime}/kernel-v3a.json`),
      process(60, 30, "/usr/bin/python3", `-m ipykernel_launcher --f=${runtime}/kernel-v3b.json`, { user: "root" }),
    ]);
    await read();
    expect(watching.sensor.wantedMs).toBe(10_000);
    expect(watching.state().kernels).toMatchObject([
      {
        kernel: { pid: 50, language: "python", host: "mac", startedAt: Date.parse("2026-11-22T10:00:01") },
        connection: "kernel-v3a.json",
        ancestors: [30, 1],
        usage: { rssBytes: 50 * MIB, children: 2, treeBytes: null },
      },
    ]);
    expect(watching.state().kernels[0]?.usage?.cores).toBeCloseTo(1.2, 9);
  });

  test("on Windows are found by a command line in quotes", async () => {
    const line = '"C:\\Program Files\\Python\\python.exe" -m ipykernel_launcher -f "C:\\Users\\Ada L\\kernel-7.json"';
    const { watching, read } = machine("win32", [process(50, 4, line, "", { user: "" })]);
    await read();
    expect(watching.state().kernels).toMatchObject([{ kernel: { language: "python" }, connection: "kernel-7.json" }]);
  });
});
