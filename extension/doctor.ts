/** `Gorgon: Run Doctor`: a read-only document of what was found and what is missing. Works with the worker down too. */
import type * as vscode from "vscode";
import type { DoctorReport, Finding, FindingStatus } from "../protocol/doctor.ts";
import { getDoctor } from "../protocol/messages/worker.ts";
import { PROTOCOL_VERSION } from "../protocol/version.ts";
import { document } from "./escape.ts";
import type { Worker } from "./worker/worker.ts";

/** The scheme of the report's address. */
export const DOCTOR_SCHEME = "gorgon-doctor";

/** The doctor looks at every sensor and the disk; milliseconds. */
const DOCTOR_MS = 30_000;

const MARKS: Readonly<Record<FindingStatus, string>> = {
  ok: "✓",
  note: "·",
  missing: "▲ missing:",
  broken: "◆ broken:",
};

/** The report as Markdown: what needs doing first, then everything by group. */
export function reportText(report: DoctorReport, window: readonly Finding[]): string {
  const findings = [...window, ...report.findings];
  const todo = findings.filter((one) => one.status === "missing" || one.status === "broken");
  const lines = [
    "# Gorgon Doctor",
    "",
    `Gorgon ${document(report.version)}, ${new Date(report.time).toISOString()}`,
    "",
    todo.length === 0
      ? "All is well: nothing is missing or broken."
      : `${todo.length} of ${findings.length} findings need${todo.length === 1 ? "s" : ""} something; each says what.`,
  ];
  for (const group of new Set(findings.map((one) => one.group))) {
    lines.push("", `## ${document(group)}`, "");
    for (const one of findings.filter((finding) => finding.group === group)) {
      lines.push(`- ${MARKS[one.status]} **${document(one.subject)}**: ${document(one.detail)}`);
      if (one.mend !== "") lines.push(`  - Mend: ${document(one.mend)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** What only the extension knows. */
export function windowFindings(vs: typeof vscode, worker: Worker, version: string): Finding[] {
  const finding = (subject: string, detail: string): Finding => ({
    group: "Window",
    subject,
    status: "note",
    detail,
    mend: "",
  });
  const { status } = worker;
  const life: Finding =
    status.status === "running"
      ? { ...finding("Worker", `running, pid ${status.hello.pid}, Node ${status.hello.node}`), status: "ok" }
      : {
          ...finding("Worker", `${status.status}. ${status.reason}`.trim()),
          status: status.status === "down" ? "broken" : "note",
          mend: status.status === "down" ? "Run Gorgon: Restart Worker; Gorgon: Show Log says more." : "",
        };
  return [
    life,
    finding("VS Code", `${vs.env.appName} ${vs.version}`),
    finding("Extension", `${version}, protocol ${PROTOCOL_VERSION}`),
    finding("Runs on", vs.env.remoteName === undefined ? "this machine" : `the remote host (${vs.env.remoteName})`),
    finding(
      "Workspace",
      vs.workspace.isTrusted ? "trusted: its gorgon.yaml is read" : "not trusted: its gorgon.yaml has no effect",
    ),
  ];
}

/** Makes the report and shows it. */
export class Doctor implements vscode.TextDocumentContentProvider {
  readonly #vs: typeof vscode;
  readonly #worker: Worker;
  readonly #version: string;
  readonly #changed: vscode.EventEmitter<vscode.Uri>;
  readonly onDidChange: vscode.Event<vscode.Uri>;
  #text = "";

  constructor(vs: typeof vscode, worker: Worker, version: string) {
    this.#vs = vs;
    this.#worker = worker;
    this.#version = version;
    this.#changed = new vs.EventEmitter();
    this.onDidChange = this.#changed.event;
  }

  provideTextDocumentContent(): string {
    return this.#text;
  }

  /** Asks the worker and opens the document. */
  async run(): Promise<void> {
    const report = await this.#vs.window.withProgress(
      { location: this.#vs.ProgressLocation.Window, title: "Gorgon Doctor" },
      () => this.#report(),
    );
    this.#text = reportText(report, windowFindings(this.#vs, this.#worker, this.#version));
    const uri = this.#vs.Uri.from({ scheme: DOCTOR_SCHEME, path: "/Gorgon Doctor.md" });
    this.#changed.fire(uri);
    const shown = await this.#vs.workspace.openTextDocument(uri);
    await this.#vs.window.showTextDocument(shown, { preview: true });
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #report(): Promise<DoctorReport> {
    try {
      return await this.#worker.send(getDoctor, null, DOCTOR_MS);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const mend = "Run Gorgon: Restart Worker, then this command again.";
      const subject = "Findings of the worker";
      const finding: Finding = { group: "Worker", subject, status: "missing", detail: reason, mend };
      return { time: Date.now(), version: this.#version, findings: [finding] };
    }
  }
}
