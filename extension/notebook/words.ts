/** What only the window writes of cells and kernels: levels by the user's shares, what a kernel died of. */
import { t } from "@vscode/l10n";
import type { CellRecord } from "../../protocol/cell.ts";
import { formatBytes, formatDuration } from "../../protocol/format.ts";
import type { KernelDeath } from "../../protocol/kernel.ts";
import type { Level } from "../../protocol/level.ts";

export * from "../../protocol/cell-words.ts";

/** From which share of its limit a cell's peak looks like a warning or an error, 0..1. */
export interface Shares {
  readonly warn: number;
  readonly crit: number;
}

/** The level that a record has by the shares the user set; as it came where there is no limit. */
export function levelOf(record: CellRecord, shares: Shares): Level {
  if (record.limit === null) return record.level;
  const part = record.limit.share;
  return part >= shares.crit ? "CRIT" : part >= shares.warn ? "WARN" : "OK";
}

/** How long something has run, in whole seconds at first: tenths would only flicker. */
export function elapsed(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return seconds === 0 ? "0 s" : formatDuration(seconds * 1000);
}

/** What a kernel died of, short. */
export function causeWords({ cause, signal, exitCode }: Pick<KernelDeath, "cause" | "signal" | "exitCode">): string {
  switch (cause) {
    case "oom":
      return t("kernel died: out of memory");
    case "segfault":
      return t("kernel died: segmentation fault");
    case "signal":
      return signal === "" ? t("kernel died: killed by a signal") : t("kernel died: killed by {0}", signal);
    case "exit":
      return exitCode === null ? t("kernel died: it exited") : t("kernel died: it exited with code {0}", exitCode);
    case "ended":
      return t("the kernel ended");
    case "unknown":
      return t("kernel died: the cause is not known");
  }
}

/** `23.2 of 23.4 GiB`, with both units where they differ. */
export function ofLimit(value: number, limit: number): string {
  const [number = "", unit] = formatBytes(value).split(" ");
  const whole = formatBytes(limit);
  return t("{0} of {1}", unit === whole.split(" ")[1] ? number : formatBytes(value), whole);
}
