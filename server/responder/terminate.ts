/** Ends one process, and never another: what is asked for is looked at anew before each signal. */
import { t } from "@vscode/l10n";
import { formatDuration } from "../../protocol/format.ts";
import { printable } from "../bell/printable.ts";
import { pause } from "../bell/pause.ts";
import type { Clock } from "../host/host.ts";
import type { Log } from "../host/log.ts";
import type { ProcessFacts, ProcessLookup } from "./process-facts.ts";

/** How long a process may take to end by itself before the answer is that it is still there, milliseconds. */
export const GRACE_MS = 5000;
/** How often it is looked for meanwhile, milliseconds. */
const LOOK_MS = 100;

/** Why a process was not ended, with what can be done instead. */
export class TerminationRefused extends Error {
  override readonly name = "TerminationRefused";
}

/** Which process, and how. */
export interface Termination {
  readonly pid: number;
  /** Milliseconds since the epoch, as the list of processes had it. */
  readonly startedAt: number;
  /** SIGKILL instead of SIGTERM. On Windows both end it at once. */
  readonly force: boolean;
}

/** What the ending is done with. */
export interface Terminator {
  readonly lookup: ProcessLookup;
  readonly clock: Clock;
  readonly log: Log;
  /** This process first, then other workers of Gorgon. */
  readonly own: readonly [number, ...number[]];
  readonly kill: (pid: number, signal: NodeJS.Signals) => void;
}

/**
 * Asks a process to end (SIGTERM), or makes it (SIGKILL), and waits up to `GRACE_MS` for it to go. `gone`: it is not there
 * any more. `asked`: it got the signal and still is. Throws TerminationRefused for what must not be ended.
 *
 * On Linux the look and the signal are one uninterrupted step of this thread: for the signal to hit another process, the
 * one meant would have to end and its number to come round again within these microseconds. (The kernel's handles on
 * processes, which rule that out altogether, cannot be had from Node.)
 */
export async function terminateProcess(wish: Termination, by: Terminator): Promise<"asked" | "gone"> {
  try {
    const ancestors = await by.lookup.ancestors(by.own[0]);
    const looked = by.lookup.look(wish.pid);
    // Waited for only where it must be: see above.
    const facts = looked instanceof Promise ? await looked : looked;
    refuse(wish, facts, ancestors, by);
    if (facts === null || facts.ended) return told("gone", wish, facts, by);
    const signal = wish.force ? "SIGKILL" : "SIGTERM";
    if (!send(wish.pid, signal, by)) return told("gone", wish, facts, by);
    by.log.info(`Sent ${signal} to process ${named(wish, facts)}, as the user asked.`);
    return told((await goes(wish, by)) ? "gone" : "asked", wish, facts, by);
  } catch (error) {
    if (error instanceof TerminationRefused)
      by.log.warn(`Process ${named(wish, null)} was not ended: ${error.message}`);
    throw error;
  }
}

function refuse(
  wish: Termination,
  facts: ProcessFacts | null,
  ancestors: ReadonlySet<number>,
  { own, lookup }: Terminator,
): void {
  const { pid, startedAt } = wish;
  if (pid <= 1)
    throw new TerminationRefused(t("Process {0} runs the whole system, so it is not ended from here.", pid));
  if (own.includes(pid)) {
    throw new TerminationRefused(
      t('Process {0} is Gorgon itself. "Gorgon: Restart Worker" ends it and starts another.', pid),
    );
  }
  if (ancestors.has(pid)) {
    throw new TerminationRefused(
      t("Gorgon runs within process {0}, so it is not ended from here. Close the window instead.", pid),
    );
  }
  if (facts === null) return;
  if (own.includes(facts.parent)) {
    throw new TerminationRefused(t("Process {0} works for Gorgon. Switch the sensor off that needs it instead.", pid));
  }
  if (startedAt <= 0 || facts.startedAt <= 0) {
    throw new TerminationRefused(
      t(
        "This system does not tell when process {0} started, so it cannot be told from a later one of the same number.",
        pid,
      ),
    );
  }
  if (Math.abs(facts.startedAt - startedAt) > lookup.trembleMs) {
    throw new TerminationRefused(
      t(
        "Process {0} is not the one that was shown: its number belongs to one that started at {1} now. Nothing was ended; look at the list again.",
        pid,
        new Date(facts.startedAt).toISOString(),
      ),
    );
  }
  if (facts.foreign) {
    throw new TerminationRefused(
      t("Process {0} runs as another user. Gorgon ends processes of its own user alone.", pid),
    );
  }
}

/** False: there is no such process any more. */
function send(pid: number, signal: NodeJS.Signals, { kill }: Terminator): boolean {
  try {
    kill(pid, signal);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ESRCH") return false;
    throw new TerminationRefused(t("The system did not let process {0} be ended: {1}.", pid, String(code ?? error)));
  }
}

async function goes(wish: Termination, { lookup, clock }: Terminator): Promise<boolean> {
  const end = clock.monotonic() + GRACE_MS;
  for (;;) {
    const facts = await lookup.look(wish.pid);
    const there = facts !== null && !facts.ended && Math.abs(facts.startedAt - wish.startedAt) <= lookup.trembleMs;
    if (!there) return true;
    if (clock.monotonic() >= end) return false;
    await pause(clock, LOOK_MS);
  }
}

function told<T extends "asked" | "gone">(
  outcome: T,
  wish: Termination,
  facts: ProcessFacts | null,
  { log }: Terminator,
): T {
  const which = named(wish, facts);
  if (outcome === "gone") log.info(`Process ${which} is gone.`);
  else log.info(`Process ${which} is still there after ${formatDuration(GRACE_MS)}.`);
  return outcome;
}

function named({ pid, startedAt }: Termination, facts: ProcessFacts | null): string {
  const started = startedAt > 0 ? `, started ${new Date(startedAt).toISOString()}` : "";
  return `${String(pid)} (${printable(facts?.name ?? "unknown", 60)}${started})`;
}
