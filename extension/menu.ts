/** The menu of the bell: what is most wanted now, in a quick pick. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import type { Alert } from "../protocol/alert.ts";
import { LEVELS } from "../protocol/level.ts";
import { plain, statusText } from "./escape.ts";
import type { Mutes } from "./bell/mutes.ts";
import { COMMANDS, VIEWS, type CommandId } from "./contributions.ts";
import type { Timers } from "./timers.ts";
import { alertElement } from "./views/bell.ts";
import { standing, titleOf } from "./views/words.ts";
import type { LatestState } from "./worker/latest.ts";
import type { Worker } from "./worker/worker.ts";

/** What the menu is made from. */
export interface MenuTargets {
  readonly worker: Pick<Worker, "status">;
  readonly latest: Pick<LatestState, "now" | "silentSince">;
  readonly mutes: Pick<Mutes, "list">;
  readonly timers: Pick<Timers, "now">;
}

/** One line of the menu, with what it runs. */
export interface MenuItem extends vscode.QuickPickItem {
  readonly run?: { readonly command: CommandId | `${string}.focus`; readonly argument?: string };
}

/** How things stand, for the menu's title. */
function titleNow({ worker, latest, timers }: MenuTargets): string {
  if (worker.status.status === "down") return t("Gorgon is down: nothing is being watched");
  if (latest.silentSince !== null) return t("Gorgon: UNKNOWN, the worker does not answer");
  if (latest.now === null) return t("Gorgon is starting");
  const { level, since, headline } = latest.now.bell;
  return `Gorgon: ${level} ${standing(timers.now() - since)}. ${plain(headline, 80)}`;
}

/** The alert that somebody should look at first: the worst that nobody has seen, the newest of equals. */
export function mostUrgent(alerts: readonly Alert[]): Alert | undefined {
  return alerts
    .filter((one) => one.status === "firing" && one.acknowledged === null && one.silencedBy === null)
    .toSorted((a, b) => LEVELS.indexOf(b.level) - LEVELS.indexOf(a.level) || b.changedAt - a.changedAt)[0];
}

/** The lines of the menu: first what mends, then what can be done, then where to look. */
export function menuItems(vs: typeof vscode, targets: MenuTargets): readonly MenuItem[] {
  const { worker, latest, mutes } = targets;
  const running = worker.status.status === "running" && latest.silentSince === null;
  const separator = (label: string): MenuItem => ({ label, kind: vs.QuickPickItemKind.Separator });
  const item = (
    label: string,
    command: CommandId | `${string}.focus`,
    description = "",
    argument?: string,
  ): MenuItem => ({
    label,
    description,
    run: argument === undefined ? { command } : { command, argument },
  });
  const restart = item(`$(debug-restart) ${t("Restart Worker")}`, COMMANDS.restartWorker);
  const alert = running ? mostUrgent(latest.now?.bell.alerts ?? []) : undefined;
  const silenced = (latest.now?.bell.silences ?? []).length > 0;
  const about = alert === undefined ? [] : alertItems(vs, alert, separator, item);
  return [
    ...(running ? [] : [restart]),
    ...about,
    separator(t("Look")),
    item(`$(gorgon-bell) ${t("Show Dashboard")}`, COMMANDS.showDashboard),
    item(`$(list-tree) ${t("Show Alerts and Silences")}`, `${VIEWS.bell}.focus`),
    item(`$(pulse) ${t("Show Sensors")}`, `${VIEWS.sensors}.focus`),
    item(`$(server-process) ${t("Show Processes")}`, `${VIEWS.processes}.focus`),
    separator(t("Do")),
    ...(running ? [item(`$(refresh) ${t("Poll Now")}`, COMMANDS.pollNow)] : []),
    item(`$(checklist) ${t("Run Doctor")}`, COMMANDS.runDoctor),
    item(`$(mute) ${t("Mute Notifications…")}`, COMMANDS.mute),
    ...(mutes.list().length > 0 ? [item(`$(unmute) ${t("Unmute Notifications…")}`, COMMANDS.unmute)] : []),
    ...(silenced && vs.workspace.isTrusted ? [item(`$(bell) ${t("End Silence…")}`, COMMANDS.unsilence)] : []),
    separator("Gorgon"),
    item(`$(gear) ${t("Open Settings")}`, COMMANDS.openSettings),
    item(`$(output) ${t("Show Log")}`, COMMANDS.showLog),
    ...(running ? [restart] : []),
  ];
}

function alertItems(
  vs: typeof vscode,
  alert: Alert,
  separator: (label: string) => MenuItem,
  item: (label: string, command: CommandId, description?: string, argument?: string) => MenuItem,
): readonly MenuItem[] {
  const name = statusText(titleOf(alert), 60);
  const element = alertElement(alert.id);
  const acts = [
    item(`$(check) ${t("Acknowledge")}`, COMMANDS.acknowledge, name, element),
    item(`$(bell-slash) ${t("Silence…")}`, COMMANDS.silence, name, element),
  ];
  return [
    separator(`${alert.level}: ${name}`),
    ...(vs.workspace.isTrusted ? acts : []),
    item(`$(graph-line) ${t("Show Alerts")}`, COMMANDS.showAlerts, name),
  ];
}

/** Shows the menu, and runs what was picked. */
export async function showMenu(vs: typeof vscode, targets: MenuTargets): Promise<void> {
  const picked = await vs.window.showQuickPick(menuItems(vs, targets), {
    title: titleNow(targets),
    placeHolder: t("What do you want to do?"),
    matchOnDescription: true,
  });
  if (picked?.run === undefined) return;
  const { command, argument } = picked.run;
  await vs.commands.executeCommand(command, ...(argument === undefined ? [] : [argument]));
}
