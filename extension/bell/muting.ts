/** The two commands that mute and unmute notifications by rule. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import type { WorkerState } from "../../protocol/state.ts";
import { plain } from "../escape.ts";
import type { Mutes } from "./mutes.ts";

interface RuleItem extends vscode.QuickPickItem {
  readonly rule: string;
}

/** Asks which rules to mute; says so when there is nothing to mute. */
export async function pickMutes(vs: typeof vscode, mutes: Mutes, state: WorkerState | null): Promise<void> {
  const items: RuleItem[] = (state?.bell.verdicts ?? [])
    .filter(({ rule }) => !mutes.has(rule.id))
    .map(({ rule, level }) => ({ rule: rule.id, label: plain(rule.title), description: level }));
  if (items.length === 0) {
    await vs.window.showInformationMessage(
      state === null
        ? t("Gorgon: nothing to mute, the rules are not known yet.")
        : t("Gorgon: nothing to mute, every rule is muted already."),
    );
    return;
  }
  const picked = await vs.window.showQuickPick(items, {
    canPickMany: true,
    title: t("Gorgon: Mute Notifications"),
    placeHolder: t("Rules whose notifications to mute in this workspace; the bell still shows them"),
  });
  for (const item of picked ?? []) await mutes.set(item.rule, true);
}

/** Asks which mutes to lift. */
export async function pickUnmutes(vs: typeof vscode, mutes: Mutes, state: WorkerState | null): Promise<void> {
  const items: RuleItem[] = mutes.list().map((rule) => {
    const known = state?.bell.verdicts.find((one) => one.rule.id === rule);
    return { rule, label: plain(known?.rule.title ?? rule), picked: true };
  });
  if (items.length === 0) {
    await vs.window.showInformationMessage(t("Gorgon: no notifications are muted in this workspace."));
    return;
  }
  const picked = await vs.window.showQuickPick(items, {
    canPickMany: true,
    title: t("Gorgon: Unmute Notifications"),
    placeHolder: t("Mutes to lift"),
  });
  for (const item of picked ?? []) await mutes.set(item.rule, false);
}
