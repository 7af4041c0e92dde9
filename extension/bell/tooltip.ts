/** The bell's tooltip in Markdown: what is the matter, the table of levels, what can be done, what Gorgon costs. */
import type { Verdict } from "../../protocol/bell.ts";
import { formatBytes, formatDuration, formatRatio, formatRole, formatValue } from "../../protocol/format.ts";
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
export const NAMES: readonly string[] = ["system.filesystem.mountpoint", "network.interface.name", "system.device"];

function subject(verdict: Verdict): string {
  // What the rule asked for is in its title; what is left tells which one it is.
  const rest = Object.entries(verdict.attributes).filter(([key]) => verdict.rule.match[key] === undefined);
  const named = NAMES.map((name) => rest.find(([key]) => key === name)).find((one) => one !== undefined);
  const which = (named === undefined ? rest : [named]).map(([, value]) => value);
  return markdown([verdict.rule.title, ...which].join(" "), 60);
}

/** How long; the tooltip is redrawn every ten seconds, so nothing shorter is worth a number. */
function age(milliseconds: number): string {
  return milliseconds < 10_000 ? "just now" : `for ${markdown(formatDuration(milliseconds))}`;
}

function value(verdict: Verdict, state: WorkerState): string {
  const text = markdown(formatValue(verdict.value, verdict.unit));
  const { used, limit } = state.glance.memory;
  if (verdict.rule.id !== "memory" || used === null || limit === null) return text;
  return `${text} · ${markdown(`${formatBytes(used)} of ${formatBytes(limit)}`)}`;
}

function bullets(items: readonly string[]): string {
  const more = items.length > MOST ? [`… and ${items.length - MOST} more`] : [];
  return [...items.slice(0, MOST), ...more].map((item) => `- ${item}`).join("\n");
}

function table(state: WorkerState): string {
  const rows = state.bell.verdicts.map(
    (verdict) => `| ${subject(verdict)} | ${value(verdict, state)} | &nbsp;&nbsp;${levelCell(verdict.level)} |`,
  );
  const { receive, transmit } = state.glance.network;
  const network = `↓ ${formatValue(receive, "By/s")} ↑ ${formatValue(transmit, "By/s")}`;
  return ["| | | |", "|:--|--:|:--|", ...rows, `| Network | ${markdown(network)} | |`].join("\n");
}

function cost(state: WorkerState): string {
  const { cpuRatio, rssBytes } = state.self;
  const { reason } = state.rate;
  const rate = `every ${formatDuration(state.intervalMs)}${reason === "" ? "" : `: ${reason}`}`;
  return `Gorgon itself: ${markdown(formatRatio(cpuRatio))} CPU, ${markdown(formatBytes(rssBytes))}, ${markdown(rate)}`;
}

function history(state: WorkerState): string {
  const { mode, reason, bytes, retentionMs } = state.history;
  const kept = { writing: "on disk", following: "on disk, written by another window", memory: "in memory only" }[mode];
  const detail = mode === "memory" ? "" : `, ${markdown(`${formatBytes(bytes)}, ${formatDuration(retentionMs)} kept`)}`;
  return `History: ${kept}${detail}${reason === "" ? "" : `. ${markdown(reason)}`}`;
}

function windows({ role }: WorkerState): string {
  if (role === null) return "";
  const reason = role.reason === "" ? "" : `. ${markdown(role.reason)}`;
  return `  \nWindows: ${role.role === "alone" ? "$(warning) " : ""}${markdown(formatRole(role))}${reason}`;
}

function notes(view: BellView, state: WorkerState): string[] {
  const parts: string[] = [];
  const limit = state.glance.memory.limitedBy;
  if (limit !== "host" && limit !== "") parts.push(`Memory is limited by ${markdown(limit, 80)}`);
  const silent = state.sensors.filter((sensor) => !sensor.ok);
  if (silent.length > 0) {
    parts.push(
      `Silent sensors:\n\n${bullets(silent.map((one) => `${markdown(one.sensor, 40)}: ${markdown(one.reason)}`))}`,
    );
  }
  if (state.problems.length > 0) {
    const lines = state.problems.map((one) => `\`${one.key.replace(/[^\w.-]/g, "")}\`: ${markdown(one.message)}`);
    parts.push(`$(warning) Settings that were refused:\n\n${bullets(lines)}`);
  }
  if (view.muted.length > 0) {
    const names = view.muted.map((id) => state.bell.verdicts.find((one) => one.rule.id === id)?.rule.title ?? id);
    parts.push(`$(bell-slash) Muted: ${markdown(names.join(", "))}`);
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
        ? link("Restart", COMMANDS.restartWorker)
        : link("Reload Window", "workbench.action.reloadWindow");
    return [
      "**$(warning) Gorgon is down: nothing is being watched**",
      markdown(worker.reason),
      [mend, link("Show Log", COMMANDS.showLog), link("Run Doctor", COMMANDS.runDoctor)].join(" · "),
    ].join("\n\n");
  }
  if (worker.status === "starting" || state === null) {
    const reason = worker.reason === "" ? "The first numbers come in a moment." : markdown(worker.reason);
    const links = [link("Show Menu", COMMANDS.showMenu), link("Show Log", COMMANDS.showLog)].join(" · ");
    return ["**Gorgon is starting**", reason, links].join("\n\n");
  }
  if (view.silentSince !== null) {
    return [
      "**UNKNOWN: the worker does not answer**",
      `No word for ${markdown(formatDuration(now - view.silentSince))}; the last numbers are not believed any more.`,
      [link("Restart", COMMANDS.restartWorker), link("Show Log", COMMANDS.showLog)].join(" · "),
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
    "Click for the dashboard; *Gorgon: Show Menu* has the rest.",
  ].join("\n\n");
}
