/** Why a kernel died: from what was seen and heard to a cause, a sentence and a mend. */
import { t } from "@vscode/l10n";
import { randomUUID } from "node:crypto";
import type { KernelDeath } from "../../../protocol/kernel.ts";
import type { Tracked } from "./tracked.ts";

/** The death of which nothing is known. */
export function unknownDeath(one: Tracked, now: number): KernelDeath {
  const { kernel, running, found, limit } = one;
  const { connection, folder, ancestors } = found;
  return {
    ...{ id: randomUUID(), kernel, connection, folder, ancestors },
    time: now,
    cause: "unknown",
    signal: "",
    exitCode: null,
    evidence: [],
    cell: running?.cell ?? null,
    cellStartedAt: running?.startedAt ?? null,
    lastBytes: one.bytes,
    lastAt: one.looks.last?.time ?? null,
    limit: limit === null ? null : { bytes: limit.bytes, source: limit.source },
    sentence: t("The kernel of process {0} is gone, and nobody saw why.", kernel.pid),
    mend: t("Start it again."),
  };
}
