/** What a user does with alerts: acknowledge, silence, and take both back. */
import { userInfo } from "node:os";
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import type { Alert } from "../../protocol/alert.ts";
import { formatDuration } from "../../protocol/format.ts";
import { acknowledgeAlert, addSilence, endSilence } from "../../protocol/messages/worker.ts";
import type { BellState } from "../../protocol/bell.ts";
import { plain } from "../escape.ts";
import type { Timers } from "../timers.ts";
import type { LatestState } from "../worker/latest.ts";
import type { Worker } from "../worker/worker.ts";
import { alertElement, silenceElement } from "./bell.ts";
import { dotted, titleOf } from "./words.ts";
import { moment } from "../../protocol/moment.ts";

const HOUR_MS = 3_600_000;
/** "Until tomorrow" ends when people come back to work, local time. */
const MORNING_HOUR = 8;
const UNITS: Readonly<Record<string, number>> = { m: 60_000, min: 60_000, h: HOUR_MS, d: 24 * HOUR_MS };
const LONGEST_MS = 30 * 24 * HOUR_MS;

/** What the actions work on. */
export interface AlertTargets {
  readonly vs: typeof vscode;
  readonly worker: Worker;
  readonly latest: LatestState;
  readonly timers: Timers;
  /** The user's name, for those who read later who it was. */
  readonly author: string;
}

/** The name by which the system knows the user. */
export function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return t("user"); // In some containers the user has no entry.
  }
}

/** `30m`, `2h`, `1.5 d` in milliseconds; null for anything else, and for more than 30 days. */
export function parseDuration(text: string): number | null {
  const found = /^\s*(\d{1,4}(?:\.\d{1,2})?)\s*(m|min|h|d)\s*$/.exec(text);
  const milliseconds = Number(found?.[1]) * (UNITS[found?.[2] ?? ""] ?? NaN);
  return milliseconds > 0 && milliseconds <= LONGEST_MS ? milliseconds : null;
}

/** The next morning, local time. */
export function tomorrow(now: number): number {
  const date = new Date(now);
  date.setDate(date.getDate() + 1);
  date.setHours(MORNING_HOUR, 0, 0, 0);
  return date.getTime();
}

/** Throws, in words, where the workspace is not trusted: the worker would refuse it as well. */
export function mustBeTrusted(vs: typeof vscode): void {
  if (vs.workspace.isTrusted) return;
  throw new Error(
    t('this workspace is not trusted, so nothing is done from here. Use "Workspaces: Manage Workspace Trust".'),
  );
}

/** The alert that was clicked, or else the one that the user picks; undefined when there is none or none was picked. */
async function chosen(
  { vs, latest }: AlertTargets,
  element: unknown,
  wanted: (alert: Alert) => boolean,
  words: { readonly title: string; readonly none: string },
): Promise<Alert | undefined> {
  const alerts = (latest.now?.bell.alerts ?? []).filter((one) => one.status !== "resolved");
  const clicked = alerts.find((one) => alertElement(one.id) === element);
  if (clicked !== undefined) return clicked;
  if (typeof element === "string") throw new Error(t("this alert is over."));
  const items = alerts.filter(wanted).map((alert) => ({
    label: titleOf(alert),
    description: alert.level,
    detail: plain(alert.message),
    alert,
  }));
  if (items.length === 0) {
    await vs.window.showInformationMessage(words.none);
    return undefined;
  }
  return (await vs.window.showQuickPick(items, { title: words.title }))?.alert;
}

/** Says that the user has seen an alert; `undo` takes that back. */
export async function acknowledge(targets: AlertTargets, element: unknown, undo: boolean): Promise<void> {
  mustBeTrusted(targets.vs);
  const alert = await chosen(
    targets,
    element,
    (one) => one.status === "firing" && (one.acknowledged !== null) === undo,
    undo
      ? { title: t("Gorgon: Unacknowledge Alert"), none: t("Gorgon: no alert is acknowledged.") }
      : { title: t("Gorgon: Acknowledge Alert"), none: t("Gorgon: no alert waits to be acknowledged.") },
  );
  if (alert === undefined) return;
  await targets.worker.send(acknowledgeAlert, { alert: alert.id, by: targets.author, note: "", undo });
}

/** Keeps an alert quiet for a time that the user picks. */
export async function silence(targets: AlertTargets, element: unknown): Promise<void> {
  const { vs, worker, timers, author } = targets;
  mustBeTrusted(vs);
  const alert = await chosen(targets, element, (one) => one.silencedBy === null, {
    title: t("Gorgon: Silence Alert"),
    none: t("Gorgon: there is no alert to silence."),
  });
  if (alert === undefined) return;
  const startsAt = timers.now();
  const endsAt = await pickEnd(vs, titleOf(alert), startsAt);
  if (endsAt === undefined) return;
  const comment = await vs.window.showInputBox({
    title: t("Silence {0} until {1}", titleOf(alert), moment(endsAt)),
    prompt: t("Why? Optional; shown with the silence."),
  });
  if (comment === undefined) return;
  // The rule and its series: others of the same rule go on ringing.
  const matchers = { ...alert.labels, rule: alert.rule };
  await worker.send(addSilence, { silence: { matchers, startsAt, endsAt, author, comment: plain(comment) } });
}

async function pickEnd(vs: typeof vscode, title: string, now: number): Promise<number | undefined> {
  const items: (vscode.QuickPickItem & { readonly endsAt: number | null })[] = [
    ...[HOUR_MS, 4 * HOUR_MS].map((length) => ({
      label: t("For {0}", formatDuration(length)),
      description: moment(now + length),
      endsAt: now + length,
    })),
    { label: t("Until tomorrow"), description: moment(tomorrow(now)), endsAt: tomorrow(now) },
    { label: t("Custom…"), description: t("e.g. 30m, 2h, 3d"), endsAt: null },
  ];
  const picked = await vs.window.showQuickPick(items, { title: t("Silence {0}", title) });
  if (picked === undefined) return undefined;
  if (picked.endsAt !== null) return picked.endsAt;
  const text = await vs.window.showInputBox({
    title: t("Silence {0}", title),
    prompt: t("For how long? Minutes, hours or days, up to 30 days."),
    placeHolder: "2h",
    validateInput: (value) =>
      parseDuration(value) === null ? t("Write a number with m, h or d, like 30m or 2h.") : null,
  });
  const length = text === undefined ? null : parseDuration(text);
  return length === null ? undefined : now + length;
}

/** Ends the silence that was clicked, that of the alert that was clicked, or the one that the user picks. */
export async function unsilence(targets: AlertTargets, element: unknown): Promise<void> {
  mustBeTrusted(targets.vs);
  const bell = targets.latest.now?.bell;
  const id = bell === undefined ? undefined : (silenceOf(bell, element) ?? (await pickSilence(targets, bell, element)));
  if (id !== undefined) await targets.worker.send(endSilence, { id });
}

function silenceOf(bell: BellState, element: unknown): string | undefined {
  const alert = bell.alerts.find((one) => alertElement(one.id) === element);
  return alert?.silencedBy ?? bell.silences.find((one) => silenceElement(one.id) === element)?.id;
}

async function pickSilence({ vs }: AlertTargets, bell: BellState, element: unknown): Promise<string | undefined> {
  if (typeof element === "string") throw new Error(t("this silence is over."));
  const items = bell.silences.map((one) => ({
    label: plain(Object.values(one.matchers).join(" "), 80),
    description: t("until {0}", moment(one.endsAt)),
    detail: dotted(plain(one.author, 40), plain(one.comment)),
    id: one.id,
  }));
  if (items.length === 0) {
    await vs.window.showInformationMessage(t("Gorgon: nothing is silenced."));
    return undefined;
  }
  return (await vs.window.showQuickPick(items, { title: t("Gorgon: End Silence") }))?.id;
}
