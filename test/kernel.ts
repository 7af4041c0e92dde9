/** A real kernel for tests, and the client that runs cells in it: ended with the test, whatever becomes of it. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { testPython } from "./python.ts";

/** How long it may take to come up, to run a cell and to end, milliseconds. What takes longer hangs, and is named. */
const READY_MS = 60_000;
const CELL_MS = 60_000;
const END_MS = 10_000;

/** How it is started. */
export interface RealKernelOptions {
  /** The name of its specification; Python's by default. */
  readonly spec?: string;
  /** Its connection file; where Jupyter puts it by default. */
  readonly connection?: string;
  /** Its working folder. */
  readonly folder: string;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

type Client = ChildProcessByStdio<Writable, Readable, Readable>;

/** A line of the client's, or what was waited for in vain. */
type Asking = (what: string, patienceMs: number) => Promise<Answer>;

/** A kernel that runs. */
export class RealKernel {
  readonly pid: number;
  readonly #client: Client;
  readonly #answer: Asking;
  readonly #gone: Promise<void>;

  private constructor(client: Client, pid: number, answer: Asking, gone: Promise<void>) {
    this.#client = client;
    this.pid = pid;
    this.#answer = answer;
    this.#gone = gone;
  }

  /** Resolves when it answers. `onEnd` is given what ends it before that, so that one that hangs is ended too. */
  static async start(options: RealKernelOptions, onEnd: (end: () => Promise<void>) => void): Promise<RealKernel> {
    const { spec = "python3", connection, folder, env } = options;
    const args = [path.join(import.meta.dirname, "run-kernel.py"), spec];
    const client: Client = spawn(testPython(), connection === undefined ? args : [...args, connection], {
      cwd: folder,
      env: { ...process.env, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let said = "";
    client.stderr.on("data", (data: Buffer) => (said = (said + data.toString()).slice(-2000)));
    // A kernel that has died may take its client with it.
    client.stdin.on("error", () => undefined);
    const gone = new Promise<void>((resolve) => client.once("close", () => resolve()));
    const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
    const answer = async (what: string, patienceMs: number): Promise<Answer> => {
      const line = await within(patienceMs, lines.next(), () => `${what}; its client said: ${said}`);
      if (line.done === true) throw new Error(`the kernel's client has ended: ${said}`);
      return JSON.parse(line.value) as Answer;
    };
    let kernel: RealKernel | null = null;
    onEnd(async () => {
      if (kernel !== null) return kernel.#end();
      client.kill("SIGKILL");
      return gone;
    });
    const { pid } = await answer(`the kernel did not come up within ${String(READY_MS / 1000)} s`, READY_MS);
    kernel = new RealKernel(client, pid, answer, gone);
    return kernel;
  }

  /** Runs code to its end; answers `ok`, `error` or `dead`. */
  async run(code: string): Promise<string> {
    this.begin(code);
    return (await this.#answer(`the kernel did not run the cell within ${String(CELL_MS / 1000)} s`, CELL_MS)).status;
  }

  /** Runs code whose end nobody waits for. */
  begin(code: string): void {
    this.#client.stdin.write(`${JSON.stringify({ code })}\n`);
  }

  async #end(): Promise<void> {
    try {
      // It leads a group of its own; what it forked is in it.
      process.kill(-this.pid, "SIGKILL");
    } catch {
      // All are dead, as they were meant to be.
    }
    this.#client.stdin.end();
    const late = setTimeout(() => this.#client.kill("SIGKILL"), END_MS);
    await this.#gone;
    clearTimeout(late);
  }
}

interface Answer {
  readonly pid: number;
  readonly status: string;
}

async function within<T>(patienceMs: number, work: Promise<T>, why: () => string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(why())), patienceMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
