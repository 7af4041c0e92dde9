/** The three demos run as a user would run them, on the real machine. */
import { spawn } from "node:child_process";
import path from "node:path";
import { describe, expect, it } from "vitest";

const root = path.dirname(path.dirname(import.meta.dirname));

/** Runs a demo from source and gives what it said. */
function demo(name: string, ...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const file = path.join(root, "examples", `${name}.ts`);
    const child = spawn(process.execPath, ["--conditions=source", file, ...args], { cwd: root });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, out, err }));
  });
}

describe("the demos", () => {
  it("crab: five polls, each with a CPU and a memory value", async () => {
    const { code, out, err } = await demo("crab", "0.1");
    expect(err).toBe("");
    const lines = out.trimEnd().split("\n");
    for (let round = 1; round <= 5; round++) {
      expect(lines[round - 1]).toMatch(new RegExp(`^\\[${String(round)}\\] CPU [\\d.]+ %   memory [\\d.]+ %$`));
    }
    expect(lines.slice(5)).toEqual(["Crab buffered records: 6"]);
    expect(code).toBe(0);
  });

  it("octopus: five polls through the hub, which has buffered five records in the end", async () => {
    const { code, out, err } = await demo("octopus", "0.1");
    expect(err).toBe("");
    const lines = out.trimEnd().split("\n");
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/^\[1\] local: CPU [\d.]+ % {3}memory [\d.]+ %$/);
    expect(lines[5]).toBe("Octopus buffered records: 5");
    expect(code).toBe(0);
  });

  it("bell: five lines with levels between the two banners", async () => {
    const { code, out, err } = await demo("bell", "0.1");
    expect(err).toBe("");
    const line = String.raw`\[\d\] CPU: [ \d.]{5}% \((OK  |WARN|CRIT)\)   MEM: [ \d.]{5}% \((OK  |WARN|CRIT)\)\n`;
    expect(out).toMatch(
      new RegExp(
        `^Starting GorgonBellCLI for crab 'local'\\.\\.\\.\\n\\n(${line}){5}\\nGorgonBellCLI session finished\\.\\n$`,
      ),
    );
    expect(code).toBe(0);
  });

  it("refuse an interval that cannot be, and say what can", async () => {
    const { code, err } = await demo("crab", "0");
    expect(code).toBe(2);
    expect(err).toContain("The interval cannot be '0': give seconds, more than 0");
  });
});
