/** The bell's tooltip in Markdown: what is the matter, the table of levels, what can be done, what Gorgon costs. */
import { t } from "@vscode/l10n";
import type { Verdict } from "../../protocol/bell.ts";
import { formatBytes, formatDuration, formatRatio, formatValue, formatRole } from "../../protocol/format.ts";
import type { Level } from "../../protocol/level.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { COMMANDS, type CommandId } from "../contributions.ts";
import { markdown } from "../escape.ts";
import { concerns, type BellView } from "./face.ts";

/** The commands that the tooltip's links may run. */
const LINKED: readonly string[] = [
  COMMANDS.restartWorker,
  COMMANDS.showMenu,
  COMMANDS.showLog,
  COMMANDS.runDoctor,
  "workbench.action.reloadWindow",
];

/** A tooltip and the commands its links may run; null: it has no links. */
export interface Tooltip {
  readonly markdown: string;
  readonly commands: readonly string[] | null;
}

/** Longer lists end with how many more there are. */
const MOST = 4;

function link(label: string, command: CommandId | "workbench.action.reloadWindow"): string {
  return `[${label}](command:${command})`;
}

/** Level by word, shape and colour. */
function levelCell(level: Level): string {
  switch (level) {
    case "OK":
      return "OK";
    case "UNKNOWN":
      return "UNKNOWN";
    case "WARN":
      return `<span style="color:var(--vscode-editorWarning-foreground);">▲ WARN</span>`;
    case "CRIT":
      return `<span style="color:var(--vscode-errorForeground);">◆ CRIT</span>`;
  }
}

/** The attributes that people know a thing by; the others of the same series only repeat it. */
export const NAMES: readonly string[] = [
  "system.filesystem.mountpoint",
  "network.interface.name",
  "system.device",
  "jupyter.kernel.name",
];

function subject(verdict: Verdict): string {
  // What the rule asked for is in its title; what is left tells which one it is.
  const rest = Object.entries(verdict.attributes).filter(([key]) => verdict.rule.match[key] === undefined);
  const named = NAMES.map((name) => rest.find(([key]) => key === name)).find((one) => one !== undefined);
  const which = (named === undefined ? rest : [named]).map(([, value]) => value);
  return markdown([verdict.rule.title, ...which].join(" "), 60);
}

/** How long; the tooltip is redrawn every ten seconds, so nothing shorter is worth a number. */
function age(milliseconds: number): string {
  return milliseconds < 10_000 ? t("just now") : t("for {0}", markdown(formatDuration(milliseconds)));
}

function value(verdict: Verdict, state: WorkerState): string {
  const text = markdown(formatValue(verdict.value, verdict.unit));
  const { used, limit } = state.glance.memory;
  if (verdict.rule.id !== "memory" || used === null || limit === null) return text;
  return `${text} · ${markdown(t("{0} of {1}", formatBytes(used), formatBytes(limit)))}`;
}

function bullets(items: readonly string[]): string {
  const more = items.length > MOST ? [t("… and {0} more", items.length - MOST)] : [];
  return [...items.slice(0, MOST), ...more].map((item) => `- ${item}`).join("\n");
}

function table(state: WorkerState): string {
  const rows = state.bell.verdicts.map(
    (verdict) => `| ${subject(verdict)} | ${value(verdict, state)} | &nbsp;&nbsp;${levelCell(verdict.level)} |`,
  );
  const { receive, transmit } = state.glance.network;
  const network = `↓ ${formatValue(receive, "By/s")} ↑ ${formatValue(transmit, "By/s")}`;
  return ["| | | |", "|:--|--:|:--|", ...rows, `| ${t("Network")} | ${markdown(network)} | |`].join("\n");
}

function cost(state: WorkerState): string {
  const { cpuRatio, rssBytes } = state.self;
  const { reason } = state.rate;
  const cpu = markdown(formatRatio(cpuRatio));
  const memory = markdown(formatBytes(rssBytes));
  const every = markdown(formatDuration(state.intervalMs));
  return reason === ""
    ? t("Gorgon itself: {cpu} CPU, {memory}, every {every}", { cpu, memory, every })
    : t("Gorgon itself: {cpu} CPU, {memory}, every {every}: {reason}", {
        ...{ cpu, memory, every, reason: markdown(reason) },
      });
}

function history(state: WorkerState): string {
  const { mode, reason, bytes, retentionMs } = state.history;
  const size = markdown(formatBytes(bytes));
  const kept = markdown(formatDuration(retentionMs));
  const said = {
    writing: () => t("History: on disk, {size}, {kept} kept", { size, kept }),
    following: () => t("History: on disk, written by another window, {size}, {kept} kept", { size, kept }),
    memory: () => t("History: in memory only"),
  }[mode]();
  return reason === "" ? said : `${said}. ${markdown(reason)}`;
}

function windows({ role }: WorkerState): string {
  if (role === null) return "";
  const reason = role.reason === "" ? "" : `. ${markdown(role.reason)}`;
  const mark = role.role === "alone" ? "$(warning) " : "";
  return `  \n${t("Windows: {0}", `${mark}${markdown(formatRole(role))}`)}${reason}`;
}

function notes(view: BellView, state: WorkerState): string[] {
  const parts: string[] = [];
  const limit = state.glance.memory.limitedBy;
  if (limit !== "host" && limit !== "") parts.push(t("Memory is limited by {0}", markdown(limit, 80)));
  const silent = state.sensors.filter((sensor) => !sensor.ok);
  if (silent.length > 0) {
    parts.push(
      `${t("Silent sensors:")}\n\n${bullets(silent.map((one) => `${markdown(one.sensor, 40)}: ${markdown(one.reason)}`))}`,
    );
  }
  if (state.problems.length > 0) {
    const lines = state.problems.map((one) => `\`${one.key.replace(/[^\w.-]/g, "")}\`: ${markdown(one.message)}`);
    parts.push(`$(warning) ${t("Settings that were refused:")}\n\n${bullets(lines)}`);
  }
  if (view.muted.length > 0) {
    const names = view.muted.map((id) => state.bell.verdicts.find((one) => one.rule.id === id)?.rule.title ?? id);
    parts.push(`$(bell-slash) ${t("Muted: {0}", markdown(names.join(", ")))}`);
  }
  return parts;
}

/**
 * The whole tooltip. Every text from outside is escaped. Links are there only while the status bar's text stands still:
 * VS Code takes a tooltip with links for a new one at every change of the text and closes the hover under the mouse.
 */
export function tooltipOf(view: BellView): Tooltip {
  const still = standstill(view);
  return still === null ? { markdown: moving(view), commands: null } : { markdown: still, commands: LINKED };
}

/** What is said while there are no numbers; null when there are. */
function standstill(view: BellView): string | null {
  const { worker, state, now } = view;
  if (worker.status === "down") {
    const mend =
      worker.mend === "restart"
        ? link(t("Restart"), COMMANDS.restartWorker)
        : link(t("Reload Window"), "workbench.action.reloadWindow");
    return [
      `**$(warning) ${t("Gorgon is down: nothing is being watched")}**`,
      markdown(worker.reason),
      [mend, link(t("Show Log"), COMMANDS.showLog), link(t("Run Doctor"), COMMANDS.runDoctor)].join(" · "),
    ].join("\n\n");
  }
  if (worker.status === "starting" || state === null) {
    const reason = worker.reason === "" ? t("The first numbers come in a moment.") : markdown(worker.reason);
    const links = [link(t("Show Menu"), COMMANDS.showMenu), link(t("Show Log"), COMMANDS.showLog)].join(" · ");
    return [`**${t("Gorgon is starting")}**`, reason, links].join("\n\n");
  }
  if (view.silentSince !== null) {
    return [
      `**${t("UNKNOWN: the worker does not answer")}**`,
      t(
        "No word for {0}; the last numbers are not believed any more.",
        markdown(formatDuration(now - view.silentSince)),
      ),
      [link(t("Restart"), COMMANDS.restartWorker), link(t("Show Log"), COMMANDS.showLog)].join(" · "),
    ].join("\n\n");
  }
  return null;
}

function moving(view: BellView): string {
  const { state, now } = view;
  if (state === null) return "";
  const { bell } = state;
  const reasons = concerns(bell.verdicts)
    .filter((verdict) => verdict.reason !== "")
    .map((verdict) => `${subject(verdict)}: ${markdown(verdict.reason)}`);
  return [
    `**${markdown(bell.headline)}** · ${levelCell(bell.level)} ${age(now - bell.since)}`,
    ...(reasons.length > 0 ? [bullets(reasons)] : []),
    table(state),
    ...notes(view, state),
    `${cost(state)}  \n${history(state)}${windows(state)}`,
    t("Click for the dashboard; *Gorgon: Show Menu* has the rest."),
  ].join("\n\n");
}
