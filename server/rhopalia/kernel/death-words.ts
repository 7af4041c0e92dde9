/** What is said of each way in which a kernel dies: one sentence for what happened, one for what can be done. */
import { t } from "@vscode/l10n";
import type { CellRef } from "../../../protocol/cell.ts";
import { formatBytes } from "../../../protocol/format.ts";
import type { DeathCause } from "../../../protocol/kernel.ts";
import { isOom, oomOf, type DeathFacts } from "./evidence.ts";
import type { DeathReport } from "../../wire/kernel-watcher.ts";

/** What follows from the facts. */
export interface Finding {
  readonly cause: DeathCause;
  readonly sentence: string;
  readonly mend: string;
}

/** What a cell is called for people. */
export function cellName({ label, executionCount }: CellRef): string {
  if (label !== "") return label;
  return executionCount === null ? t("a cell") : t("cell [{0}]", executionCount);
}

/** An end that surprises nobody. */
export function ended(sentence: string): Finding {
  return { cause: "ended", sentence, mend: "" };
}

/** Killed for want of memory. */
export function oomFinding(facts: DeathFacts): Finding {
  const { running, lastBytes, kernel } = facts;
  const oom = isOom(facts) ? oomOf(facts) : null;
  const size = formatBytes(lastBytes);
  const cell = running === null ? "" : cellName(running.cell);
  if (oom !== null && oom.limitBytes !== null) {
    const words = { cell, size, group: oom.group, limit: formatBytes(oom.limitBytes) };
    const sentence =
      cell === ""
        ? t(
            "The kernel was killed for want of memory: its control group {group} may have {limit}, and the kernel had {size} when it was last seen.",
            words,
          )
        : t(
            "The kernel was killed for want of memory in {cell}: its control group {group} may have {limit}, and the kernel had {size} when it was last seen.",
            words,
          );
    const mend =
      kernel.language === "python"
        ? t(
            "Load less at a time, free what is not needed any more, or raise the limit of the control group. %gorgon limit stops a cell before it comes to that.",
          )
        : t("Load less at a time, free what is not needed any more, or raise the limit of the control group.");
    return { cause: "oom", sentence, mend };
  }
  const sentence =
    cell === ""
      ? t(
          "The kernel was killed for want of memory: the machine had none left. The kernel had {size} when it was last seen.",
          { size },
        )
      : t(
          "The kernel was killed for want of memory in {cell}: the machine had none left. The kernel had {size} when it was last seen.",
          { size, cell },
        );
  return {
    cause: "oom",
    sentence,
    mend: t("Load less at a time, or end other programs that hold much memory (gorgon top --sort memory)."),
  };
}

/** It touched memory that is not its own, or gave up on itself. */
export function crash({ running }: DeathFacts, signal: string): Finding {
  const words = { signal, cell: running === null ? "" : cellName(running.cell) };
  let sentence =
    running === null
      ? t("The kernel crashed in native code.")
      : t("The kernel crashed in native code in {cell}.", words);
  if (signal !== "") {
    sentence =
      running === null
        ? t("The kernel crashed in native code ({signal}).", words)
        : t("The kernel crashed in native code in {cell} ({signal}).", words);
  }
  return {
    cause: "segfault",
    sentence,
    mend: t("A package with native code is the usual cause: update or reinstall the one that the cell uses."),
  };
}

/** Somebody sent a signal. */
export function signalled(facts: DeathFacts, signal: string): Finding {
  const { running } = facts;
  const words = { signal, cell: running === null ? "" : cellName(running.cell) };
  if (signal !== "SIGKILL") {
    const sentence =
      running === null
        ? t("The kernel was ended by the signal {signal}.", words)
        : t("The kernel was ended by the signal {signal} in {cell}.", words);
    return { cause: "signal", sentence, mend: t("Look who sent the signal.") };
  }
  const innocent = oomOf(facts) !== null;
  let sentence =
    running === null ? t("The kernel was killed (SIGKILL).") : t("The kernel was killed (SIGKILL) in {cell}.", words);
  if (innocent) {
    sentence =
      running === null
        ? t("The kernel was killed (SIGKILL) by somebody, not for want of memory.")
        : t("The kernel was killed (SIGKILL) by somebody in {cell}, not for want of memory.", words);
  }
  return {
    cause: "signal",
    sentence,
    mend: t("Look who did it: a person, a job scheduler, or a service with a limit of its own."),
  };
}

/** It ended by itself, with an error. */
export function exited({ running }: DeathFacts, { exitCode }: DeathReport): Finding {
  const words = { code: exitCode ?? 0, cell: running === null ? "" : cellName(running.cell) };
  return {
    cause: "exit",
    sentence:
      running === null
        ? t("The kernel ended by itself with exit code {code}.", words)
        : t("The kernel ended by itself with exit code {code} in {cell}.", words),
    mend: t(
      "Look for a call that ends the process (in Python os._exit) in the code and in what it calls, and at the kernel's own output.",
    ),
  };
}

/** Nothing is known. */
export function unknown({ running, unwatched, kernel }: DeathFacts): Finding {
  const words = { pid: kernel.pid, cell: running === null ? "" : cellName(running.cell) };
  const sentence =
    running === null
      ? t("The kernel of process {pid} is gone, and nobody saw why.", words)
      : t("The kernel of process {pid} is gone while it ran {cell}, and nobody saw why.", words);
  return {
    cause: "unknown",
    sentence,
    mend:
      unwatched === ""
        ? t("This system does not say how a process ended that is not one's own child; Linux 6.15 and later does.")
        : unwatched,
  };
}
