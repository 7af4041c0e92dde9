/** The book of alerts: carries every alert through its life, decides what is to be told, and keeps it all across restarts. */
import { t } from "@vscode/l10n";
import { randomBytes } from "node:crypto";
import type { Alert, AlertRecord, NewSilence, Silence } from "../../../protocol/alert.ts";
import type { Rule } from "../../../protocol/bell.ts";
import type { Log } from "../../host/log.ts";
import type { AlertKeeper, RecordQuery } from "../../octopus/store/alert-tables.ts";
import { earliest, type Observation, type Standing } from "../judge.ts";
import { Carrier } from "./carrier.ts";
import { DAMPING, type DampingRule } from "./damping.ts";
import { GROUPING, Groups, type GroupingRule } from "./grouping.ts";
import { INHIBITIONS, type Inhibition } from "./inhibition.ts";
import { Ledger } from "./ledger.ts";
import { changesAt, end, step, type Life } from "./life.ts";
import { Lives } from "./lives.ts";
import { ActRefused, Silences } from "./silences.ts";
import { Telling } from "./telling.ts";
import { cleanText } from "./text.ts";

/** A worker that judges so much later than it meant to has slept, with its machine. */
const SLEPT_MS = 30_000;
/** The rule of a workspace whose window is gone may come back with it. */
const ORPHAN_MS = 60_000;

/** What the book needs. */
export interface BookOptions {
  readonly node: string;
  readonly log: Log;
  /** Where it is kept; asked each time, because the store may be another one. Undefined: in memory alone. */
  readonly keeper?: () => AlertKeeper | undefined;
  /** A name that no other alert or silence ever has. */
  readonly newId?: (now: number) => string;
  /** The worker whose window shows what is told now (`Alert.teller`). Absent: it is not known. */
  readonly teller?: () => string | null;
  readonly damping?: DampingRule;
  readonly grouping?: GroupingRule;
  readonly inhibitions?: readonly Inhibition[];
}

/** The alerts of one node. Not on a clock of its own: whoever judges says when it is. */
export class AlertBook {
  readonly #newId: (now: number) => string;
  readonly #groups: Groups;
  readonly #ledger: Ledger;
  readonly #lives: Lives;
  readonly #silences: Silences;
  readonly #carrier: Carrier;
  readonly #telling: Telling;
  readonly #orphans = new Map<string, number>();
  #changesAt: number | null = null;
  #plannedAt: number | null = null;

  constructor(options: BookOptions) {
    const { node, log, damping = DAMPING, inhibitions = INHIBITIONS } = options;
    const boot = randomBytes(4).toString("hex");
    let sequence = 0;
    const newId = (now: number) => `${node}/${now.toString(36)}-${boot}-${String((sequence += 1))}`;
    this.#newId = options.newId ?? newId;
    this.#groups = new Groups(options.grouping ?? GROUPING);
    const ledger = new Ledger(options.keeper ?? (() => undefined), log);
    const lives = new Lives(ledger, damping);
    const silences = new Silences(ledger);
    this.#ledger = ledger;
    this.#lives = lives;
    this.#silences = silences;
    this.#carrier = new Carrier({ node, lives, newId: this.#newId, log });
    this.#telling = new Telling({
      lives,
      silences,
      groups: this.#groups,
      ledger,
      damping,
      inhibitions,
      teller: options.teller ?? (() => null),
    });
  }

  /**
   * Carries every alert to `now` by what was seen, and answers with the series that are not OK, by rule, in the order of
   * the observations. Alerts of rules that are not among them end.
   */
  judge(observations: readonly Observation[], now: number): readonly (readonly Standing[])[] {
    this.#restore(now);
    this.#wake(now);
    const byRule = Map.groupBy(this.#lives.open, ({ alert }) => ruleKey(alert.origin, alert.rule));
    const rules = new Map<string, Rule>();
    const standings = observations.map((seen) => {
      const key = ruleKey(seen.rule.origin, seen.rule.id);
      rules.set(key, seen.rule);
      return this.#carrier.judge(seen, byRule.get(key) ?? [], now);
    });
    for (const [key, lives] of byRule) if (!rules.has(key)) this.#orphan(key, lives, now);
    for (const key of this.#orphans.keys()) if (rules.has(key) || !byRule.has(key)) this.#orphans.delete(key);
    this.#telling.tell(now);
    const moments = this.#lives.open.flatMap((life) => {
      const rule = rules.get(ruleKey(life.alert.origin, life.alert.rule));
      return rule === undefined ? [now + ORPHAN_MS] : [changesAt(life, rule), life.alert.heldUntil];
    });
    const later = [...moments, ...this.#silences.moments].filter((one) => one !== null && one > now);
    this.#changesAt = earliest([...later, this.#groups.nextAt(now)]);
    this.#save(now);
    return standings;
  }

  /** When something changes by itself, milliseconds since the epoch; null: only another value changes anything. */
  get changesAt(): number | null {
    return this.#changesAt;
  }

  /** The moment at which the next judgement is meant to come, by which a machine that slept is found out. */
  set plannedAt(time: number | null) {
    this.#plannedAt = time;
  }

  /** Pending, firing and just ended alerts, worst first. */
  alerts(now: number): readonly Alert[] {
    return this.#lives.alerts(now);
  }

  /** Silences in force or to come. */
  silences(now: number): readonly Silence[] {
    return this.#silences.list(now);
  }

  /** Says that somebody has seen an alert, or takes that back. Throws ActRefused for one that is not open. */
  acknowledge(
    wish: { readonly alert: string; readonly by: string; readonly note: string; readonly undo: boolean },
    now: number,
  ): void {
    const life = this.#lives.open.find(({ alert }) => alert.id === wish.alert);
    if (life === undefined) throw new ActRefused(t("This alert is not open any more."));
    const by = cleanText(wish.by);
    if (wish.undo) {
      if (life.alert.acknowledged === null) return;
      this.#lives.put(step({ ...life, alert: { ...life.alert, acknowledged: null } }, "unacknowledged", now, by));
    } else {
      const note = cleanText(wish.note);
      const seen = {
        ...life,
        untold: false,
        alert: { ...life.alert, heldUntil: null, acknowledged: { by, at: now, note } },
      };
      this.#lives.put(step(seen, "acknowledged", now, note === "" ? by : cleanText(`${by}: ${note}`)));
    }
    this.#save(now);
  }

  /** Adds a silence. Throws ActRefused. */
  addSilence(wish: NewSilence, now: number): Silence {
    const silence = this.#silences.add(wish, this.#newId(now), now);
    this.#save(now);
    return silence;
  }

  /** Ends a silence now. Throws ActRefused for one that is not there. */
  endSilence(id: string, now: number): void {
    this.#silences.end(id, now);
    this.#save(now);
  }

  /** Alerts that were open at some time in [from, to), newest first, with every step. */
  history(query: RecordQuery): readonly AlertRecord[] {
    return this.#lives.history(query);
  }

  /** Takes over the alerts and silences of the worker that led, by their fingerprints, so that none is told twice. */
  adopt(alerts: readonly Alert[], silences: readonly Silence[]): void {
    this.#silences.adopt(silences);
    for (const alert of alerts) {
      const own = this.#lives.get(alert.fingerprint);
      if (own === undefined || alert.status === "resolved") continue;
      const { id, notifications, teller, acknowledged, pendingSince, firingSince } = alert;
      const taken = {
        ...own.alert,
        id,
        notifications,
        teller,
        acknowledged,
        pendingSince,
        firingSince: own.alert.status === "firing" ? (firingSince ?? own.alert.firingSince) : null,
      };
      this.#lives.takeOver({ ...own, untold: notifications === 0 && own.untold, alert: taken });
    }
  }

  /** Writes what is not written yet, and when it was; before the worker ends. */
  close(now: number): void {
    if (this.#lives.size > 0) this.#ledger.seen(now);
    this.#ledger.flush();
  }

  #orphan(key: string, lives: readonly Life[], now: number): void {
    const since = Math.min(this.#orphans.get(key) ?? now, now);
    this.#orphans.set(key, since);
    const patience = lives[0]?.alert.origin.startsWith("workspace ") === true ? ORPHAN_MS : 0;
    if (now - since < patience) return;
    for (const life of lives) {
      if (life.alert.status === "pending") this.#lives.drop(life.alert.fingerprint);
      else this.#lives.put(end(life, since, t("its rule is not there any more")));
    }
  }

  /** Time in which the machine slept is time in which nobody looked. */
  #wake(now: number): void {
    const late = this.#plannedAt === null ? 0 : now - this.#plannedAt;
    this.#plannedAt = null;
    if (late > SLEPT_MS) this.#lives.slept(late);
  }

  #restore(now: number): void {
    const kept = this.#ledger.opened();
    if (kept === null) return;
    this.#lives.restore(kept, kept.seenAt === null ? 0 : Math.max(0, now - kept.seenAt));
    this.#silences.restore(kept.silences);
    this.#groups.restore(kept.told);
  }

  #save(now: number): void {
    if (this.#lives.size > 0) this.#ledger.seenNow(now);
    this.#ledger.flush();
  }
}

function ruleKey(origin: string, id: string): string {
  return `${origin}\u0000${id}`;
}
