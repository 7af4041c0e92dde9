/** `gorgon top`: the processes that use most CPU, memory or disk; live on a terminal, else one look. */
import { CrabGuardian } from "../crabs/guardian.ts";
import { sleeper } from "../crabs/sleeper.ts";
import { slowSensors } from "../rhopalia/index.ts";
import { processSensor } from "../rhopalia/process/index.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { EXIT_OK } from "./exit-codes.ts";
import { PROCESS_SORTS, type ProcessSort, sorted } from "./full/process-table.ts";
import { pressTop, topFrame, topLines, type TopView } from "./full/top-frame.ts";
import { FullTerminal } from "./full/terminal.ts";
import { type CliIo, HeldLines, styleNow, UsageError } from "./io.ts";
import { beats, type CliSession, countFlag, openSession } from "./session.ts";

/** The flags as commander gives them. */
export interface TopFlags {
  readonly iterations?: string;
  readonly interval?: string;
  readonly sort: string;
  readonly limit: string;
  readonly json?: boolean;
}

/** Processes by CPU, and as many by memory: what of the others is sorted by disk traffic is not worth a look at each. */
const TOP = 100;
const INTERVAL_MS = 2000;

/** Shows processes until it has looked often enough or is ended; always ends with 0. */
export async function topCommand(flags: TopFlags, io: CliIo): Promise<number> {
  const sort = PROCESS_SORTS.find((one) => one === flags.sort);
  if (sort === undefined) {
    throw new UsageError(`--sort must be one of ${PROCESS_SORTS.join(", ")}, not ${JSON.stringify(flags.sort)}.`);
  }
  const limit = countFlag("--limit", flags.limit);
  const live = flags.json !== true && flags.iterations === undefined && styleNow(io).live;
  const count = flags.iterations === undefined ? (live ? Infinity : 1) : countFlag("--iterations", flags.iterations);
  const held = new HeldLines();
  const session = await openSession(live ? { ...io, stderr: held } : io, {
    interval: flags.interval,
    defaultIntervalMs: INTERVAL_MS,
  });
  try {
    watchProcesses(session);
    if (live) await screen(session, sort, io);
    else await looks(session, { sort, limit, count, json: flags.json === true }, io);
    return EXIT_OK;
  } finally {
    await session.stack.close();
    held.release(io.stderr);
  }
}

/** A crab of this command's own for processes: that of the stack looks at few of them, and rarely. */
function watchProcesses({ stack, host, config }: CliSession): void {
  const shared = { node: stack.hub.node, clock: host.clock };
  const { intervalMs, sql } = config.config;
  const watches = config.config.watches.filter((watch) => watch.kind === "process");
  const slow = slowSensors(host, { watches: () => config.config.watches, sql: () => sql });
  const { hub } = stack;
  // In place of the one of that name.
  hub.register(sleeper({ ...shared, sensors: slow.filter((sensor) => sensor.name !== "process") }));
  const processes = processSensor(host, { top: TOP, watches: () => watches });
  hub.register(new CrabGuardian({ ...shared, name: "processes", sensors: [processes], intervalMs }));
}

function looking({ stack, host, config }: CliSession, count: number, signal: AbortSignal | undefined) {
  const { intervalMs } = config.config;
  return beats(stack, host.clock, { count, intervalMs, signal });
}

interface Looks {
  readonly sort: ProcessSort;
  readonly limit: number;
  readonly count: number;
  readonly json: boolean;
}

async function looks(session: CliSession, { sort, limit, count, json }: Looks, io: CliIo): Promise<void> {
  for await (const { state, index } of looking(session, count, io.signal)) {
    const { node } = state;
    const rows = sorted(state.processes?.rows ?? [], sort).slice(0, limit);
    if (json) {
      const time = state.processes?.time ?? state.time;
      io.stdout.write(`${JSON.stringify({ time, node, sort, processes: rows })}\n`);
      continue;
    }
    const shown = { ...state, processes: state.processes === null ? null : { ...state.processes, rows } };
    const lines = topLines(shown, { sort, from: 0, help: false }, Infinity, styleNow(io));
    io.stdout.write(`${index > 1 ? "\n" : ""}${lines.join("\n")}\n`);
  }
}

async function screen(session: CliSession, sort: ProcessSort, io: CliIo): Promise<void> {
  const quit = new AbortController();
  const signal = io.signal === undefined ? quit.signal : AbortSignal.any([io.signal, quit.signal]);
  let view: TopView = { sort, from: 0, help: false };
  let state: WorkerState | null = null;
  const draw = () => {
    terminal.draw(topFrame({ state, view, rows: terminal.rows, hasKeys: terminal.hasKeys }, styleNow(io)));
  };
  const terminal = new FullTerminal(io, session.host.clock, {
    onKey: (key) => {
      const next = pressTop(view, key, state?.processes?.rows.length ?? 0);
      if (next === null) quit.abort();
      else view = next;
      draw();
    },
    onRedraw: draw,
  });
  try {
    draw();
    for await (const beat of looking(session, Infinity, signal)) {
      if (signal.aborted) break;
      state = beat.state;
      draw();
    }
  } finally {
    terminal.close();
  }
}
