/** What the dashboard's buttons say and want. */
import { t } from "@vscode/l10n";
import type { Alert, Silence } from "../protocol/alert.ts";
import type { FromDashboard, PageCommand, Tab } from "../protocol/messages/webview.ts";

/** What a press wants: a message to whoever feeds the page, or something that the page does itself. */
export type Wish =
  | FromDashboard
  | { readonly type: "tab"; readonly tab: Tab }
  | { readonly type: "acknowledge"; readonly alert: string; readonly undo: boolean }
  /** Opens the form that silences this alert. */
  | { readonly type: "silence"; readonly alert: string }
  | { readonly type: "endSilence"; readonly id: string };

/** Does what a press wants; a button rests until the promise settles. Never rejects. */
export type Act = (wish: Wish) => void | Promise<void>;

/** A button: what it says and what it wants. */
export interface Action {
  readonly id: string;
  readonly label: string;
  /** A sentence for the tooltip, where the label alone would not say enough. */
  readonly title: string;
  readonly primary: boolean;
  /** A codicon that stands for the label where there is little room. */
  readonly icon?: string;
  /** It cannot be pressed now; the title says why. */
  readonly disabled?: boolean;
  readonly message: Wish;
}

function command(name: PageCommand, label: string, title: string): Action {
  return { id: name, label, title, primary: name === "restart", message: { type: "command", command: name } };
}

export const restartAction = (): Action => command("restart", t("Restart"), t("Restart Gorgon's worker"));
export const logAction = (): Action => command("log", t("Show Log"), t("Show what the worker logged"));
export const doctorAction = (): Action =>
  command("doctor", t("Run Doctor"), t("See what was found, what is missing and how to mend it"));
export const settingsAction = (): Action => command("settings", t("Open Settings"), t("Open Gorgon's settings"));
export const trustAction = (): Action =>
  command("trust", t("Manage Trust"), t("Decide whether this workspace is trusted"));

/** Leads to the alerts. */
export function showAlertsAction(): Action {
  return {
    id: "alerts",
    label: t("Show Alerts"),
    title: t("Every open alert, silences and what happened before"),
    primary: false,
    message: { type: "tab", tab: "alerts" },
  };
}

/** Why alerts can be seen and not changed. */
export function notTrusted(): string {
  return t("This workspace is not trusted: its alerts can be seen here, but not acknowledged or silenced.");
}

/** Mutes a rule's notifications, or lifts the mute. */
export function muteAction(rule: { readonly id: string; readonly title: string }, muted: boolean): Action {
  return {
    id: `mute ${rule.id}`,
    label: muted ? t("Unmute") : t("Mute"),
    title: muted ? t("Notify about {0} again", rule.title) : t("No notifications about {0} in this window", rule.title),
    primary: false,
    message: { type: "mute", rule: rule.id, muted: !muted },
  };
}

/** Takes the title of an action that may not be used now. */
function allowed(action: Action, mayAct: boolean): Action {
  return mayAct ? action : { ...action, title: notTrusted(), disabled: true };
}

/** Says that somebody has seen an alert, or takes that back. */
export function acknowledgeAction(alert: Pick<Alert, "id" | "acknowledged">, name: string, mayAct: boolean): Action {
  const undo = alert.acknowledged !== null;
  const action: Action = {
    id: "acknowledge",
    icon: undo ? "discard" : "check",
    label: undo ? t("Take Back") : t("Acknowledge"),
    title: undo
      ? t("Say that nobody looks after {0}", name)
      : t("Say that you look after {0}: no more notifications about it", name),
    primary: false,
    message: { type: "acknowledge", alert: alert.id, undo },
  };
  return allowed(action, mayAct);
}

/** Opens the form that keeps an alert quiet for a time. */
export function silenceAction(alert: Pick<Alert, "id">, name: string, mayAct: boolean): Action {
  const action: Action = {
    id: "silence",
    icon: "bell-slash",
    label: t("Silence…"),
    title: t("Keep {0} quiet for a time, and others like it if you want", name),
    primary: false,
    message: { type: "silence", alert: alert.id },
  };
  return allowed(action, mayAct);
}

/** Ends a silence now. */
export function endSilenceAction(silence: Pick<Silence, "id">, mayAct: boolean): Action {
  const action: Action = {
    id: `end ${silence.id}`,
    label: t("End Now"),
    title: t("Notify again about what this silence covers"),
    primary: false,
    message: { type: "endSilence", id: silence.id },
  };
  return allowed(action, mayAct);
}
