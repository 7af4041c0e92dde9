/** What stands under a cell, in words with marks: its last run's cost, what runs now, a dead or a frozen kernel. */
import { t } from "@vscode/l10n";
import type { CellCost } from "./cell-cost.ts";
import * as words from "./cell-words.ts";
import type { CellRecord, Shown } from "./cell.ts";
import { formatBytes, formatDuration } from "./format.ts";
import { causeWords } from "./kernel-words.ts";
import type { GuardState, KernelDeath, KernelUsage } from "./kernel.ts";
import type { Level } from "./level.ts";
import { plain } from "./plain.ts";

/** The glyph before a part; `none` has none. `failed` is a run's own failure, `warn` and `crit` are levels. */
export type Mark = "none" | "done" | "stopped" | "failed" | "runs" | "warn" | "crit" | "frozen" | "go" | "stop" | "end";

/** One part of what stands under a cell. The text is data and plain. */
export interface CellPart {
  readonly mark: Mark;
  readonly text: string;
  /** Beside the point: a comparison. */
  readonly quiet?: true;
}

/** What the user wants to see. */
export interface ItemOptions {
  readonly show: readonly Shown[];
  readonly minWallMs: number;
  readonly shares: words.Shares;
}

/** What is known of a kernel while a cell runs in it. */
export interface LiveKernel {
  readonly usage: KernelUsage | null;
  readonly running: { readonly peakBytes: number } | null;
  readonly limit: { readonly bytes: number } | null;
  readonly level: Level;
}

/** CPU time of a shorter run is not told from looks from outside, milliseconds. */
const SHORTEST_MS = 500;

function outcomeMark({ outcome }: CellRecord): Mark {
  return outcome === "ok" ? "done" : outcome === "interrupted" ? "stopped" : "failed";
}

/** A part without a glyph; null where there is nothing to say. */
function bare(text: string | null): CellPart | null {
  return text === null ? null : { mark: "none", text };
}

function levelMark(level: Level): Mark {
  return level === "CRIT" ? "crit" : level === "WARN" ? "warn" : "none";
}

function timePart(record: CellRecord): CellPart {
  const wall = words.written(record, "wallMs") ?? formatDuration(record.endedAt - record.startedAt);
  const error = record.outcome === "error" ? plain(record.error, 40) : "";
  const died = record.outcome === "died" ? words.outcomeWords(record) : "";
  return { mark: outcomeMark(record), text: [error, died, wall].filter((part) => part !== "").join(" ") };
}

function cpuText(record: CellRecord): string | null {
  const cpu = words.written(record, "cpuMs");
  const cores = words.measureOf(record, "cores");
  // Of so short a run the looks before and after tell what was around it.
  const short = record.by === "outside" && record.endedAt - record.startedAt < SHORTEST_MS;
  if (cpu === null || short) return null;
  if (cores === null) return t("CPU {0}", cpu);
  const amount = words.amount("cores", cores.value);
  if (amount === "0") return t("CPU {0}", cpu);
  return amount === "1" ? t("CPU {0} (1 core)", cpu) : t("CPU {0} ({1} cores)", cpu, amount);
}

function memoryPart(record: CellRecord, shares: words.Shares): CellPart | null {
  const tree = words.measureOf(record, "treeBytes");
  const own = words.measureOf(record, "peakBytes");
  // With children at work their sum is what the limit feels.
  const name = tree !== null && (own === null || tree.value > own.value * 1.1) ? "treeBytes" : "peakBytes";
  const peak = words.written(record, name);
  if (peak === null) return null;
  const value = words.measureOf(record, name)?.value ?? 0;
  const delta = name === "peakBytes" ? words.measureOf(record, "peakDeltaBytes") : null;
  const text =
    delta === null || delta.value === 0
      ? t("peak {0}", peak)
      : t("peak {0} ({1})", peak, words.difference(delta.value, value));
  const level = words.levelOf(record, shares);
  if ((level !== "WARN" && level !== "CRIT") || record.limit === null) return bare(text);
  const said = t("{level} {text}, {share} of limit", { level, text, share: words.share(record.limit.share) });
  return { mark: levelMark(level), text: said };
}

function gpuText(record: CellRecord): string | null {
  const all = record.gpus.flatMap((gpu) => {
    const peak = words.known(gpu.peakBytes);
    return peak === null ? [] : [{ ...gpu, peak }];
  });
  const [most] = all.toSorted((a, b) => b.peak.value - a.peak.value);
  if (most === undefined) return null;
  const size = `${words.markOf(most.peak.quality, "peakBytes")}${formatBytes(most.peak.value)}`;
  // A device's memory is everybody's.
  return most.scope === "device" ? t("GPU {0} {1} ~device", most.index, size) : t("GPU {0} {1}", most.index, size);
}

function diskText(record: CellRecord): string | null {
  const read = words.measureOf(record, "diskReadBytes")?.value ?? 0;
  const write = words.measureOf(record, "diskWriteBytes")?.value ?? 0;
  // Below this it is the interpreter's own files.
  const worth = 1024 * 1024;
  const texts = [
    ...(read >= worth ? [t("read {0}", words.written(record, "diskReadBytes") ?? "")] : []),
    ...(write >= worth ? [t("wrote {0}", words.written(record, "diskWriteBytes") ?? "")] : []),
  ];
  return texts.length === 0 ? null : texts.join(", ");
}

function networkText(record: CellRecord): string | null {
  const down = words.measureOf(record, "netRxBytes")?.value ?? 0;
  const up = words.measureOf(record, "netTxBytes")?.value ?? 0;
  return down + up < 1024 * 1024 ? null : `↓ ${formatBytes(down)} ↑ ${formatBytes(up)}`;
}

/** What is worth saying of the run before: its peak, where that is known, else its time. */
function previousPart({ now, before }: CellCost): CellPart | null {
  if (before === null) return null;
  return wasPart(before, words.measureOf(now, "peakBytes") !== null);
}

/** What a run cost that is over: its peak, where that is wanted and known, else its time. */
export function wasPart(record: CellRecord, peak = true): CellPart | null {
  const text = (peak ? words.written(record, "peakBytes") : null) ?? words.written(record, "wallMs");
  return text === null ? null : { mark: "none", text: t("was {0}", text), quiet: true };
}

/** The parts of a run that ended; none where the user does not want to see it. */
export function costParts(cost: CellCost, options: ItemOptions): readonly CellPart[] {
  const { now } = cost;
  const wall = words.measureOf(now, "wallMs")?.value ?? now.endedAt - now.startedAt;
  const level = words.levelOf(now, options.shares);
  if (wall < options.minWallMs && now.outcome === "ok" && level !== "WARN" && level !== "CRIT") return [];
  const makers: Readonly<Record<Shown, () => CellPart | null>> = {
    time: () => timePart(now),
    cpu: () => bare(cpuText(now)),
    memory: () => memoryPart(now, options.shares),
    gpu: () => bare(gpuText(now)),
    disk: () => bare(diskText(now)),
    network: () => bare(networkText(now)),
    previous: () => previousPart(cost),
  };
  return options.show.flatMap((one) => makers[one]() ?? []);
}

/** The parts of a cell that runs since so long, milliseconds. */
export function liveParts(
  kernel: LiveKernel | null,
  milliseconds: number,
  show: readonly Shown[],
): readonly CellPart[] {
  const usage = kernel?.usage ?? null;
  const peak = kernel?.running?.peakBytes ?? null;
  const size = usage === null ? null : Math.max(usage.treeBytes ?? 0, usage.rssBytes);
  const parts: CellPart[] = [{ mark: "runs", text: words.elapsed(milliseconds) }];
  const cores = usage?.cores ?? null;
  if (show.includes("cpu") && cores !== null) {
    const amount = words.amount("cores", cores);
    parts.push({ mark: "none", text: amount === "1" ? t("1 core") : t("{0} cores", amount) });
  }
  if (show.includes("memory") && size !== null) {
    const limit = kernel?.limit ?? null;
    const text = limit === null ? t("now {0}", formatBytes(size)) : t("now {0}", words.ofLimit(size, limit.bytes));
    const level = kernel?.level ?? "UNKNOWN";
    const mark = levelMark(level);
    parts.push({ mark, text: mark === "none" ? text : `${level} ${text}` });
    if (peak !== null && peak > size * 1.05) {
      parts.push({ mark: "none", text: t("peak {0}", `≥ ${formatBytes(peak)}`) });
    }
  }
  return parts;
}

/** What a kernel died of, and its last size. */
export function deathParts(death: KernelDeath): readonly CellPart[] {
  const { lastBytes, limit } = death;
  const last =
    lastBytes === null
      ? null
      : limit === null
        ? t("last {0}", formatBytes(lastBytes))
        : t("last {0} ({1})", words.ofLimit(lastBytes, limit.bytes), plain(limit.source, 40));
  return [
    { mark: "failed", text: plain(causeWords(death), 80) },
    ...(last === null ? [] : [{ mark: "none", text: last } as const]),
  ];
}

/** A kernel that its guard holds frozen. */
export function frozenPart(guard: GuardState): CellPart {
  return { mark: "frozen", text: t("kernel frozen at {0}", words.ofLimit(guard.treeBytes, guard.limitBytes)) };
}
