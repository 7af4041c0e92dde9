/** A server of one run: started with the run's mark, heard, waited for, and ended with everything that it started. */
import { spawn } from "node:child_process";
import { until } from "../e2e/driver.ts";
import { ofRun, signal, waitGone, type Process } from "../workbench/processes.ts";
import { removeProfile, type Profile } from "../workbench/profile.ts";

/** How long a server may take to answer, milliseconds: it imports a thousand files on a machine that is busy. */
const START_MS = 120_000;
const STOP_MS = 20_000;

/** What was there when everything should have been over. */
export interface Stopped {
  /** Did not end by itself after SIGTERM; was killed. */
  readonly killed: readonly Process[];
  /** Processes of the run that live still. */
  readonly left: readonly Process[];
}

/** One that answers. */
export interface Program {
  readonly pid: number;
  /** What it has written so far. */
  readonly output: () => string;
  /** Every living process of the run. */
  readonly processes: () => readonly Process[];
  /** Ends it and removes the run's folders. */
  readonly stop: () => Promise<Stopped>;
}

/** How to start. */
export interface ProgramOptions {
  readonly cwd: string;
  /** Complete; it carries the profile's mark. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether it answers as it should. */
  readonly answers: () => Promise<boolean>;
  /** How long it may take to end what it started, milliseconds. */
  readonly stopMs?: number;
}

/** Starts it and waits until it answers. Rejects with its output when it does not, and leaves nothing then. */
export async function startProgram(
  profile: Profile,
  [file, ...args]: readonly [string, ...string[]],
  { cwd, env, answers, stopMs = STOP_MS }: ProgramOptions,
): Promise<Program> {
  // Its own process group, so that a Ctrl+C in the terminal reaches us first.
  const child = spawn(file, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const { pid } = child;
  let output = "";
  let ended = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  }
  child.on("error", (error) => {
    output += error.message;
    ended = true;
  });
  child.on("exit", () => (ended = true));
  const mine = (): Process[] => ofRun(profile.mark, pid === undefined ? [] : [pid]);
  // The last resort when this process ends without stopping it: signals may be sent synchronously.
  const lastResort = (): void => mine().forEach((one) => void signal(one.pid, "SIGKILL"));
  process.on("exit", lastResort);
  const stop = async (): Promise<Stopped> => {
    if (pid !== undefined && !ended) signal(pid, "SIGTERM");
    const killed = await waitGone(mine, stopMs);
    for (const one of killed) signal(one.pid, "SIGKILL");
    const left = await waitGone(mine, 3000);
    process.off("exit", lastResort);
    removeProfile(profile, true);
    return { killed, left };
  };
  try {
    await until(
      `an answer of ${file}`,
      async () => {
        if (ended) throw new Error("It ended.");
        return (await answers().catch(() => false)) ? true : null;
      },
      START_MS,
    );
  } catch (error) {
    await stop();
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n${output}`, { cause: error });
  }
  let stopping: Promise<Stopped> | undefined;
  return { pid: pid ?? 0, output: () => output, processes: mine, stop: () => (stopping ??= stop()) };
}
