/** `gorgon kernel`: lists notebook kernels and those that died, and answers for one that its memory guard holds frozen. */
import { ABSENT, formatBytes, formatDuration } from "../../protocol/format.ts";
import type { GuardAnswer, KernelDeath, KernelsState, KernelState } from "../../protocol/kernel.ts";
import { cut, pad, widthOf, wrap } from "../bell/columns.ts";
import { printable } from "../bell/printable.ts";
import { LEVEL_PAINTS, paint, type TerminalStyle } from "../bell/terminal-style.ts";
import type { Host } from "../host/host.ts";
import { silentLog } from "../host/log.ts";
import { cellName } from "../rhopalia/kernel/death-words.ts";
import { kernelWatch } from "../rhopalia/kernel/index.ts";
import { NotDone, reachLeader } from "./alert-acts.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { type CliIo, styleNow, UsageError } from "./io.ts";
import { hostOf } from "./session.ts";

/** So long the leader's word is waited for. */
const WORD_MS = 2000;
/** CPU is told over this time, where nobody has looked before. */
const OWN_LOOK_MS = 1000;
const MOST_TEXT = 300;
const INDENT = "  ";

/** What is known of kernels, and from whom. */
interface KernelsKnown extends KernelsState {
  /** The process of the worker that said it; null: nobody runs, and this command looked itself. */
  readonly leader: number | null;
}

/** Lists kernels. */
export async function kernelCommand(flags: { readonly json?: boolean }, io: CliIo): Promise<number> {
  const known = await readKernels(hostOf(io));
  if (flags.json === true) io.stdout.write(`${JSON.stringify(known)}\n`);
  else io.stdout.write(`${renderKernels(known, styleNow(io)).join("\n")}\n`);
  return EXIT_OK;
}

/** Answers for a frozen kernel. Throws UsageError and NotDone. */
export async function answerCommand(answer: GuardAnswer, pidText: string, io: CliIo): Promise<number> {
  if (!/^[1-9]\d{0,9}$/.test(pidText)) {
    throw new UsageError(`A kernel is named by its process, a number, not ${JSON.stringify(pidText)}.`);
  }
  const pid = Number(pidText);
  const heard = waiter<KernelsState>();
  const host = hostOf(io);
  const link = await reachLeader(host, "a memory guard is answered", { onKernels: (now) => heard.tell(now) });
  try {
    const state = await heard.within(host);
    const kernel = state?.kernels.find((one) => one.kernel.pid === pid);
    if (kernel === undefined)
      throw new NotDone(`No kernel of yours has the process ${pidText}. gorgon kernel lists them.`);
    const { startedAt } = kernel.kernel;
    await link.actKernel({ guard: { pid, startedAt, answer } });
  } catch (error) {
    if (error instanceof NotDone) throw error;
    throw new NotDone(error instanceof Error ? error.message : String(error), { cause: error });
  } finally {
    link.close();
  }
  io.stdout.write(`${DONE[answer]}: kernel ${pidText}\n`);
  return EXIT_OK;
}

const DONE: Readonly<Record<GuardAnswer, string>> = { continue: "Goes on", interrupt: "Interrupted", end: "Ended" };

async function readKernels(host: Host): Promise<KernelsKnown> {
  const heard = waiter<KernelsState>();
  try {
    const link = await reachLeader(host, "kernels are watched", { onKernels: (now) => heard.tell(now) });
    link.onEnd(() => heard.tell(null));
    try {
      const state = await heard.within(host);
      if (state !== null) return { leader: link.leader.pid, ...state };
    } finally {
      link.close();
    }
  } catch (error) {
    if (!(error instanceof NotDone)) throw error;
  }
  return { leader: null, ...(await ownLook(host)) };
}

/** Without a worker: who runs and what it uses, but not why one died. */
async function ownLook(host: Host): Promise<KernelsState> {
  const watching = kernelWatch({ host, log: silentLog, program: null });
  const { signal } = new AbortController();
  try {
    for (const wait of [OWN_LOOK_MS, 0]) {
      try {
        await watching.sensor.read(signal);
      } catch {
        return watching.state(); // There is none.
      }
      await new Promise<void>((resolve) => void host.clock.schedule(resolve, wait));
    }
    return watching.state();
  } finally {
    await watching.close();
  }
}

function waiter<T>() {
  let tell: (value: T | null) => void = () => undefined;
  const told = new Promise<T | null>((resolve) => (tell = resolve));
  return {
    tell: (value: T | null) => tell(value),
    within: async (host: Host): Promise<T | null> => {
      const late = host.clock.schedule(() => tell(null), WORD_MS);
      try {
        return await told;
      } finally {
        late.dispose();
      }
    },
  };
}

/** The list as aligned columns, with what holds a kernel frozen and the deaths of the last hour below. */
export function renderKernels(known: KernelsKnown, style: TerminalStyle): string[] {
  const { kernels, deaths, leader, time } = known;
  const unwatched =
    leader === null
      ? wrap(
          "No worker of yours runs on this machine now: what a kernel runs, and why one dies, is not seen.",
          style.columns,
        )
      : [];
  if (kernels.length === 0)
    return ["No notebook kernel of yours runs", ...unwatched, ...deathLines(deaths, time, style)];
  const rows = kernels.map((one) => rowOf(one, time));
  const table = [["PID", "LANGUAGE", "LEVEL", "MEMORY", "OF", "CORES", "PROC", "RUNS", "FOLDER"], ...rows];
  const widths = (table[0] ?? []).map((_, column) => Math.max(...table.map((row) => widthOf(row[column] ?? ""))));
  const lines = table.flatMap((row, index) => {
    const line = row.map((cell, column) => pad(cell, widths[column] ?? 0, NUMBERS.has(column) ? "start" : "end"));
    const kernel = kernels[index - 1];
    const shown = cut(line.join("  ").trimEnd(), style.columns);
    if (kernel === undefined) return [paint(style, shown, "dim")];
    return [
      paint(style, shown, ...(kernel.level === "OK" ? [] : LEVEL_PAINTS[kernel.level])),
      ...guardLines(kernel, style),
    ];
  });
  return [...lines, ...unwatched, ...deathLines(deaths, time, style)];
}

/** Columns of numbers. */
const NUMBERS: ReadonlySet<number> = new Set([0, 3, 4, 5, 6]);

function rowOf({ kernel, usage, limit, level, running, folder }: KernelState, now: number): string[] {
  const memory = usage === null ? null : Math.max(usage.rssBytes, usage.treeBytes ?? 0);
  const cores = usage?.cores ?? null;
  return [
    String(kernel.pid),
    printable(kernel.language, 20),
    level,
    formatBytes(memory),
    formatBytes(limit?.bytes ?? null),
    cores === null ? ABSENT : cores.toFixed(2),
    usage === null ? ABSENT : String(usage.children + 1),
    running === null
      ? ABSENT
      : `${printable(cellName(running.cell), 40)} for ${formatDuration(Math.max(0, now - running.startedAt))}`,
    printable(folder, MOST_TEXT),
  ];
}

function guardLines({ guard, kernel }: KernelState, style: TerminalStyle): string[] {
  if (guard === null || guard.phase === "watching") return [];
  const answers = `Answer with gorgon kernel continue|interrupt|end ${String(kernel.pid)}`;
  const text = `${guard.phase}: ${printable(guard.reason, MOST_TEXT)}${guard.phase === "frozen" ? ` ${answers}` : ""}`;
  return wrap(text, style.columns - INDENT.length).map((line) => INDENT + line);
}

function deathLines(deaths: readonly KernelDeath[], now: number, style: TerminalStyle): string[] {
  if (deaths.length === 0) return [];
  return [
    "",
    paint(style, "Gone within the last hour", "bold"),
    ...deaths.flatMap(({ kernel, time, cause, sentence, mend }) => {
      const ago = formatDuration(Math.max(0, now - time));
      const said = printable(`${sentence} ${mend}`.trim(), 2000);
      const head = `${String(kernel.pid)}  ${printable(kernel.language, 20)}  ${cause}, ${ago} ago`;
      return [cut(head, style.columns), ...wrap(said, style.columns - INDENT.length).map((line) => INDENT + line)];
    }),
  ];
}
