/** Reads what a suite left behind: vitest's JSON report, or the in-host suite's list of cases. */

/** How one test ended. `missing`: something installable is not there; the message names it. */
export interface CaseResult {
  readonly title: string;
  readonly status: "passed" | "failed" | "skipped" | "missing";
  readonly message: string;
}

/** The parts of vitest's JSON report (jest's format) that count. */
interface Report {
  readonly testResults?: readonly {
    readonly name: string;
    readonly status: string;
    readonly message?: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages?: readonly string[] | null;
    }[];
  }[];
  /** The in-host suite's own format. */
  readonly cases?: readonly CaseResult[];
}

/** A test says that something is missing by an error that begins so. */
const MISSING = /^(?:[A-Za-z]*Error:\s*)?missing:\s/;

function failure(title: string, message: string): CaseResult {
  const missing = MISSING.exec(message);
  return missing
    ? { title, status: "missing", message: message.slice(missing[0].length) }
    : { title, status: "failed", message };
}

/** The cases of a results file. Throws on a text that is neither format. */
export function readResults(text: string): CaseResult[] {
  const report = JSON.parse(text) as Report;
  if (report.cases) {
    return report.cases.map((one) => (one.status === "failed" ? failure(one.title, one.message) : one));
  }
  if (!report.testResults) throw new Error("neither a vitest report nor a list of cases");
  const cases: CaseResult[] = [];
  for (const file of report.testResults) {
    // A file that could not even be loaded, or whose set-up failed, may list no test at all.
    const broken = file.status === "failed" && !file.assertionResults.some((one) => one.status === "failed");
    if (broken) cases.push(failure(file.name, file.message ?? "the file failed outside of its tests"));
    for (const one of file.assertionResults) {
      if (one.status === "passed") cases.push({ title: one.fullName, status: "passed", message: "" });
      else if (one.status === "failed") cases.push(failure(one.fullName, one.failureMessages?.[0] ?? "failed"));
      else if (!broken) cases.push({ title: one.fullName, status: "skipped", message: "" });
    }
  }
  return cases;
}
