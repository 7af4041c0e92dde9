/** The rows of the Processes view: what stands out now, by CPU, memory or disk traffic. */
import { t } from "@vscode/l10n";
import { formatBytes, formatRatio, formatValue } from "../../protocol/format.ts";
import type { ProcessRow, WorkerState } from "../../protocol/state.ts";
import { markdown, plain } from "../escape.ts";
import type { Row } from "./tree.ts";
import { moment } from "../../protocol/moment.ts";

/** What the view is sorted by, the largest first. */
export type ProcessSort = "cpu" | "memory" | "io";

/** What the view says beside its title. */
export function sortWords(sort: ProcessSort): string {
  switch (sort) {
    case "cpu":
      return t("by CPU");
    case "memory":
      return t("by memory");
    case "io":
      return t("by disk traffic");
  }
}

/** The element of a process, as commands get it. Its start keeps a later one of the same pid apart. */
export function processElement({ pid, startedAt }: Pick<ProcessRow, "pid" | "startedAt">): string {
  return `process ${String(pid)} ${String(startedAt)}`;
}

/** What a process is called: its program and what an interpreter runs. */
export function processName({ name, detail }: Pick<ProcessRow, "name" | "detail">): string {
  return plain(`${name} ${detail}`, 60);
}

/** Largest first; equals by pid, so that idle processes do not change places. */
export function sorted(rows: readonly ProcessRow[], sort: ProcessSort): readonly ProcessRow[] {
  const valueOf = (row: ProcessRow): number =>
    sort === "cpu" ? (row.cpu ?? -1) : sort === "io" ? (row.ioRate ?? -1) : (row.memoryBytes ?? -1);
  return rows.toSorted((a, b) => valueOf(b) - valueOf(a) || a.pid - b.pid);
}

/** One row a process; none before the first look. */
export function processRows(state: WorkerState, sort: ProcessSort): readonly Row[] {
  return sorted(state.processes?.rows ?? [], sort).map((row) => {
    const label = processName(row) || String(row.pid);
    const io = formatValue(row.ioRate, "By/s");
    const description = t("CPU {0} · {1} · IO {2}", formatRatio(row.cpu), formatBytes(row.memoryBytes), io);
    return {
      id: processElement(row),
      label,
      description,
      icon: { name: "server-process" },
      // Without its start it could not be told from a later one of the same pid.
      context: row.startedAt > 0 ? "process known" : "process",
      spoken: `${label}, pid ${String(row.pid)}, ${description}`,
      explain: () => processTooltip(row),
      open: null,
      rows: [],
    };
  });
}

function processTooltip(row: ProcessRow): string {
  const lines: readonly (readonly [string, string])[] = [
    ["pid", String(row.pid)],
    [t("CPU (100 % is one core)"), formatRatio(row.cpu)],
    [t("memory"), formatBytes(row.memoryBytes)],
    [t("disk traffic"), formatValue(row.ioRate, "By/s")],
    [t("threads"), row.threads === null ? "" : String(row.threads)],
    [t("started"), row.startedAt > 0 ? moment(row.startedAt) : ""],
  ];
  const table = lines.filter(([, value]) => value !== "").map(([key, value]) => `| ${key} | ${markdown(value)} |`);
  return [`**${markdown(processName(row))}**`, ["| | |", "|:--|:--|", ...table].join("\n")].join("\n\n");
}
