/** The readings of the kernels that live and of those that died lately. */
import type { KernelRef } from "../../../protocol/cell.ts";
import { DEATH_CAUSES, type DeathCause, type KernelDeath } from "../../../protocol/kernel.ts";
import type { Attributes, Reading } from "../../../protocol/reading.ts";
import * as names from "./metrics.ts";
import type { Tracked } from "./tracked.ts";
import { isAlarming } from "./verdict.ts";

/** A death is told for so long. */
export const TOLD_MS = 300_000;

/** What is read. */
export interface Readable {
  readonly kernels: readonly Tracked[];
  /** Those to be told, in any order. */
  readonly deaths: readonly KernelDeath[];
  /** Since the worker began. */
  readonly died: ReadonlyMap<DeathCause, number>;
}

/** Everything that can be read now. */
export function readingsOf({ kernels, deaths, died }: Readable): readonly Reading[] {
  const readings: Reading[] = [{ metric: names.COUNT, attributes: {}, value: kernels.length }];
  for (const one of kernels) {
    if (one.number > 0) pushSeries(readings, one);
    if (one.limit?.own === true && one.share !== null) {
      const attributes = { ...named(one), "gorgon.limit.source": one.limit.source };
      readings.push({ metric: names.OWN_LIMIT, attributes, value: Math.min(1, one.share) });
    }
    if (one.frozen !== "") {
      readings.push({ metric: names.FROZEN, attributes: { ...named(one), [names.SENTENCE]: one.frozen }, value: 1 });
    }
  }
  for (const cause of DEATH_CAUSES) {
    const value = died.get(cause) ?? 0;
    if (value > 0) readings.push({ metric: names.DEATHS, attributes: { "jupyter.kernel.cause": cause }, value });
  }
  for (const death of deaths) {
    if (!isAlarming(death)) continue;
    const attributes = {
      ...named(death),
      "jupyter.kernel.death": death.id,
      "jupyter.kernel.cause": death.cause,
      [names.SENTENCE]: death.sentence,
    };
    readings.push({ metric: names.DIED, attributes, value: 1 });
  }
  return readings;
}

function pushSeries(into: Reading[], one: Tracked): void {
  const usage = one.usage();
  if (usage === null) return;
  const attributes = names.slot(one.number, one.kernel.language);
  into.push({ metric: names.MEMORY, attributes, value: one.bytes ?? usage.rssBytes });
  if (one.share !== null) into.push({ metric: names.UTILIZATION, attributes, value: Math.min(1, one.share) });
  if (usage.cores !== null) into.push({ metric: names.CPU, attributes, value: usage.cores });
  into.push({ metric: names.CHILDREN, attributes, value: usage.children });
}

/** Of one kernel: what its series are called on faces, and its pid. */
function named({ kernel: { pid, language } }: { readonly kernel: KernelRef }): Attributes {
  return { [names.NAME]: `${language} ${String(pid)}`, "process.pid": String(pid) };
}
