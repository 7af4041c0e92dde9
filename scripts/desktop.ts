/** Says whether a desktop VS Code can be opened from here, and finds its program. */
import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import path from "node:path";

/** What the answer depends on; the real ones by default. */
export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly env: NodeJS.ProcessEnv;
  /** Null where users have no number (Windows). */
  readonly uid: number | null;
}

const HERE: Surroundings = { platform: process.platform, env: process.env, uid: process.getuid?.() ?? null };

/** Variables that are set only in a terminal that belongs to another machine's window, with what they say. */
const ELSEWHERE: readonly (readonly [name: string, what: string])[] = [
  ["VSCODE_IPC_HOOK_CLI", "this terminal belongs to a VS Code server"],
  ["VSCODE_AGENT_FOLDER", "this terminal belongs to a VS Code server"],
  ["REMOTE_CONTAINERS", "this terminal is in a dev container"],
  ["CODESPACES", "this terminal is in a codespace"],
  ["CODE_SERVER_SESSION_SOCKET", "this terminal belongs to a code-server"],
  ["WSL_DISTRO_NAME", "this is WSL, whose windows belong to Windows"],
  ["SSH_CONNECTION", "this is an SSH session"],
  ["SSH_TTY", "this is an SSH session"],
];

/** Why no desktop window can be opened from here, in words; empty when one can. */
export function whyNoDesktop(at: Surroundings = HERE): string {
  const elsewhere = ELSEWHERE.find(([name]) => at.env[name]);
  if (elsewhere) return elsewhere[1];
  if (at.platform === "win32" || at.platform === "darwin") return "";
  if (!at.env["DISPLAY"] && !at.env["WAYLAND_DISPLAY"]) return "there is no display";
  if (at.uid === 0) return "VS Code does not run as root";
  return "";
}

/** Whether version `found` (1.139.1) is at least what `range` (^1.125.0) asks for. */
export function reaches(found: string, range: string): boolean {
  const numbers = (text: string): number[] => (/\d+(?:\.\d+)*/.exec(text)?.[0] ?? "").split(".").map(Number);
  const [have, want] = [numbers(found), numbers(range)];
  if (have[0] !== want[0]) return false;
  for (let i = 1; i < want.length; i += 1) {
    const difference = (have[i] ?? 0) - (want[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** The command `code` on PATH, or null. */
export function findCode(at: Surroundings = HERE): string | null {
  const names = at.platform === "win32" ? ["code.cmd"] : ["code"];
  for (const folder of (at.env["PATH"] ?? "").split(path.delimiter)) {
    for (const name of names) {
      const file = path.join(folder, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // the next folder
      }
    }
  }
  return null;
}

/** How to run VS Code's program with arguments. Windows starts its batch file through cmd.exe only. */
export function codeCommand(code: string, args: readonly string[]): { readonly file: string; readonly args: string[] } {
  if (!code.endsWith(".cmd")) return { file: code, args: [...args] };
  return { file: process.env["ComSpec"] ?? "cmd.exe", args: ["/d", "/s", "/c", code, ...args] };
}

/** The version of VS Code behind `code`; empty when it does not answer. */
export function codeVersion(code: string): string {
  const command = codeCommand(code, ["--version"]);
  try {
    return execFileSync(command.file, command.args, { encoding: "utf8", timeout: 15_000 }).split("\n")[0]?.trim() ?? "";
  } catch {
    return "";
  }
}
