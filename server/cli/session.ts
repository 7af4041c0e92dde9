/** What the reading commands share: the configuration with their flags, a stack without history, a steady beat. */
import os from "node:os";
import path from "node:path";
import { formatDuration } from "../../protocol/format.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { pause } from "../bell/pause.ts";
import type { LoadedConfig } from "../config/config.ts";
import { HEADLESS_INTERVAL_MS } from "../config/defaults.ts";
import { loadConfig } from "../config/load.ts";
import { LiveMetrics } from "../lsp/language/metrics.ts";
import type { Clock, Host } from "../host/host.ts";
import { type Log, leveledLog } from "../host/log.ts";
import { nodeHost } from "../host/node.ts";
import { provisionalFacts } from "../rhopalia/facts.ts";
import { createStack, GUARDIAN, type Stack } from "../stack.ts";
import { type CliIo, UsageError } from "./io.ts";

/** A rate needs two readings: so long after the first comes the second. */
const PRIMING_MS = 500;

/** What the flags say of the configuration. */
export interface ConfigFlags {
  /** As typed, unchecked. */
  readonly interval?: string | undefined;
  /** Folders whose `gorgon.yaml` may add rules; naming one is trusting it. */
  readonly workspace?: readonly string[] | undefined;
  readonly defaultIntervalMs?: number;
  /** What is crossed counts at once: the command ends before any `for` is over. */
  readonly atOnce?: boolean;
}

/** A stack for one command, and what it was made from. */
export interface CliSession {
  readonly host: Host;
  readonly config: LoadedConfig;
  readonly stack: Stack;
}

/** The machine with the command's own environment. */
export function hostOf(io: CliIo): Host {
  return { ...nodeHost(), env: io.env };
}

/** Reads the configuration. Throws UsageError for a flag that is wrong; other problems are warned of on stderr. */
export async function configOf(host: Host, flags: ConfigFlags): Promise<LoadedConfig> {
  const config = await loadConfig({
    host,
    flags: { interval: flags.interval },
    workspaceFolders: (flags.workspace ?? []).map((folder) => {
      const full = path.resolve(folder);
      return { name: path.basename(full), path: full };
    }),
    defaultIntervalMs: flags.defaultIntervalMs ?? HEADLESS_INTERVAL_MS,
    metrics: new LiveMetrics(() => null),
    previous: null,
  });
  const wrong = config.problems.find((one) => one.source === "flag");
  if (wrong !== undefined) {
    // What stays in force is of no interest here: nothing runs.
    const allowed = wrong.message.split(". ")[0] ?? wrong.message;
    throw new UsageError(`${allowed}, not ${JSON.stringify(wrong.value)}.`);
  }
  return config;
}

/** Builds a stack that keeps no history. Close it however the command ends. */
export async function openSession(io: CliIo, flags: ConfigFlags): Promise<CliSession> {
  const host = hostOf(io);
  const config = await configOf(host, flags);
  const stack = createStack({
    host,
    log: stderrLog(io),
    config,
    facts: provisionalFacts(),
    paths: null,
    nodeName: os.hostname(),
    atOnce: flags.atOnce === true,
  });
  return { host, config, stack };
}

/** Errors only: warnings of sensors are in the verdicts, where they are read. */
function stderrLog(io: CliIo): Log {
  return leveledLog(
    (level, message) => io.stderr.write(`gorgon: ${level}: ${message}\n`),
    () => "error",
  );
}

/** One look at the machine. */
export interface Beat {
  /** Counted from 1. */
  readonly index: number;
  readonly state: WorkerState;
}

/**
 * Polls at a steady beat and hands over each state: the first poll only primes the rates. A poll that hangs does not
 * hold up the beat: the state then says what is stale. The guardian is polled at every beat, the other crabs at their own
 * interval.
 */
export async function* beats(
  stack: Pick<Stack, "hub" | "bell" | "state">,
  clock: Clock,
  options: { readonly count: number; readonly intervalMs: number; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<Beat> {
  const { count, intervalMs, signal } = options;
  const polledAt = new Map<string, number>();
  const due = () => {
    const now = clock.monotonic();
    const others = stack.hub.list().filter(({ name }) => name !== GUARDIAN);
    const late = others.filter((crab) => now - (polledAt.get(crab.name) ?? -Infinity) >= crab.intervalMs);
    return [GUARDIAN, ...late.map(({ name }) => name)];
  };
  const poll = async (crabs: readonly string[]) => {
    const over = new AbortController();
    const signals = signal === undefined ? [over.signal] : [over.signal, signal];
    for (const crab of crabs) polledAt.set(crab, clock.monotonic());
    try {
      const polls = Promise.all(crabs.map((crab) => stack.hub.collectOnce(crab)));
      await Promise.race([polls, pause(clock, intervalMs, AbortSignal.any(signals))]);
    } finally {
      // A timer left behind would keep the process for the rest of the interval.
      over.abort();
    }
  };
  await poll(due());
  // Rates of the slow crabs need a second reading too.
  polledAt.clear();
  await pause(clock, Math.min(PRIMING_MS, intervalMs), signal);
  const began = clock.monotonic();
  for (let index = 1; index <= count; index++) {
    await pause(clock, began + (index - 1) * intervalMs - clock.monotonic(), signal);
    if (signal?.aborted === true) return;
    await poll(due());
    stack.bell.judge();
    const state = stack.state();
    if (state === null) throw new Error(`No poll has ended within ${formatDuration(intervalMs)}.`);
    yield { index, state };
  }
}

/** A whole number of at least 1 from the command line. Throws UsageError. */
export function countFlag(name: string, text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text.trim()) && Number.isSafeInteger(value) && value >= 1) return value;
  throw new UsageError(`${name} must be a whole number of at least 1, not ${JSON.stringify(text)}.`);
}
