/** What a kernel died of, and where the evidence for it comes from, in words. */
import { t } from "@vscode/l10n";
import type { DeathEvidence, KernelDeath } from "./kernel.ts";

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

/** Where a piece of evidence comes from, in words. */
export function sourceWords({ source }: DeathEvidence): string {
  switch (source) {
    case "pidfd":
      return t("The system's own word on how the process ended");
    case "parent":
      return t("What its parent process was told");
    case "faulthandler":
      return t("What Python wrote as it broke");
    case "cgroup":
      return t("The control group's count of kills for memory");
    case "kernel-log":
      return t("The system's log");
    case "front-end":
      return t("What the front end was told");
    case "last-sample":
      return t("The last look from outside");
    default:
      return source;
  }
}
