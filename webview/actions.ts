/** What the dashboard's buttons say and send. */
import type { FromDashboard } from "../protocol/messages/webview.ts";

/** A button: what it says and what it sends. */
export interface Action {
  readonly id: string;
  readonly label: string;
  /** A sentence for the tooltip, where the label alone would not say enough. */
  readonly title: string;
  readonly primary: boolean;
  readonly message: FromDashboard;
}

function command(name: "restart" | "settings" | "doctor" | "log", label: string, title: string): Action {
  return { id: name, label, title, primary: name === "restart", message: { type: "command", command: name } };
}

export const RESTART = command("restart", "Restart", "Restart Gorgon's worker");
export const LOG = command("log", "Show Log", "Show what the worker logged");
export const DOCTOR = command("doctor", "Run Doctor", "See what was found, what is missing and how to mend it");
export const SETTINGS = command("settings", "Open Settings", "Open Gorgon's settings");

/** Mutes a rule's notifications, or lifts the mute. */
export function muteAction(rule: { readonly id: string; readonly title: string }, muted: boolean): Action {
  return {
    id: `mute ${rule.id}`,
    label: muted ? "Unmute" : "Mute",
    title: muted ? `Notify about ${rule.title} again` : `No notifications about ${rule.title} in this window`,
    primary: false,
    message: { type: "mute", rule: rule.id, muted: !muted },
  };
}
