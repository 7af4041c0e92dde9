/** Runs programs without a shell, with a deadline, a cap on what they say, and nothing left behind. */
import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import type { Readable } from "node:stream";
import { t } from "@vscode/l10n";
import { endChild, ProgramFailed, startFailure } from "./child.ts";
import type { ProgramResult, Programs } from "./host.ts";
import { streamProgram } from "./stream.ts";

export { ProgramFailed } from "./child.ts";

/** More than any program we ask has to say. */
const OUTPUT_LIMIT_BYTES = 8 * 1024 * 1024;

type Child = ChildProcessByStdio<null, Readable, Readable>;

/** The machine's own programs. */
export function nodePrograms(): Programs {
  return {
    run: (file, args, { deadlineMs, signal }) =>
      new Promise<ProgramResult>((resolve, reject) => {
        if (signal?.aborted === true) {
          reject(new ProgramFailed(file, "ABORTED", t("{0} was not run: the work was called off.", file)));
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
          endChild(child);
          reject(error);
        };
        const aborted = () =>
          fail(new ProgramFailed(file, "ABORTED", t("{0} was ended: the work was called off.", file)));
        const timer = setTimeout(
          () => fail(new ProgramFailed(file, "DEADLINE", t("{0} gave no answer within {1} ms.", file, deadlineMs))),
          deadlineMs,
        );
        signal?.addEventListener("abort", aborted, { once: true });

        const keep = (into: Buffer[]) => (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes <= OUTPUT_LIMIT_BYTES) into.push(chunk);
          else fail(new ProgramFailed(file, "TOO_LONG", t("{0} said more than {1} bytes.", file, OUTPUT_LIMIT_BYTES)));
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
    stream: streamProgram,
  };
}
