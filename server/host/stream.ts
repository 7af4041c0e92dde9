/** A long-lived program heard line by line: no shell, bounded lines, and never left behind. */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { endChild, ProgramFailed, startFailure } from "./child.ts";
import type { StreamOptions, Talking } from "./host.ts";

/** No line of figures is longer. */
const LINE_LIMIT = 64 * 1024;

/** A program that says more in a second is not one that we asked for figures. */
const SECOND_LIMIT_BYTES = 1024 * 1024;

/** What waits for a program that does not read its input. */
const UNREAD_LIMIT_BYTES = 1024 * 1024;

/** As much of the standard error as an explanation takes. */
const STDERR_KEPT = 4096;

/**
 * util-linux' program that asks the kernel to end its successor together with this process. Without it a program that
 * says nothing would outlive a worker that was killed: only its next line, to a closed pipe, ends it (SIGPIPE).
 */
const SETPRIV = "/usr/bin/setpriv";

/** Starts the program. See `Programs.stream`. */
export function streamProgram(file: string, args: readonly string[], options: StreamOptions): Talking {
  const [command, commandArgs] = tied(file, args);
  const child = spawn(command, commandArgs, {
    stdio: [options.input === true ? "pipe" : "ignore", "pipe", "pipe"],
    // A group of its own, so that what it starts ends with it. On Windows the system ends children with their parent
    // only while they are not detached.
    detached: process.platform !== "win32",
    shell: false,
    windowsHide: true,
    env: { ...process.env, LC_ALL: "C" },
  }) as ChildProcessByStdio<Writable | null, Readable, Readable>;
  let done = false;
  let failure: ProgramFailed | null = null;
  let stderr = "";
  let rest = "";
  let secondBegan = performance.now();
  let secondBytes = 0;
  const decoder = new StringDecoder("utf8");

  const finish = (code: number | null) => {
    if (done) return;
    done = true;
    options.onEnd({ code, failure, stderr: stderr.trim() });
  };
  const cut = (message: string) => {
    failure = new ProgramFailed(file, "TOO_LONG", message);
    rest = "";
    endChild(child);
    finish(null);
  };
  // It may end while it is spoken to.
  child.stdin?.on("error", () => undefined);
  child.stdout.on("data", (chunk: Buffer) => {
    if (done) return;
    const now = performance.now();
    if (now - secondBegan >= 1000) {
      secondBegan = now;
      secondBytes = 0;
    }
    secondBytes += chunk.length;
    if (secondBytes > SECOND_LIMIT_BYTES) {
      cut(`${file} said more than ${SECOND_LIMIT_BYTES} bytes in a second.`);
      return;
    }
    const lines = (rest + decoder.write(chunk)).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.length > LINE_LIMIT) {
        cut(`${file} said a line of more than ${LINE_LIMIT} letters.`);
        return;
      }
      options.onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
      // Whoever heard the line may have called it off.
      if (isDone()) return;
    }
    if (rest.length > LINE_LIMIT) cut(`${file} said a line of more than ${LINE_LIMIT} letters.`);
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr = (stderr + chunk.toString("utf8")).slice(-STDERR_KEPT);
  });
  child.on("error", (error) => {
    failure = startFailure(file, error);
    finish(null);
  });
  child.on("close", (code) => {
    if (!done && rest !== "") options.onLine(rest);
    finish(code);
  });
  // The compiler does not see that a callback may have changed it.
  const isDone = () => done;

  return {
    write: (line) => {
      const input = child.stdin;
      if (done || input === null || input.writableLength > UNREAD_LIMIT_BYTES) return;
      input.write(`${line}\n`);
    },
    dispose: () => {
      done = true;
      endChild(child);
    },
  };
}

/** The command that also ends when this process does, where the system can be asked for that. */
function tied(file: string, args: readonly string[]): [string, string[]] {
  // It needs a path: setpriv's own error for a program that is not there would hide that it is not.
  if (process.platform !== "linux" || !file.startsWith("/") || !existsSync(file) || !existsSync(SETPRIV)) {
    return [file, [...args]];
  }
  return [SETPRIV, ["--pdeathsig", "KILL", "--", file, ...args]];
}
