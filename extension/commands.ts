/** The commands of the palette. A command that fails says so in words. */
import type * as vscode from "vscode";
import { pickMutes, pickUnmutes } from "./bell/muting.ts";
import type { Mutes } from "./bell/mutes.ts";
import { COMMANDS, type CommandId } from "./contributions.ts";
import type { Dashboard } from "./dashboard/dashboard.ts";
import type { Doctor } from "./doctor.ts";
import { notification } from "./escape.ts";
import type { LatestState } from "./worker/latest.ts";
import type { Worker } from "./worker/worker.ts";

/** What the commands work on. */
export interface CommandTargets {
  readonly worker: Worker;
  readonly latest: LatestState;
  readonly dashboard: Dashboard;
  readonly doctor: Doctor;
  readonly mutes: Mutes;
  readonly channel: vscode.LogOutputChannel;
  readonly extensionId: string;
}

/** Registers every command of `COMMANDS`. */
export function registerCommands(vs: typeof vscode, targets: CommandTargets): vscode.Disposable[] {
  const { worker, latest, dashboard, doctor, mutes, channel, extensionId } = targets;
  const handlers: Readonly<Record<CommandId, () => unknown>> = {
    [COMMANDS.showDashboard]: () => dashboard.show(),
    [COMMANDS.pollNow]: async () => {
      await vs.window.withProgress({ location: vs.ProgressLocation.Window, title: "Gorgon: polling" }, () =>
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
  return Object.entries(handlers).map(([id, handler]) =>
    vs.commands.registerCommand(id, async () => {
      try {
        await handler();
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        channel.error(`${id}: ${reason}`);
        void vs.window.showWarningMessage(notification(`Gorgon: ${reason}`));
      }
    }),
  );
}
