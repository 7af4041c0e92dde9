/** `gorgon doctor`: what was found and what is missing, each with its mend. */
import type { DoctorReport, Finding, FindingStatus } from "../../protocol/doctor.ts";
import { printable } from "../bell/printable.ts";
import { type Paint, paint, type TerminalStyle } from "../bell/terminal-style.ts";
import { wrap } from "../bell/columns.ts";
import { hostFacts } from "../rhopalia/facts.ts";
import { doctorReport } from "../lsp/doctor.ts";
import { VERSION } from "../version.ts";
import { EXIT_BROKEN, EXIT_OK } from "./exit-codes.ts";
import { type CliIo, styleNow } from "./io.ts";
import { openSession } from "./session.ts";

/** The flags as commander gives them. */
export interface DoctorFlags {
  readonly json?: boolean;
  readonly workspace?: readonly string[];
}

/** Looks at everything, prints the report and says by the exit code whether something is broken. */
export async function doctorCommand(flags: DoctorFlags, io: CliIo): Promise<number> {
  const { stack, config, host } = await openSession(io, flags);
  let report: DoctorReport;
  try {
    stack.setFacts(await hostFacts(host));
    report = await doctorReport({ host, stack, config, version: VERSION, extra: terminalFindings(io) });
  } finally {
    await stack.close();
  }
  if (flags.json === true) io.stdout.write(`${JSON.stringify(report)}\n`);
  else io.stdout.write(`${renderReport(report, styleNow(io)).join("\n")}\n`);
  return report.findings.some((one) => one.status === "broken") ? EXIT_BROKEN : EXIT_OK;
}

function terminalFindings(io: CliIo): Finding[] {
  const style = styleNow(io);
  const { env } = io;
  const width = `${String(style.columns)} columns, ${style.colour ? "colour" : "no colour"}, ${style.unicode ? "Unicode" : "ASCII"}`;
  const vscode = env["TERM_PROGRAM"] === "vscode";
  return [
    {
      group: "Terminal",
      subject: "Output",
      status: "note",
      detail: style.live ? `a terminal: ${width}` : `not a terminal that can be redrawn: ${width}`,
      mend: "",
    },
    {
      group: "Terminal",
      subject: "VS Code",
      status: vscode ? "ok" : "note",
      detail: vscode ? `inside VS Code ${env["TERM_PROGRAM_VERSION"] ?? ""}`.trim() : "not inside VS Code's terminal",
      mend: "",
    },
  ];
}

const MARKS: Readonly<Record<FindingStatus, readonly [string, string, readonly Paint[]]>> = {
  ok: ["✓", "ok", ["green"]],
  note: ["·", "note", ["dim"]],
  missing: ["○", "missing", ["yellow"]],
  broken: ["✗", "BROKEN", ["red", "bold"]],
};

/** The report as lines: by group, each finding with its mend below it, and a sum at the end. */
export function renderReport(report: DoctorReport, style: TerminalStyle): string[] {
  const lines = [paint(style, `Gorgon ${report.version}`, "bold")];
  let group = "";
  for (const one of report.findings) {
    if (one.group !== group) {
      group = one.group;
      lines.push("", paint(style, printable(group), "bold"));
    }
    const [shape, word, paints] = MARKS[one.status];
    const lead = paint(style, `${style.unicode ? `${shape} ` : ""}${word.padEnd(7)}`, ...paints);
    const indent = style.unicode ? 12 : 10;
    const [first = "", ...rest] = wrap(printable(`${one.subject}: ${one.detail}`, 1000), style.columns - indent);
    lines.push(`  ${lead} ${first}`, ...rest.map((line) => " ".repeat(indent) + line));
    if (one.mend === "") continue;
    const arrow = style.unicode ? "→ " : "-> ";
    const mend = wrap(printable(one.mend, 1000), style.columns - indent - arrow.length);
    lines.push(
      ...mend.map((line, index) => " ".repeat(indent) + (index === 0 ? arrow : "   ".slice(-arrow.length)) + line),
    );
  }
  const count = (status: FindingStatus) => report.findings.filter((one) => one.status === status).length;
  const [broken, missing] = [count("broken"), count("missing")];
  const sum =
    broken + missing === 0 ? "Nothing is broken or missing." : `${String(broken)} broken, ${String(missing)} missing.`;
  return [...lines, "", paint(style, sum, "bold")];
}
