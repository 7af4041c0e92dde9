/** Silences, inhibition, damping and grouping: which alerts are told now, and by which window. */
import { delayOf, type DampingRule } from "./damping.ts";
import type { Groups } from "./grouping.ts";
import { inhibited, type Inhibition } from "./inhibition.ts";
import type { Ledger } from "./ledger.ts";
import { step, type Life } from "./life.ts";
import type { Lives } from "./lives.ts";
import type { Silences } from "./silences.ts";
import { cleanText } from "./text.ts";

/** What it needs. */
export interface TellingOptions {
  readonly lives: Lives;
  readonly silences: Silences;
  readonly groups: Groups;
  readonly ledger: Pick<Ledger, "told">;
  readonly damping: DampingRule;
  readonly inhibitions: readonly Inhibition[];
  readonly teller: () => string | null;
}

/** Tells by raising an alert's `notifications`. */
export class Telling {
  readonly #lives: Lives;
  readonly #silences: Silences;
  readonly #groups: Groups;
  readonly #ledger: Pick<Ledger, "told">;
  readonly #damping: DampingRule;
  readonly #inhibitions: readonly Inhibition[];
  readonly #teller: () => string | null;

  constructor(options: TellingOptions) {
    this.#lives = options.lives;
    this.#silences = options.silences;
    this.#groups = options.groups;
    this.#ledger = options.ledger;
    this.#damping = options.damping;
    this.#inhibitions = options.inhibitions;
    this.#teller = options.teller;
  }

  /** Looks at every open alert. */
  tell(now: number): void {
    this.#silences.expire(now);
    const alerts = this.#lives.open.map(({ alert }) => alert);
    const causes = inhibited(alerts, this.#inhibitions);
    for (const life of this.#lives.open) this.#lives.put(this.#damp(this.#quiet(life, causes, now), now));
    const due = this.#lives.open.filter((life) => isDue(life, now));
    const ripe = this.#groups.ripe(
      due.map(({ alert }) => alert),
      now,
    );
    const teller = ripe.size === 0 ? null : this.#teller();
    for (const life of due) {
      if (!ripe.has(life.alert.group)) continue;
      const { alert } = life;
      const notifications = alert.notifications + 1;
      this.#lives.put({ ...life, untold: false, alert: { ...alert, heldUntil: null, notifications, teller } });
    }
    for (const group of ripe) this.#ledger.told(group, now);
    this.#lives.tidy(now);
  }

  #quiet(life: Life, causes: ReadonlyMap<string, string>, now: number): Life {
    const silence = this.#silences.covering(life.alert, now);
    const cause = causes.get(life.alert.id) ?? null;
    let next = life;
    if ((silence?.id ?? null) !== life.alert.silencedBy) {
      next = { ...next, alert: { ...next.alert, silencedBy: silence?.id ?? null } };
      if (silence === null) next = step(next, "unsilenced", now, "");
      else if (life.alert.silencedBy === null)
        next = step(next, "silenced", now, cleanText(`${silence.author}: ${silence.comment}`));
    }
    if (cause !== life.alert.inhibitedBy) {
      next = { ...next, alert: { ...next.alert, inhibitedBy: cause } };
      if (cause === null) next = step(next, "uninhibited", now, "");
      else if (life.alert.inhibitedBy === null) next = step(next, "inhibited", now, cause);
    }
    return next;
  }

  /** A CRIT that comes back is held the longer the more often it does. */
  #damp(life: Life, now: number): Life {
    const { fingerprint, flaps, heldUntil } = life.alert;
    const there = life.alert.status === "firing" && life.known === "CRIT";
    if (!there) {
      this.#lives.went(fingerprint, now);
      return heldUntil === null ? life : { ...life, alert: { ...life.alert, heldUntil: null } };
    }
    const damped = this.#lives.came(fingerprint, now);
    if (damped === null) return life;
    const delay = delayOf(damped.flaps, this.#damping);
    if (delay === 0 && flaps === damped.flaps) return life;
    return {
      ...life,
      alert: { ...life.alert, flaps: damped.flaps, heldUntil: delay > 0 && life.untold ? now + delay : null },
    };
  }
}

function isDue({ untold, alert }: Life, now: number): boolean {
  if (!untold || alert.status !== "firing" || alert.level !== "CRIT") return false;
  if (alert.silencedBy !== null || alert.inhibitedBy !== null || alert.acknowledged !== null) return false;
  return alert.heldUntil === null || now >= alert.heldUntil;
}
