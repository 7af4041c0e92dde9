/** Why a kernel died: from what was seen and heard to a cause, a sentence, a mend, and what speaks for it. Pure. */
import { t } from "@vscode/l10n";
import type { KernelDeath } from "../../../protocol/kernel.ts";
import { crash, ended, exited, oomFinding, signalled, unknown, type Finding } from "./death-words.ts";
import { crashLine, diedAt, evidenceOf, faultSignal, isOom, oomOf, saysKilled, type DeathFacts } from "./evidence.ts";

/** Signals by which the system ends a program that broke: it touched memory that is not its own, or gave up on itself. */
const CRASHES: ReadonlySet<string> = new Set(["SIGSEGV", "SIGBUS", "SIGABRT", "SIGFPE", "SIGILL"]);
/** Signals by which a program is asked to end. */
const ASKED: ReadonlySet<string> = new Set(["SIGTERM", "SIGINT", "SIGHUP"]);

/** The death as it is told. */
export function verdict(facts: DeathFacts): KernelDeath {
  const { report, running, kernel } = facts;
  const signal = report?.signal ?? "";
  const { cause, sentence, mend } = findingOf(facts, signal);
  const oom = cause === "oom" && isOom(facts) ? oomOf(facts) : null;
  const limit =
    oom !== null && oom.limitBytes !== null
      ? { bytes: oom.limitBytes, source: `cgroup ${oom.group}` }
      : (facts.limit ?? null);
  return {
    ...{ id: facts.id, kernel, connection: facts.connection, folder: facts.folder, ancestors: facts.ancestors },
    time: diedAt(facts),
    cause,
    signal: signal === "" && cause === "segfault" ? faultSignal(facts) : signal,
    exitCode: report?.exitCode ?? null,
    evidence: evidenceOf(facts),
    cell: running?.cell ?? null,
    cellStartedAt: running?.startedAt ?? null,
    lastBytes: facts.lastBytes,
    lastAt: facts.lastAt,
    limit,
    sentence,
    mend,
  };
}

/** Whether a death is worth an alert: of an idle kernel of which nothing is known it is not. */
export function isAlarming({ cause, cell }: Pick<KernelDeath, "cause" | "cell">): boolean {
  return cause !== "ended" && (cause !== "unknown" || cell !== null);
}

function findingOf(facts: DeathFacts, signal: string): Finding {
  const { report, leaving, orphaned, running, busy } = facts;
  const idle = running === null && !busy;
  if (leaving) return ended(t("The kernel was asked to end, and it did."));
  const killed = signal === "SIGKILL" || report?.exitKnown !== true;
  if (killed && (isOom(facts) || saysKilled(report))) return oomFinding(facts);
  if (CRASHES.has(signal) || (report?.exitKnown !== true && (report?.faults ?? "") + crashLine(report) !== "")) {
    return crash(facts, signal === "" ? faultSignal(facts) : signal);
  }
  if (ASKED.has(signal)) return ended(t("The kernel was ended with {0}.", signal));
  if (idle && orphaned && (signal === "SIGKILL" || report?.exitKnown !== true)) {
    return ended(t("The kernel was ended together with the program that had started it."));
  }
  if (signal !== "") return signalled(facts, signal);
  if (report?.exitKnown === true) {
    return report.exitCode === 0 ? ended(t("The kernel ended by itself, without an error.")) : exited(facts, report);
  }
  return unknown(facts);
}
