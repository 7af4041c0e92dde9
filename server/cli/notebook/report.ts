/** `gorgon notebook report`: what the cells of a notebook cost, as a page to look at or as Markdown. */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { EXIT_OK } from "../exit-codes.ts";
import { complete } from "../export-output.ts";
import { type CliIo, UsageError } from "../io.ts";
import { hostOf } from "../session.ts";
import { reasonOf } from "../../octopus/store/sqlite-errors.ts";
import { renderHtml } from "./html.ts";
import { renderMarkdown } from "./markdown.ts";
import { NotebookUnreadable, readNotebook } from "./notebook-file.ts";
import { findRuns } from "./sources.ts";
import { summarize } from "./summary.ts";

/** The flags as commander gives them. */
export interface ReportFlags {
  readonly log?: string;
  readonly format?: string;
  readonly output?: string;
  readonly open?: string;
  readonly source?: boolean;
}

const ENDINGS = { html: ".html", md: ".md" } as const;
/** The forms of a report. */
type Format = keyof typeof ENDINGS;

const STDOUT = "-";

/** Writes the report and says where it is. Rejects with NotebookUnreadable, which says how to come by records too. */
export async function reportCommand(file: string, flags: ReportFlags, io: CliIo): Promise<number> {
  const format = formatOf(flags);
  const open = openOf(flags, io);
  const notebook = await readNotebook(file);
  const summary = summarize(notebook, await findRuns(notebook, flags.log ?? null, hostOf(io)));
  if (summary === null) throw new NotebookUnreadable(howToMeasure(file, flags.log));
  const options = { source: flags.source === true };
  const text = format === "html" ? renderHtml(summary, options) : renderMarkdown(summary, options);
  if (flags.output === STDOUT) {
    io.stdout.write(text);
    return EXIT_OK;
  }
  const output = flags.output ?? `${file.replace(/\.ipynb$/i, "")}-cost${ENDINGS[format]}`;
  try {
    await complete(output, (partial) => writeFile(partial, text, { flag: "wx" }), io.signal);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new NotebookUnreadable(
      `${output} could not be written: ${reasonOf(error)}. Choose another place with --output.`,
    );
  }
  io.stdout.write(`${summary.level}: ${summary.headline}\n${output}\n`);
  if (open) show(path.resolve(output));
  return EXIT_OK;
}

function formatOf({ format, output }: ReportFlags): Format {
  if (format === undefined) return output?.toLowerCase().endsWith(".md") === true ? "md" : "html";
  if (format === "html" || format === "md") return format;
  throw new UsageError(`--format must be html or md, not ${JSON.stringify(format)}.`);
}

/** By default a person at a desktop sees the report at once, and a script or a shell on another machine does not. */
function openOf({ open, output }: ReportFlags, io: CliIo): boolean {
  if (open !== undefined && open !== "yes" && open !== "no") {
    throw new UsageError(`--open must be yes or no, not ${JSON.stringify(open)}.`);
  }
  if (output === STDOUT || open === "no") return false;
  const desktop = process.platform !== "linux" || Boolean(io.env["DISPLAY"] ?? io.env["WAYLAND_DISPLAY"]);
  const person =
    (io.isTTY ?? io.stdout.isTTY) === true && io.env["CI"] === undefined && io.env["SSH_CONNECTION"] === undefined;
  return open === "yes" || (desktop && person);
}

/** Hands the file to what the system opens it with; where there is nothing, its path has been printed. */
function show(file: string): void {
  const openers: Partial<Record<NodeJS.Platform, string>> = { darwin: "open", win32: "explorer.exe" };
  const opener = spawn(openers[process.platform] ?? "xdg-open", [file], { detached: true, stdio: "ignore" });
  opener.on("error", () => undefined);
  opener.unref();
}

function howToMeasure(file: string, log: string | undefined): string {
  const tried = log === undefined ? "" : ` The log ${log} has none of its cells either.`;
  return [
    `Nothing is known of what the cells of ${file} cost.${tried} To measure them, do one of these and run the notebook:`,
    "  in VS Code   Gorgon: Measure This Kernel (records are kept by the worker)",
    "  in a cell    %load_ext gorgon, then %config GorgonMagics.annotate = 'output' (records are saved in the notebook)",
    `  in batch     GORGON_LOG=cells.jsonl with the extension loaded, then gorgon notebook report ${file} --log cells.jsonl`,
    "A cell whose text was changed after it ran is not the same cell: run it again.",
  ].join("\n");
}
