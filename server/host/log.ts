/** How the worker says what it does. The language server sends it to VS Code's output channel, the CLI to stderr. */
import type { LogLevel } from "../../protocol/settings.ts";

/** Takes messages by severity. Messages are one line, for people, and never hold secrets. */
export interface Log {
  trace(message: string): void;
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

const ORDER: readonly LogLevel[] = ["trace", "debug", "info", "warning", "error", "off"];

/** A log that passes on what is at or over `level` at the time of the call. */
export function leveledLog(write: (level: LogLevel, message: string) => void, level: () => LogLevel): Log {
  const at = (severity: LogLevel) => (message: string) => {
    if (ORDER.indexOf(severity) >= ORDER.indexOf(level())) write(severity, message);
  };
  return { trace: at("trace"), debug: at("debug"), info: at("info"), warn: at("warning"), error: at("error") };
}

/** Says nothing; for tests and for parts used alone. */
export const silentLog: Log = leveledLog(
  () => undefined,
  () => "off",
);
