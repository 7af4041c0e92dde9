/** The stand-in for VS Code's program understands its arguments, and believes no exit code without results. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseArguments, verdict } from "./launcher.ts";

describe("the launcher's arguments", () => {
  it("are VS Code's, and those without a meaning in a browser are passed over", () => {
    const args = parseArguments([
      "/w/demo",
      "--user-data-dir=/w/data",
      "--extensions-dir",
      "/w/ext",
      "--no-sandbox",
      "--disable-workspace-trust",
      "--extensionTestsPath=/w/suite=1.cjs",
      "--extensionDevelopmentPath=/w/gorgon",
    ]);
    expect(args).toEqual({
      developmentPath: path.resolve("/w/gorgon"),
      testsPath: path.resolve("/w/suite=1.cjs"),
      folder: path.resolve("/w/demo"),
      userData: path.resolve("/w/data"),
      extensions: path.resolve("/w/ext"),
    });
  });
});

describe("the launcher's verdict", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "gorgon-verdict-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const judged = (reported: number, content: string): number => {
    const file = path.join(folder, "results.json");
    writeFileSync(file, content);
    return verdict(reported, file).code;
  };
  const cases = (...statuses: string[]): string =>
    JSON.stringify({ cases: statuses.map((status) => ({ title: "a case", status, message: "" })) });

  it("is success only with a passed case and no failed one", () => {
    expect(judged(0, cases("passed", "skipped"))).toBe(0);
    expect(judged(0, cases("passed", "failed"))).toBe(1);
    expect(judged(0, cases("skipped"))).toBe(1);
  });

  it("is failure when the host crashed without results, although it reports 0", () => {
    expect(verdict(0, path.join(folder, "none.json"))).toMatchObject({ code: 1 });
    expect(judged(0, "{")).toBe(1);
  });

  it("keeps what the host reported", () => {
    expect(judged(124, cases("passed"))).toBe(124);
  });
});
