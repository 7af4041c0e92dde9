/** `Gorgon: Run Doctor`: a read-only document of what was found and what is missing. Works with the worker down too. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import type { DoctorReport, Finding, FindingStatus } from "../protocol/doctor.ts";
import { getDoctor } from "../protocol/messages/worker.ts";
import { PROTOCOL_VERSION } from "../protocol/version.ts";
import { document } from "./escape.ts";
import type { Worker } from "./worker/worker.ts";

/** The scheme of the report's address. */
export const DOCTOR_SCHEME = "gorgon-doctor";

/** The doctor looks at every sensor and the disk; milliseconds. */
const DOCTOR_MS = 30_000;

function markOf(status: FindingStatus): string {
  switch (status) {
    case "ok":
      return "✓";
    case "note":
      return "·";
    case "missing":
      return `▲ ${t("missing:")}`;
    case "broken":
      return `◆ ${t("broken:")}`;
  }
}

function summary(todo: number, all: number): string {
  if (todo === 0) return t("All is well: nothing is missing or broken.");
  return todo === 1
    ? t("1 of {0} findings needs something; each says what.", all)
    : t("{0} of {1} findings need something; each says what.", todo, all);
}

/** The report as Markdown: what needs doing first, then everything by group. */
export function reportText(report: DoctorReport, window: readonly Finding[]): string {
  const findings = [...window, ...report.findings];
  const todo = findings.filter((one) => one.status === "missing" || one.status === "broken");
  const lines = [
    `# ${t("Gorgon Doctor")}`,
    "",
    `Gorgon ${document(report.version)}, ${new Date(report.time).toISOString()}`,
    "",
    summary(todo.length, findings.length),
  ];
  for (const group of new Set(findings.map((one) => one.group))) {
    lines.push("", `## ${document(group)}`, "");
    for (const one of findings.filter((finding) => finding.group === group)) {
      lines.push(`- ${markOf(one.status)} **${document(one.subject)}**: ${document(one.detail)}`);
      if (one.mend !== "") lines.push(`  - ${t("Mend: {0}", document(one.mend))}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** What only the extension knows. */
export function windowFindings(vs: typeof vscode, worker: Worker, version: string): Finding[] {
  const finding = (subject: string, detail: string): Finding => ({
    group: t("Window"),
    subject,
    status: "note",
    detail,
    mend: "",
  });
  const { status } = worker;
  const life: Finding =
    status.status === "running"
      ? { ...finding(t("Worker"), t("running, pid {0}, Node {1}", status.hello.pid, status.hello.node)), status: "ok" }
      : {
          ...finding(t("Worker"), `${status.status === "down" ? t("down") : t("starting")}. ${status.reason}`.trim()),
          status: status.status === "down" ? "broken" : "note",
          mend: status.status === "down" ? t("Run Gorgon: Restart Worker; Gorgon: Show Log says more.") : "",
        };
  return [
    life,
    finding("VS Code", `${vs.env.appName} ${vs.version}`),
    finding(t("Extension"), t("{0}, protocol {1}", version, PROTOCOL_VERSION)),
    finding(
      t("Runs on"),
      vs.env.remoteName === undefined ? t("this machine") : t("the remote host ({0})", vs.env.remoteName),
    ),
    finding(
      t("Workspace"),
      vs.workspace.isTrusted ? t("trusted: its gorgon.yaml is read") : t("not trusted: its gorgon.yaml has no effect"),
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
      { location: this.#vs.ProgressLocation.Window, title: t("Gorgon Doctor") },
      () => this.#report(),
    );
    this.#text = reportText(report, windowFindings(this.#vs, this.#worker, this.#version));
    const uri = this.#vs.Uri.from({ scheme: DOCTOR_SCHEME, path: `/${t("Gorgon Doctor")}.md` });
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
      const mend = t("Run Gorgon: Restart Worker, then this command again.");
      const subject = t("Findings of the worker");
      const finding: Finding = { group: t("Worker"), subject, status: "missing", detail: reason, mend };
      return { time: Date.now(), version: this.#version, findings: [finding] };
    }
  }
}
