/** The commands on this machine: its real sensors, in real time. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { stripVTControlCharacters } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import type { DoctorReport } from "../../protocol/doctor.ts";
import type { ProcessRow, WorkerState } from "../../protocol/state.ts";
import { homes } from "./testing.ts";

const { user: plainUser, remove } = homes();
afterAll(remove);

/** A user who can also ask the doctor for what it found. */
function user() {
  const one = plainUser();
  return {
    ...one,
    doctor: async (env: Record<string, string> = {}, args = "") => {
      const ran = await one.run(`doctor --json ${args}`, {}, env);
      return { ...ran, findings: (JSON.parse(ran.out) as DoctorReport).findings };
    },
  };
}

/** What `gorgon top --json` says. */
interface TopReport {
  readonly sort: string;
  readonly processes: readonly ProcessRow[];
}

const ESCAPE = "\u001b";
/** A busy test machine must not decide what a test sees. */
const NEVER_BUSY = { GORGON_CPU_WARN: "100", GORGON_CPU_CRIT: "100" };

describe.concurrent("gorgon bell", () => {
  test("prints one complete state a line with --json, and ends with the level's code", async () => {
    const { run } = user();
    const { code, out } = await run("bell --json --iterations 2 --interval 500ms", {}, NEVER_BUSY);
    const states = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as WorkerState);
    expect(states).toHaveLength(2);
    const last = states.at(-1);
    expect(last?.intervalMs).toBe(500);
    expect(last?.bell.verdicts.map((one) => one.rule.id).slice(0, 3)).toEqual(["cpu", "memory", "disk"]);
    expect(last?.bell.verdicts[0]?.value).toBeGreaterThanOrEqual(0);
    expect(code).toBe({ OK: 0, WARN: 1, CRIT: 2, UNKNOWN: 3 }[last?.bell.level ?? "OK"]);
  });

  test("ends with 2 when the last level is CRIT, and says what is the matter", async () => {
    const { run, configure } = user();
    configure("bell: {memory: {warn: 1, crit: 1}}\n");
    const { code, out } = await run("bell -n 1 -i 0.5", {}, NEVER_BUSY);
    expect(code).toBe(2);
    expect(out).toMatch(/^■ CRIT .*[Mm]emory is running out/);
  });

  test("ends with 3 when a rule cannot be judged, and names what was meant", async () => {
    const { run, configure } = user();
    configure("rules: [{id: typo, title: Typo, metric: gorgon.cpu.bussy, warn: 50}]\n");
    const { code, out } = await run(
      "bell -n 1 -i 0.5",
      {},
      { ...NEVER_BUSY, GORGON_DISK_WARN: "100", GORGON_DISK_CRIT: "100" },
    );
    // Only a machine whose every core is busy may be worse than not known.
    expect(code).toBe(out.startsWith("■ CRIT") ? 2 : 3);
    expect(stripVTControlCharacters(out)).toContain("near names: gorgon.cpu.busy");
  });

  test("prints the plain lines with --plain", async () => {
    const { run } = user();
    const { out } = await run("bell --plain -n 1 -i 0.5");
    expect(out).toMatch(
      /^Starting GorgonBellCLI for crab 'guardian'\.\.\.\n\n\[1\] CPU: [ \d]{3}\.\d% \(\w+ *\) {3}MEM: [ \d]{3}\.\d% \(\w+ *\)\n\nGorgonBellCLI session finished\.\n$/,
    );
  });

  test("writes no escape where there is no terminal, nor with NO_COLOR but for the cursor", async () => {
    const { run } = user();
    expect((await run("bell -n 1 -i 0.5")).out).not.toContain(ESCAPE);
    const { out } = await run("bell -n 1 -i 0.5", { isTTY: true, columns: 80 }, { NO_COLOR: "1" });
    expect(out).not.toMatch(new RegExp(`${ESCAPE}\\[[\\d;]*m`));
    expect(out).toContain(`${ESCAPE}[?25l`);
    expect(out.endsWith(`${ESCAPE}[?25h`)).toBe(true);
  });

  test("gives the whole terminal back and ends with 0 when it is ended", async () => {
    const { run } = user();
    const stop = new AbortController();
    let out = "";
    const stdout = {
      write: (text: string) => {
        out += text;
        if (text.includes("Gorgon")) stop.abort();
      },
    };
    const { code } = await run("bell -i 0.5", { isTTY: true, columns: 50, stdout, signal: stop.signal });
    expect(code).toBe(0);
    expect(out.endsWith(`${ESCAPE}[?25h`)).toBe(true);
    const lines = out.split(new RegExp(`${ESCAPE}\\[\\d+;1H`)).map((line) => stripVTControlCharacters(line));
    expect(lines.length).toBeGreaterThan(5);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(50);
  });

  test("keeps the last good value and says so when a file is wrong", async () => {
    const { run, configure } = user();
    configure("interval: never\n");
    const { out } = await run("bell -n 1", {}, { GORGON_INTERVAL: "0.5" });
    expect(out.replace(/\s+/g, " ")).toContain("interval must be a number of seconds or text like");
  });
});

describe.concurrent("gorgon top", () => {
  test("looks once where nothing can be redrawn, and names processes with what they use", async () => {
    const { run } = user();
    const { code, out } = await run("top --limit 3");
    expect(code).toBe(0);
    expect(out).not.toContain(ESCAPE);
    expect(out).toMatch(/Processes by CPU\n *PID +CPU +MEMORY .*PROCESS\n( *\d+ .*\n){3}$/);
  });

  test("gives one JSON object a look, the most first", async () => {
    const { run } = user();
    const { out } = await run("top --json --sort memory --iterations 2 --interval 500ms --limit 5");
    const looks = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as TopReport);
    expect(looks).toHaveLength(2);
    for (const { sort, processes } of looks) {
      expect(sort).toBe("memory");
      expect(processes).toHaveLength(5);
      const used = processes.map((one) => one.memoryBytes ?? 0);
      expect(used).toEqual([...used].sort((one, other) => other - one));
    }
    expect(looks[1]?.processes[0]?.memoryBytes).toBeGreaterThan(0);
  });
});

describe.concurrent("gorgon quick", () => {
  test("plots what it heard, with extremes", async () => {
    const { run } = user();
    const { code, out } = await run("quick --seconds 1");
    expect(code).toBe(0);
    expect(out).toContain("2 of 2 samples, one every 500 ms");
    expect(out).toMatch(/CPU {2}min .* avg .* max .* now .*%\n +100\.0 %┤/);
    expect(out).not.toContain(ESCAPE);
  });

  test("gives the samples as one JSON object", async () => {
    const { run } = user();
    const { out } = await run("quick -s 1 --json");
    const heard = JSON.parse(out) as { series: { id: string; samples: unknown[]; max: number | null }[] };
    expect(heard.series.map((one) => one.id)).toEqual([
      "cpu",
      "memory",
      "disk.read",
      "disk.write",
      "network.receive",
      "network.transmit",
    ]);
    expect(heard.series[0]?.samples).toHaveLength(2);
    expect(heard.series[1]?.max).toBeGreaterThan(0);
  });
});

describe.concurrent("gorgon doctor", () => {
  test("tries every sensor and finds nothing broken on a sound machine", async () => {
    const { doctor } = user();
    const { code, findings } = await doctor();
    expect(code).toBe(0);
    const sensors = findings.filter((one) => one.group === "Sensors").map((one) => one.subject);
    expect(sensors).toEqual(expect.arrayContaining(["guardian/cpu", "guardian/memory"]));
    expect(findings.filter((one) => one.status === "broken")).toEqual([]);
  });

  test("says where each value came from", async () => {
    const { home, configure, doctor } = user();
    configure("bell: {disk: {warn: 60}}\n");
    const { findings } = await doctor({ GORGON_INTERVAL: "3s" });
    const detail = (subject: string) => findings.find((one) => one.subject === subject)?.detail;
    expect(detail("interval")).toBe("3 s (environment, GORGON_INTERVAL)");
    expect(detail("bell.disk.warn")).toBe(`60 % (user file, ${path.join(home, ".config/gorgon/gorgon.yaml")})`);
    expect(detail("bell.cpu.warn")).toBe("70 % (default)");
  });

  test("ends with 1 when a value was refused, and names key, value and what is allowed", async () => {
    const { configure, doctor } = user();
    configure("bell: {cpu: {warn: 900}}\n");
    const { code, findings } = await doctor();
    expect(code).toBe(1);
    const [broken] = findings.filter((one) => one.status === "broken");
    expect(broken?.subject).toBe("bell.cpu.warn = 900");
    expect(broken?.mend).toContain("a percentage from 1 to 100");
  });

  test("looks at the workspace that it is told", async () => {
    const { home, doctor } = user();
    writeFileSync(path.join(home, "gorgon.yaml"), "interval: 1s\n");
    const { code, findings } = await doctor({}, `--workspace ${home}`);
    expect(code).toBe(1);
    expect(findings.find((one) => one.subject === "interval = 1s")?.mend).toContain("a workspace cannot set it");
  });

  test("finds a place for history that is none", async () => {
    const { home, doctor } = user();
    writeFileSync(path.join(home, "state"), "a file where a folder must be");
    const { code, findings } = await doctor({ XDG_STATE_HOME: path.join(home, "state") });
    expect(code).toBe(1);
    const broken = findings.filter((one) => one.status === "broken");
    expect(broken.length).toBeGreaterThan(0);
    expect(broken.every((one) => one.group === "History" && one.mend !== "")).toBe(true);
  });

  test("says that history is switched off", async () => {
    const { doctor } = user();
    const { code, findings } = await doctor({ GORGON_HISTORY: "off" });
    expect(code).toBe(0);
    expect(findings.find((one) => one.group === "History")?.detail).toContain("switched off");
  });

  test("prints marks and mends for people", async () => {
    const { run, configure } = user();
    configure("intervall: 2\n");
    const { out } = await run("doctor", {}, { LC_ALL: "C" });
    expect(out).toMatch(/^[\n -~]*$/);
    expect(out).toContain("BROKEN  intervall = 2: refused");
    expect(out).toContain("-> This key is not known. Did you mean interval?");
    expect(out).toContain("1 broken, 0 missing.");
  });
});
