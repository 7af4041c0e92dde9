/** Processes that are killed, as their parent sees them: what they have said so far, in lines of JSON. */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import path from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { WriterLine, WriterTask } from "./writer.ts";

/** A process of a script in this folder, and what it has said so far. */
export class Talker<Line> {
  readonly lines: Line[] = [];
  readonly exited: Promise<void>;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  #dead = false;

  constructor(script: string, task: unknown) {
    const file = path.join(import.meta.dirname, script);
    this.#child = spawn(process.execPath, ["--no-warnings", file, JSON.stringify(task)], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let rest = "";
    let complaint = "";
    this.#child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const lines = (rest + text).split("\n");
      // A line that the kill cut short is none.
      rest = lines.pop() ?? "";
      for (const line of lines) this.lines.push(JSON.parse(line) as Line);
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text: string) => (complaint += text));
    this.exited = new Promise((resolve, reject) => {
      this.#child.on("error", reject);
      this.#child.on("close", (code) => {
        this.#dead = true;
        if (code === null) resolve();
        else reject(new Error(`The writer ended by itself with code ${String(code)}: ${complaint}`));
      });
    });
  }

  get last(): Line | undefined {
    return this.lines.at(-1);
  }

  /** Whether it has said something for which this holds. */
  said(holds: (line: Line) => boolean): boolean {
    if (this.#dead) throw new Error("The writer died before it said what was waited for.");
    return this.lines.some(holds);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exited;
  }
}

/** A writer of known samples. */
export class Writer extends Talker<WriterLine> {
  constructor(task: WriterTask) {
    super("writer.ts", task);
  }

  /** Every index below this was appended at least so many milliseconds before it last spoke. */
  appendedBefore(ms: number): number {
    const now = this.last?.at ?? 0;
    return this.lines.findLast((line) => line.at <= now - ms)?.appended ?? 0;
  }
}

/** Waits until this holds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}

/** Whether it said that it writes. */
export const writing = (line: WriterLine | undefined) => line?.mode === "writing";
