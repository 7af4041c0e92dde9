/** What the form that silences says and sends: matchers from the alert, how long, which open alerts it covers. Pure. */
import { t } from "@vscode/l10n";
import type { Alert, NewSilence } from "../../protocol/alert.ts";
import { listing } from "../words.ts";
import { alertName, covers } from "./model.ts";

const MINUTE = 60_000;

/** How long a silence may last, as the form offers it. */
export const DURATIONS: readonly { readonly value: string; readonly text: () => string; readonly ms: number }[] = [
  { value: "30m", text: () => t("30 minutes"), ms: 30 * MINUTE },
  { value: "1h", text: () => t("1 hour"), ms: 60 * MINUTE },
  { value: "4h", text: () => t("4 hours"), ms: 240 * MINUTE },
  { value: "1d", text: () => t("1 day"), ms: 1440 * MINUTE },
  { value: "1w", text: () => t("1 week"), ms: 7 * 1440 * MINUTE },
];

/** Names of alerts that the preview tells one by one. */
const MOST_NAMES = 3;

/** One line of the form: used or not, and the text that must fit. */
export interface Matcher {
  readonly key: string;
  readonly value: string;
  readonly used: boolean;
}

/** Everything that tells this alert apart from others: taken as it stands, the silence covers this alert alone. */
export function matchersOf(alert: Pick<Alert, "rule" | "labels">): Matcher[] {
  return [
    { key: "rule", value: alert.rule, used: true },
    ...Object.entries(alert.labels)
      .filter(([key]) => key !== "rule")
      .map(([key, value]) => ({ key, value, used: true })),
  ];
}

/** What is sent. */
export type WantedSilence = Pick<NewSilence, "matchers" | "endsAt" | "comment">;

/** The silence that the form describes. `now` by the worker's clock. */
export function wantedSilence(
  matchers: readonly Matcher[],
  duration: string,
  comment: string,
  now: number,
): WantedSilence {
  const ms = DURATIONS.find((one) => one.value === duration)?.ms ?? 60 * MINUTE;
  const used = matchers.filter((matcher) => matcher.used).map(({ key, value }) => [key, value.trim()] as const);
  return { matchers: Object.fromEntries(used), endsAt: now + ms, comment: comment.trim() };
}

/** Which open alerts a silence would cover, in a sentence, and why it cannot be had (empty when it can). */
export function previewOf(
  wanted: WantedSilence,
  alerts: readonly Alert[],
): { readonly text: string; readonly problem: string } {
  const entries = Object.entries(wanted.matchers);
  if (entries.length === 0)
    return { text: "", problem: t("Tick at least one line, or the silence would cover everything.") };
  const empty = entries.find(([, value]) => value === "");
  if (empty !== undefined) return { text: "", problem: t("Say what {0} must be, or untick its line.", empty[0]) };
  const covered = alerts.filter((alert) => alert.status !== "resolved" && covers(wanted.matchers, alert));
  if (covered.length === 0) return { text: t("Covers no alert that is open now, but those to come."), problem: "" };
  const names = covered.slice(0, MOST_NAMES).map(alertName);
  const rest = covered.length - names.length;
  const told = listing(rest > 0 ? [...names, t("{0} more", rest)] : names);
  const text =
    covered.length === 1
      ? t("Covers 1 open alert: {0}.", told)
      : t("Covers {0} open alerts: {1}.", covered.length, told);
  return { text, problem: "" };
}
