/** Runs programs without a shell, with a deadline, a cap on what they say, and nothing left behind. */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import type { ProgramResult, Programs } from "./host.ts";

/** More than any program we ask has to say. */
const OUTPUT_LIMIT_BYTES = 8 * 1024 * 1024;

/** Why a program gave no result. `code` is the system's (ENOENT, EACCES), or ours: DEADLINE, ABORTED, TOO_LONG. */
export class ProgramFailed extends Error {
  override readonly name = "ProgramFailed";
  readonly file: string;
  readonly code: string;
  constructor(file: string, code: string, message: string) {
    super(message);
    this.file = file;
    this.code = code;
  }
}

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** Ends the program and everything it started. */
function end(child: Child): void {
  child.stdout.destroy();
  child.stderr.destroy();
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    // It leads a process group of its own, so a shell script's children end with it.
    if (process.platform !== "win32") process.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // It ended by itself in the meantime.
  }
}

function startFailure(file: string, error: NodeJS.ErrnoException): ProgramFailed {
  const code = error.code ?? "UNKNOWN";
  if (code === "ENOENT") return new ProgramFailed(file, code, `The program ${file} is not installed.`);
  if (code === "EACCES") return new ProgramFailed(file, code, `The program ${file} may not be run by this user.`);
  return new ProgramFailed(file, code, `The program ${file} could not be started: ${error.message}.`);
}

/** The machine's own programs. */
export function nodePrograms(): Programs {
  return {
    run: (file, args, { deadlineMs, signal }) =>
      new Promise<ProgramResult>((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(new ProgramFailed(file, "ABORTED", `${file} was not run: the work was called off.`));
          return;
        }
        const child: Child = spawn(file, [...args], {
          stdio: ["ignore", "pipe", "pipe"],
          detached: process.platform !== "win32",
          shell: false,
          windowsHide: true,
        });
        const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
        let bytes = 0;

        const release = () => {
          clearTimeout(timer);
          signal?.removeEventListener("abort", aborted);
        };
        const fail = (error: ProgramFailed) => {
          release();
          end(child);
          reject(error);
        };
        const aborted = () => fail(new ProgramFailed(file, "ABORTED", `${file} was ended: the work was called off.`));
        const timer = setTimeout(
          () => fail(new ProgramFailed(file, "DEADLINE", `${file} gave no answer within ${deadlineMs} ms.`)),
          deadlineMs,
        );
        signal?.addEventListener("abort", aborted, { once: true });

        const keep = (into: Buffer[]) => (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= OUTPUT_LIMIT_BYTES) into.push(chunk);
          else fail(new ProgramFailed(file, "TOO_LONG", `${file} said more than ${OUTPUT_LIMIT_BYTES} bytes.`));
        };
        child.stdout.on("data", keep(output.stdout));
        child.stderr.on("data", keep(output.stderr));
        child.on("error", (error) => fail(startFailure(file, error)));
        child.on("close", (code) => {
          release();
          resolve({
            stdout: Buffer.concat(output.stdout).toString("utf8"),
            stderr: Buffer.concat(output.stderr).toString("utf8"),
            code,
          });
        });
      }),
  };
}
