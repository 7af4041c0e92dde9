/** What every child process has in common: why it failed, and how it is ended with everything it started. */
import type { ChildProcess } from "node:child_process";
import { t } from "@vscode/l10n";

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

/** Ends the program and everything it started. It must lead a process group of its own (`detached`) off Windows. */
export function endChild(child: ChildProcess): void {
  child.stdin?.destroy();
  child.stdout?.destroy();
  child.stderr?.destroy();
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    // It leads a process group of its own, so a shell script's children end with it.
    if (process.platform !== "win32") process.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // It ended by itself in the meantime.
  }
}

/** Why a program could not be started, in words. */
export function startFailure(file: string, error: NodeJS.ErrnoException): ProgramFailed {
  const code = error.code ?? "UNKNOWN";
  if (code === "ENOENT") return new ProgramFailed(file, code, t("The program {0} is not installed.", file));
  if (code === "EACCES") return new ProgramFailed(file, code, t("The program {0} may not be run by this user.", file));
  return new ProgramFailed(file, code, t("The program {0} could not be started: {1}.", file, error.message));
}
