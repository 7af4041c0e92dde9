/** The commands of the palette. A command that fails says so in words. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import { pickMutes, pickUnmutes } from "./bell/muting.ts";
import type { Mutes } from "./bell/mutes.ts";
import { showMenu } from "./menu.ts";
import type { Timers } from "./timers.ts";
import { acknowledge, silence, unsilence, userName } from "./views/alert-actions.ts";
import { terminate, watchProcess } from "./views/process-actions.ts";
import { switchSensor } from "./views/sensor-switch.ts";
import type { Views } from "./views/views.ts";
import { COMMANDS, type CommandId } from "./contributions.ts";
import type { Dashboard } from "./dashboard/dashboard.ts";
import type { Doctor } from "./doctor.ts";
import { notification } from "./escape.ts";
import type { NotebookLoader } from "./notebook/load.ts";
import { NOTEBOOK_COMMANDS, type NotebookCommand } from "./notebook/names.ts";
import type { LatestState } from "./worker/latest.ts";
import type { Worker } from "./worker/worker.ts";

/** What the commands work on. */
export interface CommandTargets {
  readonly worker: Worker;
  readonly latest: LatestState;
  readonly dashboard: Dashboard;
  readonly doctor: Doctor;
  readonly mutes: Mutes;
  readonly views: Pick<Views, "sortBy">;
  readonly notebooks: Pick<NotebookLoader, "run">;
  readonly timers: Timers;
  readonly channel: vscode.LogOutputChannel;
  readonly extensionId: string;
}

/** Registers every command of `COMMANDS`. */
export function registerCommands(vs: typeof vscode, targets: CommandTargets): vscode.Disposable[] {
  const { worker, latest, dashboard, doctor, mutes, views, notebooks, timers, channel, extensionId } = targets;
  const alerts = { vs, worker, latest, timers, author: userName() };
  const processes = { vs, worker, latest };
  const sensors = { vs, latest };
  /** A command in a view's menu gets the element that it was used on; one in the palette gets nothing. */
  const handlers: Readonly<Record<Exclude<CommandId, NotebookCommand>, (element?: unknown) => unknown>> = {
    [COMMANDS.showDashboard]: () => dashboard.show(),
    [COMMANDS.showMenu]: () => showMenu(vs, { worker, latest, mutes, timers }),
    [COMMANDS.showAlerts]: () => dashboard.show("alerts"),
    [COMMANDS.acknowledge]: (element) => acknowledge(alerts, element, false),
    [COMMANDS.unacknowledge]: (element) => acknowledge(alerts, element, true),
    [COMMANDS.silence]: (element) => silence(alerts, element),
    [COMMANDS.unsilence]: (element) => unsilence(alerts, element),
    [COMMANDS.disableSensor]: (element) => switchSensor(sensors, element, false),
    [COMMANDS.enableSensor]: (element) => switchSensor(sensors, element, true),
    [COMMANDS.watchProcess]: (element) => watchProcess(processes, element),
    [COMMANDS.terminateProcess]: (element) => terminate(processes, element),
    [COMMANDS.sortByCpu]: () => views.sortBy("cpu"),
    [COMMANDS.sortByMemory]: () => views.sortBy("memory"),
    [COMMANDS.sortByIo]: () => views.sortBy("io"),
    [COMMANDS.pollNow]: async () => {
      await vs.window.withProgress({ location: vs.ProgressLocation.Window, title: t("Gorgon: polling") }, () =>
        latest.poll(),
      );
    },
    [COMMANDS.restartWorker]: () => worker.restart(),
    [COMMANDS.showLog]: () => channel.show(true),
    [COMMANDS.runDoctor]: () => doctor.run(),
    [COMMANDS.openSettings]: () => {
      const query = `@ext:${extensionId}`;
      // Settings of a machine stand on the remote's own tab; the user's tab would say that there are none.
      return vs.env.remoteName === undefined
        ? vs.commands.executeCommand("workbench.action.openSettings", query)
        : vs.commands.executeCommand("workbench.action.openRemoteSettings", { query });
    },
    [COMMANDS.mute]: () => pickMutes(vs, mutes, latest.last),
    [COMMANDS.unmute]: () => pickUnmutes(vs, mutes, latest.last),
  };
  const register = (id: string, run: (...args: readonly unknown[]) => unknown): vscode.Disposable =>
    vs.commands.registerCommand(id, async (...args: readonly unknown[]) => {
      try {
        await run(...args);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        channel.error(`${id}: ${reason}`);
        void vs.window.showWarningMessage(notification(`Gorgon: ${reason}`));
      }
    });
  return [
    ...Object.entries(handlers).map(([id, handler]) => register(id, (element) => handler(element))),
    // Under a cell a command gets the cell's name and what was clicked.
    ...Object.values(NOTEBOOK_COMMANDS).map((id) => register(id, (...args) => notebooks.run(id, args))),
  ];
}
