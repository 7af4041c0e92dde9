/** The extension's table of contents: what there is, in the order in which it is put together. */
import { hostname } from "node:os";
import { config } from "@vscode/l10n";
import * as vscode from "vscode";
import type { Alert } from "../protocol/alert.ts";
import type { WorkerState } from "../protocol/state.ts";
import { alertActs } from "./bell/acts.ts";
import { Mutes } from "./bell/mutes.ts";
import { Notifications } from "./bell/notifications.ts";
import { StatusBell } from "./bell/status.ts";
import { registerCommands } from "./commands.ts";
import { DASHBOARD_VIEW } from "./contributions.ts";
import { Dashboard } from "./dashboard/dashboard.ts";
import { Pins } from "./dashboard/pins.ts";
import { Doctor, DOCTOR_SCHEME } from "./doctor.ts";
import { NotebookLoader } from "./notebook/load.ts";
import { realTimers } from "./timers.ts";
import { Views } from "./views/views.ts";
import { AttentionTeller } from "./worker/attention.ts";
import { LatestState } from "./worker/latest.ts";
import { connectLazily } from "./worker/load.ts";
import { tellOutages } from "./worker/outage.ts";
import { ProblemTeller } from "./worker/problems.ts";
import { readLaunchOptions } from "./worker/settings.ts";
import { WorkerSync } from "./worker/sync.ts";
import { Worker, type WorkerStatus } from "./worker/worker.ts";

/** What other extensions, and the tests inside VS Code, may see. */
export interface GorgonApi {
  /** Milliseconds that `activate` took. */
  readonly activationMs: number;
  worker(): WorkerStatus;
  /** What is so now; null while the worker starts or is down. */
  state(): WorkerState | null;
}

/** Kept for `deactivate` alone: VS Code waits for that function's promise, not for a disposable's. */
let running: { readonly worker: Worker; readonly notebooks: NotebookLoader } | undefined;

/** Called once by VS Code. Returns before the worker starts: nothing here may take time. */
export function activate(context: vscode.ExtensionContext): GorgonApi {
  const began = performance.now();
  // Before anything speaks.
  config({ contents: vscode.l10n.bundle ?? {} });
  const timers = realTimers;
  const { id } = context.extension;
  const { version } = context.extension.packageJSON as { version: string };

  const channel = vscode.window.createOutputChannel("Gorgon", { log: true });
  const launchOptions = () => readLaunchOptions(vscode, channel, version);
  const worker = new Worker({ connect: connectLazily, launchOptions, channel, timers });
  const latest = new LatestState(worker, timers);
  const mutes = new Mutes(context.workspaceState);

  const bell = new StatusBell(vscode);
  const draw = () => {
    const { now: state, silentSince } = latest;
    bell.draw({ worker: worker.status, state, silentSince, muted: mutes.list(), now: timers.now() });
  };
  const now = () => timers.now();
  const problems = new ProblemTeller(vscode);
  const onProblems = problems.tell.bind(problems);
  const sync = new WorkerSync({ vs: vscode, worker, channel, timers, onProblems });

  const log = channel.debug.bind(channel);
  const pins = new Pins(context.globalState);
  const dashboard = new Dashboard(vscode, context.extensionUri, { worker, latest, mutes, pins, timers, log });
  const attention = new AttentionTeller({ vs: vscode, worker, dashboard, timers });
  const doctor = new Doctor(vscode, worker, version);
  const views = new Views({ vs: vscode, worker, latest, timers, memory: context.globalState, log });
  const notebooks = new NotebookLoader({
    ...{ vs: vscode, worker, timers, memory: context.workspaceState, extensionUri: context.extensionUri, log },
    ...{ hostPid: process.pid, hostName: hostname(), words: vscode.l10n.bundle ?? {} },
  });
  const isTold = (alert: Alert) => notebooks.isTold(alert);
  const notifications = new Notifications({ vs: vscode, mutes, acts: alertActs(worker, now), now, isTold });

  context.subscriptions.push(
    channel,
    ...[worker, latest, mutes, pins, bell, sync, attention, dashboard, doctor, views, notebooks],
    latest.onChange.on(draw),
    latest.onChange.on(() => {
      if (latest.now === null || latest.silentSince !== null) return;
      notifications.see(latest.now);
      onProblems(latest.now.problems);
    }),
    mutes.onChange.on(draw),
    tellOutages(vscode, worker),
    vscode.window.registerWebviewPanelSerializer(DASHBOARD_VIEW, dashboard),
    vscode.workspace.registerTextDocumentContentProvider(DOCTOR_SCHEME, doctor),
    // Last in, first out: no command runs on parts that are gone.
    ...registerCommands(vscode, {
      ...{ worker, latest, dashboard, doctor, mutes, views, notebooks, timers, channel, extensionId: id },
    }),
  );

  draw();
  running = { worker, notebooks };
  setImmediate(() => {
    notebooks.start();
    void worker.start();
  });
  const activationMs = performance.now() - began;
  return { activationMs, worker: () => worker.status, state: () => latest.now };
}

/** Called by VS Code when the window closes or the extension goes. */
export async function deactivate(): Promise<void> {
  await Promise.all([running?.worker.stop(), running?.notebooks.flush()]);
  running = undefined;
}
