/** The test driver must not take a broken suite for a good one. */
import { describe, expect, it } from "vitest";
import { readResults } from "./results.ts";

const report = (assertionResults: unknown[], status = "passed", message = ""): string =>
  JSON.stringify({ testResults: [{ name: "a.test.ts", status, message, assertionResults }] });

describe("readResults", () => {
  it("counts passed, failed and skipped tests", () => {
    const cases = readResults(
      report([
        { fullName: "a", status: "passed" },
        { fullName: "b", status: "failed", failureMessages: ["AssertionError: 1 is not 2"] },
        { fullName: "c", status: "skipped" },
      ]),
    );
    expect(cases.map((one) => one.status)).toEqual(["passed", "failed", "skipped"]);
  });

  it("takes an error that begins with missing: for something to install, and keeps what to install", () => {
    const message = "Error: missing: chromium (apt-get install chromium)\n    at somewhere";
    const [one] = readResults(report([{ fullName: "a", status: "failed", failureMessages: [message] }]));
    expect(one?.status).toBe("missing");
    expect(one?.message).toMatch(/^chromium \(apt-get install chromium\)/);
  });

  it("fails a file that could not be loaded although it lists no failed test", () => {
    const cases = readResults(report([], "failed", "SyntaxError: unexpected token"));
    expect(cases).toEqual([{ title: "a.test.ts", status: "failed", message: "SyntaxError: unexpected token" }]);
  });

  it("does not count the tests of a file whose set-up failed as skipped", () => {
    const cases = readResults(report([{ fullName: "a", status: "skipped" }], "failed", "Error: set-up"));
    expect(cases.map((one) => one.status)).toEqual(["failed"]);
  });

  it("refuses a file that is no results file", () => {
    expect(() => readResults("{}")).toThrow("neither");
    expect(() => readResults("")).toThrow();
  });
});
