/** What the doctor says of notebooks: which kernels are seen, whose package and guard and which Jupyter servers are connected, what is kept. */
import { t } from "@vscode/l10n";
import type { Finding, FindingStatus } from "../../protocol/doctor.ts";
import { formatBytes } from "../../protocol/format.ts";
import type { KernelsState, KernelState } from "../../protocol/kernel.ts";
import type { Host } from "../host/host.ts";
import { statePaths } from "../host/paths.ts";
import { lookForLeader } from "../octopus/leader/look.ts";
import { CellTable } from "../octopus/store/cell-table.ts";
import { openChunkFile } from "../octopus/store/chunk-file.ts";
import type { Stack } from "../stack.ts";
import { VERSION } from "../version.ts";

/** What it looks at. */
export interface KernelParts extends Pick<Stack, "kernels" | "kernelReport"> {
  /** Null for a stack that looks for no others, and sees no kernels. */
  readonly leadership: object | null;
}

function finding(subject: string, status: FindingStatus, detail: string, mend = ""): Finding {
  return { group: t("Notebooks"), subject, status, detail, mend };
}

/** Looks at what is known of kernels. Nothing is created or changed. */
export async function kernelFindings(host: Host, stack: KernelParts): Promise<Finding[]> {
  const { announcement, history } = await statePaths(host);
  const alone = stack.leadership === null;
  const look = alone ? await lookForLeader(announcement, { pid: process.pid, version: VERSION }, host.clock) : null;
  const state = look === null ? stack.kernels() : look.leader === null ? null : look.kernels;
  const { connected, kept } = stack.kernelReport();
  const versions = new Map(
    connected.filter(({ role }) => role === "kernel").map((one) => [one.kernel.pid, one.version]),
  );
  return [...seen(state, versions), ...servers(connected), records(alone ? keptIn(history) : kept)];
}

function seen(state: KernelsState | null, versions: ReadonlyMap<number, string>): Finding[] {
  const subject = t("Kernels");
  if (state === null) {
    return [finding(subject, "note", t("no window of VS Code watches kernels now"), t("Open VS Code with Gorgon."))];
  }
  const { kernels } = state;
  if (kernels.length === 0) return [finding(subject, "note", t("no notebook kernel of this user runs"))];
  const guards = kernels.flatMap((one) => guardWords(one));
  return [
    finding(subject, "ok", kernels.map(kernelWords).join(", ")),
    packages(kernels, versions),
    finding(
      t("Memory guards"),
      guards.length === 0 ? "note" : "ok",
      guards.length === 0 ? t("none") : guards.join(", "),
    ),
  ];
}

function kernelWords({ kernel }: KernelState): string {
  return t("{language} (process {pid})", { language: kernel.language, pid: kernel.pid });
}

function packages(kernels: readonly KernelState[], versions: ReadonlyMap<number, string>): Finding {
  const measured = kernels.filter((one) => one.measured);
  const words = measured.map(({ kernel: { pid } }) => {
    const version = versions.get(pid);
    return version === undefined ? t("process {0}", pid) : t("process {0} with {1}", pid, version);
  });
  const detail =
    measured.length === 0
      ? t("in no kernel: what cells cost is sampled from outside")
      : t("connected in {count} of {all}: {which}", {
          ...{ count: measured.length, all: kernels.length, which: words.join(", ") },
        });
  // Kernels of other languages have no package.
  const missing = kernels.some(({ measured: own, kernel }) => !own && kernel.language === "python");
  const mend = missing
    ? t('Run "Gorgon: Measure This Kernel", or %load_ext gorgon in the notebook, for exact numbers.')
    : "";
  return finding(t("Package"), measured.length === 0 ? "note" : "ok", detail, mend);
}

function guardWords({ kernel, guard }: KernelState): string[] {
  if (guard === null) return [];
  const given = { pid: kernel.pid, limit: formatBytes(guard.limitBytes) };
  switch (guard.phase) {
    case "watching":
      return [t("process {pid}: below its limit of {limit}", given)];
    case "near":
      return [t("process {pid}: near its limit of {limit}", given)];
    case "interrupted":
      return [t("process {pid}: its cell was interrupted at the limit of {limit}", given)];
    case "frozen":
      return [t("process {pid}: frozen at its limit of {limit}", given)];
  }
}

/** Those that ask for the bell; nothing is said where there is none, as nearly everywhere. */
function servers(connected: ReturnType<KernelParts["kernelReport"]>["connected"]): Finding[] {
  const all = connected.filter(({ role }) => role === "server");
  if (all.length === 0) return [];
  const words = all.map(({ kernel, version }) => t("process {0} with {1}", kernel.pid, version));
  return [finding(t("Jupyter servers"), "ok", words.join(", "))];
}

function records(kept: number | null): Finding {
  if (kept === null) return finding(t("Cell records"), "note", t("they cannot be read now"));
  return finding(t("Cell records"), "ok", kept === 1 ? t("1 is kept") : t("{0} are kept", kept));
}

/** How many records the history file has; null when it cannot be read. */
function keptIn(path: string): number | null {
  try {
    const file = openChunkFile(path, "reader");
    try {
      return new CellTable(() => ({ file, leads: false })).count();
    } finally {
      file.close();
    }
  } catch {
    return null;
  }
}
