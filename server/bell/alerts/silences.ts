/** Silences: which alerts one covers, and which are refused. */
import { t } from "@vscode/l10n";
import type { Alert, NewSilence, Silence } from "../../../protocol/alert.ts";
import type { Attributes } from "../../../protocol/reading.ts";
import type { Ledger } from "./ledger.ts";
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

function coveredBy(alert: Alert, silences: readonly Silence[], now: number): Silence | null {
  const covering = silences.filter((one) => inForce(one, now) && fits(one.matchers, alert));
  return covering.reduce<Silence | null>((top, one) => (top === null || one.endsAt > top.endsAt ? one : top), null);
}

/** The silence as it is kept. Throws ActRefused. */
function admitted(wish: NewSilence, id: string, others: readonly Silence[], now: number): Silence {
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

/** The silences of a node, each written down when it comes or goes. */
export class Silences {
  readonly #ledger: Pick<Ledger, "silence">;
  #all: readonly Silence[] = [];

  constructor(ledger: Pick<Ledger, "silence">) {
    this.#ledger = ledger;
  }

  /** In force or to come, the ones that end first before the others. */
  list(now: number): readonly Silence[] {
    return standing(this.#all, now);
  }

  /** When one begins or ends. */
  get moments(): readonly number[] {
    return this.#all.flatMap(({ startsAt, endsAt }) => [startsAt, endsAt]);
  }

  /** The one that covers an alert now; of several the one that ends last. */
  covering(alert: Alert, now: number): Silence | null {
    return coveredBy(alert, this.#all, now);
  }

  /** Adds one. Throws ActRefused. */
  add(wish: NewSilence, id: string, now: number): Silence {
    const silence = admitted(wish, id, standing(this.#all, now), now);
    this.#all = [...this.#all, silence];
    this.#ledger.silence(silence.id, silence);
    return silence;
  }

  /** Ends one now. Throws ActRefused for one that is not there. */
  end(id: string, now: number): void {
    if (!standing(this.#all, now).some((one) => one.id === id))
      throw new ActRefused(t("This silence is over already."));
    this.#all = this.#all.filter((one) => one.id !== id);
    this.#ledger.silence(id, null);
  }

  /** Forgets those that are over. */
  expire(now: number): void {
    for (const { id, endsAt } of this.#all) if (endsAt <= now) this.#ledger.silence(id, null);
    this.#all = this.#all.filter(({ endsAt }) => now < endsAt);
  }

  /** Takes up those that were kept; one's own that the file does not have are written to it. */
  restore(kept: readonly Silence[]): void {
    const known = new Set(kept.map(({ id }) => id));
    const mine = this.#all.filter(({ id }) => !known.has(id));
    this.#all = [...kept, ...mine];
    for (const silence of mine) this.#ledger.silence(silence.id, silence);
  }

  /** Takes over those of the worker that led. */
  adopt(theirs: readonly Silence[]): void {
    const known = new Set(this.#all.map(({ id }) => id));
    this.#all = [...this.#all, ...theirs.filter(({ id }) => !known.has(id))];
  }
}
