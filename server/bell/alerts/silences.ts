/** Silences: which alerts one covers, and which are refused. */
import { t } from "@vscode/l10n";
import type { Alert, NewSilence, Silence } from "../../../protocol/alert.ts";
import type { Attributes } from "../../../protocol/reading.ts";
import { cleanText } from "./text.ts";

/** A year. */
const LONGEST_MS = 366 * 86_400_000;
/** More silences than anybody keeps in mind. */
const MOST_SILENCES = 200;
const MOST_MATCHERS = 16;
/** The rule's id, as a matcher names it. */
const RULE = "rule";

/** A silence or acknowledgement that cannot be; the message says why and what is allowed. */
export class ActRefused extends Error {
  override readonly name = "ActRefused";
}

/** Whether matchers fit an alert: each by exact text, or by its beginning where the value ends in `*`. */
export function fits(matchers: Attributes, alert: Pick<Alert, "rule" | "labels">): boolean {
  const entries = Object.entries(matchers);
  return (
    entries.length > 0 &&
    entries.every(([key, wanted]) => {
      // A label of the same name does not stand in for the rule's id.
      const text = key === RULE ? alert.rule : Object.hasOwn(alert.labels, key) ? alert.labels[key] : undefined;
      if (text === undefined) return false;
      return wanted.endsWith("*") ? text.startsWith(wanted.slice(0, -1)) : text === wanted;
    })
  );
}

/** Whether it is in force. */
export function inForce({ startsAt, endsAt }: Silence, now: number): boolean {
  return startsAt <= now && now < endsAt;
}

/** Those in force or to come, the ones that end first before the others. */
export function standing(silences: readonly Silence[], now: number): readonly Silence[] {
  return silences.filter(({ endsAt }) => now < endsAt).sort((one, other) => one.endsAt - other.endsAt);
}

/** The silence that covers an alert now; of several the one that ends last. */
export function coveredBy(alert: Alert, silences: readonly Silence[], now: number): Silence | null {
  const covering = silences.filter((one) => inForce(one, now) && fits(one.matchers, alert));
  return covering.reduce<Silence | null>((top, one) => (top === null || one.endsAt > top.endsAt ? one : top), null);
}

/** The silence as it is kept. Throws ActRefused. */
export function admitted(wish: NewSilence, id: string, others: readonly Silence[], now: number): Silence {
  const matchers = Object.entries(wish.matchers);
  if (matchers.length === 0) throw new ActRefused(t("A silence needs a matcher; for every alert say rule: *."));
  if (matchers.length > MOST_MATCHERS) throw new ActRefused(t("A silence has at most {0} matchers.", MOST_MATCHERS));
  const startsAt = Math.max(Math.round(wish.startsAt), now);
  const endsAt = Math.round(wish.endsAt);
  if (!(endsAt > startsAt)) throw new ActRefused(t("A silence must end after it begins, and not in the past."));
  if (!(endsAt - startsAt <= LONGEST_MS))
    throw new ActRefused(t("A silence may last a year at most: change the rule instead."));
  if (others.length >= MOST_SILENCES) {
    throw new ActRefused(t("There are {0} silences already: end some first.", MOST_SILENCES));
  }
  return {
    id,
    // An own property each: a label called __proto__ is data.
    matchers: Object.fromEntries(matchers.map(([key, value]) => [cleanText(key), cleanText(value)])),
    startsAt,
    endsAt,
    author: cleanText(wish.author),
    comment: cleanText(wish.comment),
  };
}
