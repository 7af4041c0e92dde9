/** One notification for each cause that becomes due, in the one window that is to tell; the workers decide what is due, and where. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import type { Alert, NewSilence } from "../../protocol/alert.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { COMMANDS } from "../contributions.ts";
import { notification } from "../escape.ts";
import type { Mutes } from "./mutes.ts";

const HOUR_MS = 3_600_000;

/** What the buttons do. */
export interface AlertActs {
  /** Rejects with the reason in words. */
  acknowledge(alert: string): Promise<void>;
  silence(silence: Pick<NewSilence, "matchers" | "endsAt" | "comment">): Promise<void>;
}

/** What the notifications need. */
export interface NotificationsOptions {
  readonly vs: typeof vscode;
  readonly mutes: Mutes;
  readonly acts: AlertActs;
  readonly now: () => number;
  /** What this window has told by itself, nearer to where it happened: a dead kernel under its cell. */
  readonly isTold?: (alert: Alert) => boolean;
}

/** Watches the states go by. */
export class Notifications {
  readonly #options: NotificationsOptions;
  /** By alert: how many of its notifications there were when it was last seen. */
  #known: ReadonlyMap<string, number> | null = null;

  constructor(options: NotificationsOptions) {
    this.#options = options;
  }

  /** Takes the next state. */
  see(state: WorkerState): void {
    const known = this.#known;
    const workerSince = state.time - state.self.uptimeMs;
    const { alerts } = state.bell;
    this.#known = new Map(alerts.map(({ id, notifications }) => [id, notifications]));
    const groups = new Map<string, Alert[]>();
    for (const alert of alerts) {
      // What a window finds when it opens was told before, unless it came after its worker did: so did what names that as its teller.
      const news = known !== null || state.role !== null || (alert.firingSince ?? 0) >= workerSince;
      const before = known?.get(alert.id) ?? (news ? 0 : alert.notifications);
      if (alert.notifications <= before || alert.status !== "firing") continue;
      if (!tells(state, alert) || !this.#wanted(alert)) continue;
      groups.set(alert.group, [...(groups.get(alert.group) ?? []), alert]);
    }
    for (const group of groups.values()) void this.#notify(group);
  }

  #wanted(alert: Alert): boolean {
    const { vs, mutes, isTold } = this.#options;
    const enabled = vs.workspace.getConfiguration("gorgon").get<unknown>("notifications.enabled");
    return enabled !== false && !mutes.has(alert.rule) && isTold?.(alert) !== true;
  }

  async #notify(alerts: readonly Alert[]): Promise<void> {
    const { vs, acts, mutes } = this.#options;
    // Without trust nothing is acknowledged or silenced from here; a mute is this window's own.
    const show = t("Show Dashboard");
    const acknowledge = t("Acknowledge");
    const quiet = t("Mute...");
    const mute = t("Mute");
    const buttons = vs.workspace.isTrusted ? [show, acknowledge, quiet] : [show, mute];
    const answer = await vs.window.showWarningMessage(textOf(alerts), ...buttons);
    try {
      if (answer === show) await vs.commands.executeCommand(COMMANDS.showDashboard);
      if (answer === acknowledge) for (const { id } of alerts) await acts.acknowledge(id);
      if (answer === mute) for (const rule of rulesOf(alerts)) await mutes.set(rule, true);
      if (answer === quiet) await this.#quiet(alerts);
    } catch (error) {
      const reason = notification(error instanceof Error ? error.message : String(error));
      await vs.window.showErrorMessage(`Gorgon: ${reason}`);
    }
  }

  async #quiet(alerts: readonly Alert[]): Promise<void> {
    const { vs, acts, mutes, now } = this.#options;
    const choices = [
      { label: t("Silence for 1 hour"), description: t("In every window"), hours: 1 },
      { label: t("Silence for 8 hours"), description: t("In every window"), hours: 8 },
      {
        label: t("Mute in this workspace"),
        description: t("Until it is unmuted; the bell still shows it"),
        hours: null,
      },
    ];
    const picked = await vs.window.showQuickPick(choices, { title: t("Gorgon: Mute Notifications") });
    if (picked === undefined) return;
    const { hours } = picked;
    for (const rule of rulesOf(alerts)) {
      if (hours === null) await mutes.set(rule, true);
      else {
        const endsAt = now() + hours * HOUR_MS;
        await acts.silence({ matchers: { rule }, endsAt, comment: t("From a notification") });
      }
    }
  }
}

/** Of several windows of one user the one that was chosen when the notification became due; one without others is it. */
function tells({ role }: WorkerState, { teller }: Alert): boolean {
  return role === null || teller === role.worker;
}

function rulesOf(alerts: readonly Alert[]): readonly string[] {
  return [...new Set(alerts.map(({ rule }) => rule))];
}

function textOf(alerts: readonly Alert[]): string {
  const [first, ...others] = alerts;
  if (first === undefined) return "";
  const { level } = first;
  if (others.length === 0) return `Gorgon ${level}: ${notification(first.message)}`;
  const each = notification(alerts.map(({ message }) => message).join("; "));
  return t("Gorgon {level}: {count} alerts of one cause: {each}", { level, count: alerts.length, each });
}
