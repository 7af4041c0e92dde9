/** The small words of the views: ages, moments, what an alert is about. */
import { t } from "@vscode/l10n";
import type { Alert, AlertChange } from "../../protocol/alert.ts";
import { formatDuration } from "../../protocol/format.ts";
import type { Attributes } from "../../protocol/reading.ts";
import { NAMES } from "../bell/tooltip.ts";
import { plain } from "../escape.ts";

/** Below this a number would only flicker, milliseconds. */
const RECENT_MS = 60_000;

/** How long something has stood: `just now`, `for 14 min`. */
export function standing(milliseconds: number): string {
  return milliseconds < RECENT_MS ? t("just now") : t("for {0}", formatDuration(milliseconds));
}

/** Which of several an alert is about: the attribute that people know it by; empty when there is none. */
export function thingOf(labels: Attributes): string {
  const name = NAMES.find((one) => labels[one] !== undefined);
  return name === undefined ? "" : (labels[name] ?? "");
}

/** What an alert is called: its rule's title and the thing. */
export function titleOf(alert: Pick<Alert, "title" | "labels">): string {
  return plain(`${alert.title} ${thingOf(alert.labels)}`, 80);
}

/** What a step did to an alert. */
export function changeWords(change: AlertChange): string {
  switch (change) {
    case "pending":
      return t("pending");
    case "firing":
      return t("firing");
    case "worse":
      return t("worse");
    case "better":
      return t("better");
    case "resolved":
      return t("resolved");
    case "acknowledged":
      return t("acknowledged");
    case "unacknowledged":
      return t("unacknowledged");
    case "silenced":
      return t("silenced");
    case "unsilenced":
      return t("unsilenced");
    case "inhibited":
      return t("inhibited");
    case "uninhibited":
      return t("uninhibited");
  }
}

/** Parts that are there, as a screen reader says them. */
export function spoken(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(", ");
}

/** Parts that are there, with a dot between them. */
export function dotted(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(" · ");
}
