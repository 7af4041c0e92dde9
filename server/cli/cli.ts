/** The command line `gorgon`: its commands, their flags and what the exit codes mean. Each command loads when it runs. */
import { Command, CommanderError, Option } from "commander";
import type { GuardAnswer } from "../../protocol/kernel.ts";
import { VERSION } from "../version.ts";
import type { AcknowledgeFlags } from "./acknowledge.ts";
import type { AlertsFlags } from "./alerts.ts";
import type { BellFlags } from "./bell.ts";
import type { DoctorFlags } from "./doctor.ts";
import { EXIT_BROKEN, EXIT_DEFECT, EXIT_OK, EXIT_USAGE } from "./exit-codes.ts";
import type { ExportFlags } from "./export-flags.ts";
import { type CliIo, UsageError } from "./io.ts";
import type { ReportFlags } from "./notebook/report.ts";
import type { QuickFlags } from "./quick.ts";
import type { AddSilenceFlags } from "./silence.ts";
import type { TopFlags } from "./top.ts";

const EXIT_CODES = `
Exit codes:
  0   all is well, or ended with q, Ctrl+C or a signal
  1   bell --iterations: the last level is WARN; doctor: something is broken;
      export, alerts, silence: there is no history, or it cannot be read or written;
      acknowledge, silence, kernel: it was not done, e.g. because no worker runs;
      notebook report: the notebook cannot be read, or nothing is known of its cells
  2   bell --iterations: the last level is CRIT
  3   bell --iterations: the last level is UNKNOWN
  64  the command line cannot be used
  69  no Node.js with node:sqlite was found
  70  a defect of Gorgon`;

/** What can be answered for a kernel that its memory guard holds frozen. */
const KERNEL_ANSWERS: readonly (readonly [GuardAnswer, string])[] = [
  ["continue", "Let a kernel go on that its memory guard holds frozen."],
  ["interrupt", "Let it go on, and ask its cell to stop."],
  ["end", "End it."],
];

/** What is no defect of Gorgon, by the names of the errors: their classes come with what takes long to load. */
const EXPECTED: readonly string[] = ["NotDone", "HistoryUnavailable", "SqliteMissing", "NotebookUnreadable"];

/** Runs one command and gives its exit code. Never rejects; nothing is written but to `io`. */
export async function runCli(argv: readonly string[], io: CliIo): Promise<number> {
  let code = EXIT_OK;
  const done = (result: number) => {
    code = result;
  };
  try {
    await program(io, done).parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    // Commander has told the user already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
    io.stderr.write(`gorgon: ${error instanceof Error ? error.message : String(error)}\n`);
    if (EXPECTED.includes(error instanceof Error ? error.name : "")) return EXIT_BROKEN;
    return error instanceof UsageError ? EXIT_USAGE : EXIT_DEFECT;
  }
}

function program(io: CliIo, done: (code: number) => void): Command {
  const gorgon = new Command("gorgon")
    .description("Watches this machine: a bell that says OK, WARN, CRIT or UNKNOWN, and why.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.columns ?? io.stdout.columns ?? 80,
      getErrHelpWidth: () => io.stderr.columns ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .exitOverride()
    .showHelpAfterError("Run gorgon --help to see what there is.")
    .addHelpText("after", `${EXIT_CODES}\n\nExample:\n  $ gorgon bell --interval 1s`);

  gorgon
    .command("bell")
    .description(
      "Show what the bell says now, and go on showing it: on the whole of a terminal until q, else line by line.",
    )
    .option("-n, --iterations <number>", "end after so many looks; the exit code is then the last level")
    .option("-i, --interval <time>", "time between two looks: 500ms, 2s, 1m (default: 2s on a screen, else 5s)")
    .option("--json", "one complete JSON object a look, one a line")
    .addOption(new Option("--plain", "one line of CPU and memory a look, for scripts").conflicts("json"))
    .option("-w, --workspace <folder...>", "also judge the rules in the gorgon.yaml of these folders")
    .addHelpText("after", "\nExample:\n  $ gorgon bell --iterations 1 --json | jq .bell.headline")
    .action(async (flags: BellFlags) => {
      const { bellCommand } = await import("./bell.ts");
      done(await bellCommand(flags, io));
    });

  gorgon
    .command("quick")
    .description("Listen closely for a few seconds and plot CPU, memory, disk and network.")
    .option("-s, --seconds <number>", "how long to listen", "10")
    .option("-i, --interval <time>", "time between two samples, at least 0.5s", "0.5s")
    .option("--json", "the samples as one JSON object instead of plots")
    .addHelpText("after", "\nExample:\n  $ gorgon quick --seconds 5")
    .action(async (flags: QuickFlags) => {
      const { quickCommand } = await import("./quick.ts");
      done(await quickCommand(flags, io));
    });

  gorgon
    .command("top")
    .description("Show the processes that use most CPU, memory or disk; live on a terminal, else one look.")
    .addOption(new Option("-s, --sort <by>", "cpu, memory or io").default("cpu"))
    .option("-n, --iterations <number>", "end after so many looks, and print them")
    .option("-i, --interval <time>", "time between two looks: seconds, or 500ms, 2s, 1m (default: 2s)")
    .option("-l, --limit <number>", "at most so many processes a look, where they are printed", "20")
    .option("--json", "one JSON object a look, one a line")
    .addHelpText("after", "\nExample:\n  $ gorgon top --sort memory --iterations 1")
    .action(async (flags: TopFlags) => {
      const { topCommand } = await import("./top.ts");
      done(await topCommand(flags, io));
    });

  gorgon
    .command("alerts")
    .description("List open alerts, and those that were open between two times.")
    .option("--from <time>", "since then: 2026-01-31T14:00, 2026-01-31, or -1h for an hour ago (default: -1d)")
    .option("--to <time>", "until then, in the same words (default: now)")
    .option("-r, --rule <id>", "only alerts of this rule")
    .option("-l, --limit <number>", "at most so many that were open, the newest", "100")
    .option("--steps", "every step of each, with what changed it")
    .option("--json", "everything as one JSON object")
    .addHelpText("after", "\nExample:\n  $ gorgon alerts --from -7d --rule disk --json | jq .records")
    .action(async (flags: AlertsFlags) => {
      const { alertsCommand } = await import("./alerts.ts");
      done(await alertsCommand(flags, io));
    });

  gorgon
    .command("acknowledge <id>")
    .description("Say that you have seen an open alert; its id, or the beginning of it, as gorgon alerts lists it.")
    .option("--note <text>", "what you have to say about it")
    .option("--undo", "take that back")
    .addHelpText("after", "\nExample:\n  $ gorgon acknowledge mb3k2x1q-9f2c41d7-3 --note 'on it'")
    .action(async (id: string, flags: AcknowledgeFlags) => {
      const { acknowledgeCommand } = await import("./acknowledge.ts");
      done(await acknowledgeCommand(id, flags, io));
    });

  const silence = gorgon
    .command("silence")
    .description("List silences, add one or end one. A silenced alert is shown, but nobody is told of it.")
    .option("--json", "the list, or what was added, as one JSON object")
    .addHelpText("after", "\nExample:\n  $ gorgon silence add --match rule=disk --for 2h --comment 'moving files'")
    .action(async (flags: { json?: boolean }) => {
      const { silenceCommand } = await import("./silence.ts");
      done(await silenceCommand(flags, io));
    });
  silence
    .command("list")
    .description("The same as gorgon silence alone.")
    .action(async (_: object, command: Command) => {
      const { silenceCommand } = await import("./silence.ts");
      done(await silenceCommand(command.optsWithGlobals<{ json?: boolean }>(), io));
    });
  silence
    .command("add")
    .description("Keep alerts quiet for a time, from now on.")
    .requiredOption(
      "-m, --match <key=value...>",
      "all must fit an alert: rule, or any of its labels; a value may end in *, and rule=* fits every alert",
    )
    .option("--for <time>", "how long: 30m, 2h, 1d", "1h")
    .option("--comment <text>", "why")
    .addHelpText(
      "after",
      "\nExample:\n  $ gorgon silence add --match rule=disk system.filesystem.mountpoint=/data --for 2h",
    )
    .action(async (_: object, command: Command) => {
      const { addSilenceCommand } = await import("./silence.ts");
      done(await addSilenceCommand(command.optsWithGlobals<AddSilenceFlags>(), io));
    });
  silence
    .command("end <id>")
    .description("End a silence now; its id, or the beginning of it, as gorgon silence lists it.")
    .addHelpText("after", "\nExample:\n  $ gorgon silence end mb3k2x1q-9f2c41d7-4")
    .action(async (id: string) => {
      const { endSilenceCommand } = await import("./silence.ts");
      done(await endSilenceCommand(id, io));
    });

  const kernel = gorgon
    .command("kernel")
    .description("List notebook kernels and why those died that are gone, or answer for one that is frozen.")
    .option("--json", "everything as one JSON object")
    .addHelpText("after", "\nExample:\n  $ gorgon kernel interrupt 4711")
    .action(async (flags: { json?: boolean }) => {
      const { kernelCommand } = await import("./kernel.ts");
      done(await kernelCommand(flags, io));
    });
  for (const [answer, what] of KERNEL_ANSWERS) {
    kernel
      .command(`${answer} <pid>`)
      .description(what)
      .action(async (pid: string) => {
        const { answerCommand } = await import("./kernel.ts");
        done(await answerCommand(answer, pid, io));
      });
  }

  gorgon
    .command("export")
    .description("Write this user's history as NDJSON, CSV or Parquet; beside a running VS Code, or without one.")
    .option("--format <format>", "ndjson, csv or parquet (default: by the ending of --output, else ndjson)")
    .option("-m, --metric <name...>", "only these metrics")
    .option("--match <key=value...>", "only series with these attributes")
    .option("--from <time>", "since then: 2026-01-31T14:00, 2026-01-31, or -1h for an hour ago")
    .option("--to <time>", "until then, in the same words")
    .option("--step <time>", "one value a step of this length, such as 10s, 1m or 1h (default: every sample)")
    .option("--aggregate <how>", "of a step: avg, min, max, sum, count, last, rate, p50, p95 or p99 (default: avg)")
    .option("-o, --output <file>", "into this file, readable by you only, instead of stdout")
    .addOption(
      new Option("--annotations", "what happened (alerts, epochs, ...) instead of samples").conflicts([
        "metric",
        "match",
        "step",
        "aggregate",
      ]),
    )
    .addHelpText(
      "after",
      "\nExample:\n  $ gorgon export --metric gorgon.cpu.busy --from -1h --step 1m --output cpu.csv" +
        "\n\nThe exit code is 1 when there is no history or the file could not be finished.",
    )
    .action(async (flags: ExportFlags) => {
      const { exportCommand } = await import("./export.ts");
      done(await exportCommand(flags, io));
    });

  gorgon
    .command("notebook")
    .description("What notebooks cost.")
    .command("report <file>")
    .description(
      "Write what each cell of a notebook cost: from its outputs and metadata, a log, and what this user's worker keeps.",
    )
    .option("--log <file>", "also look in this file, as GORGON_LOG made it")
    .option("--format <format>", "html or md (default: by the ending of --output, else html)")
    .option("-o, --output <file>", "into this file (default: beside the notebook, NAME-cost.html), or - for stdout")
    .option("--open <yes|no>", "show it in the browser (default: yes for somebody at a desktop's terminal)")
    .option("--source", "with the cells' text, which is left out otherwise")
    .addHelpText("after", "\nExample:\n  $ gorgon notebook report analysis.ipynb --log cells.jsonl")
    .action(async (file: string, flags: ReportFlags) => {
      const { reportCommand } = await import("./notebook/report.ts");
      done(await reportCommand(file, flags, io));
    });

  gorgon
    .command("doctor")
    .description("List what was found on this machine and what is missing, each with its mend.")
    .option("--json", "the report as one JSON object")
    .option("-w, --workspace <folder...>", "also check the gorgon.yaml of these folders")
    .addHelpText("after", "\nExample:\n  $ gorgon doctor\n\nThe exit code is 1 when something is broken, else 0.")
    .action(async (flags: DoctorFlags) => {
      const { doctorCommand } = await import("./doctor.ts");
      done(await doctorCommand(flags, io));
    });
  return gorgon;
}
