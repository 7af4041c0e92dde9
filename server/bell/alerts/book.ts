/** The book of alerts: carries every alert through its life, decides what is to be told, and keeps it all across restarts. */
import { randomBytes } from "node:crypto";
import { t } from "@vscode/l10n";
import type { Alert, AlertRecord, NewSilence, Silence } from "../../../protocol/alert.ts";
import type { Rule } from "../../../protocol/bell.ts";
import { formatValue } from "../../../protocol/format.ts";
import { LEVELS } from "../../../protocol/level.ts";
import type { Log } from "../../host/log.ts";
import type { AlertKeeper, RecordQuery } from "../../octopus/store/alert-tables.ts";
import { earliest, standingOf, type Observation, type Sample, type Standing } from "../judge.ts";
import { isBad } from "../thresholds.ts";
import { came, DAMPING, delayOf, forgotten, went, type Damped, type DampingRule } from "./damping.ts";
import { causeOf, GROUPING, Groups, type GroupingRule } from "./grouping.ts";
import { merged, RecentRecords } from "./history.ts";
import { INHIBITIONS, inhibited, type Inhibition } from "./inhibition.ts";
import { recordOf } from "./kept.ts";
import { Ledger } from "./ledger.ts";
import { advance, begin, changesAt, end, skip, step, type Life, type Sighting } from "./life.ts";
import { ActRefused, admitted, coveredBy, standing } from "./silences.ts";
import { cleanText, fingerprintOf, labelsOf, messageOf } from "./text.ts";

/** Alerts that ended are shown for so long. */
const SHOWN_MS = 900_000;
/** Open alerts of one rule; what crosses beyond them is judged, but has no life. */
const MOST_OF_A_RULE = 200;
/** Time in which nobody looked may be so long before a crossing has to begin anew. */
const OUTAGE_MS = 3_600_000;
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
  readonly damping?: DampingRule;
  readonly grouping?: GroupingRule;
  readonly inhibitions?: readonly Inhibition[];
}

/** The alerts of one node. Not on a clock of its own: whoever judges says when it is. */
export class AlertBook {
  readonly #node: string;
  readonly #newId: (now: number) => string;
  readonly #damping: DampingRule;
  readonly #inhibitions: readonly Inhibition[];
  readonly #groups: Groups;
  readonly #ledger: Ledger;
  readonly #recent = new RecentRecords();
  #lives = new Map<string, Life>();
  #damped = new Map<string, Damped>();
  #silences: readonly Silence[] = [];
  /** Ended within the last minutes. */
  #ended: readonly Life[] = [];
  #orphans = new Map<string, number>();
  #changesAt: number | null = null;
  #plannedAt: number | null = null;

  constructor(options: BookOptions) {
    this.#node = options.node;
    this.#damping = options.damping ?? DAMPING;
    this.#inhibitions = options.inhibitions ?? INHIBITIONS;
    this.#groups = new Groups(options.grouping ?? GROUPING);
    this.#ledger = new Ledger(options.keeper ?? (() => undefined), options.log);
    const boot = randomBytes(4).toString("hex");
    let sequence = 0;
    this.#newId = options.newId ?? ((now) => `${this.#node}/${now.toString(36)}-${boot}-${String((sequence += 1))}`);
  }

  /**
   * Carries every alert to `now` by what was seen, and answers with the series that are not OK, by rule, in the order of
   * the observations. Alerts of rules that are not among them end.
   */
  judge(observations: readonly Observation[], now: number): readonly (readonly Standing[])[] {
    this.#restore(now);
    this.#wake(now);
    const byRule = new Map<string, Life[]>();
    for (const life of this.#lives.values()) {
      const key = ruleKey(life.alert.origin, life.alert.rule);
      byRule.set(key, [...(byRule.get(key) ?? []), life]);
    }
    const rules = new Map<string, Rule>();
    const standings = observations.map((seen) => {
      const key = ruleKey(seen.rule.origin, seen.rule.id);
      rules.set(key, seen.rule);
      return this.#judgeRule(seen, byRule.get(key) ?? [], now);
    });
    for (const [key, lives] of byRule) if (!rules.has(key)) this.#orphan(key, lives, now);
    for (const key of this.#orphans.keys()) if (rules.has(key) || !byRule.has(key)) this.#orphans.delete(key);
    this.#tell(now);
    const moments = [...this.#lives.values()].flatMap((life) => {
      const rule = rules.get(ruleKey(life.alert.origin, life.alert.rule));
      return rule === undefined ? [now + ORPHAN_MS] : [changesAt(life, rule), life.alert.heldUntil];
    });
    const later = [...moments, ...this.#silences.flatMap(({ startsAt, endsAt }) => [startsAt, endsAt])];
    this.#changesAt = earliest([...later.filter((one) => one !== null && one > now), this.#groups.nextAt(now)]);
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
    const ended = this.#ended.filter(({ alert }) => now - (alert.resolvedAt ?? 0) < SHOWN_MS);
    return [...this.#lives.values(), ...ended].map(({ alert }) => alert).sort(worstFirst);
  }

  /** Silences in force or to come. */
  silences(now: number): readonly Silence[] {
    return standing(this.#silences, now);
  }

  /** Says that somebody has seen an alert, or takes that back. Throws ActRefused for one that is not open. */
  acknowledge(
    wish: { readonly alert: string; readonly by: string; readonly note: string; readonly undo: boolean },
    now: number,
  ): void {
    const life = [...this.#lives.values()].find(({ alert }) => alert.id === wish.alert);
    if (life === undefined) throw new ActRefused(t("This alert is not open any more."));
    const by = cleanText(wish.by);
    if (wish.undo) {
      if (life.alert.acknowledged === null) return;
      this.#put(step({ ...life, alert: { ...life.alert, acknowledged: null } }, "unacknowledged", now, by));
    } else {
      const note = cleanText(wish.note);
      const seen = {
        ...life,
        untold: false,
        alert: { ...life.alert, heldUntil: null, acknowledged: { by, at: now, note } },
      };
      this.#put(step(seen, "acknowledged", now, note === "" ? by : cleanText(`${by}: ${note}`)));
    }
    this.#save(now);
  }

  /** Adds a silence. Throws ActRefused. */
  addSilence(wish: NewSilence, now: number): Silence {
    const silence = admitted(wish, this.#newId(now), standing(this.#silences, now), now);
    this.#silences = [...this.#silences, silence];
    this.#ledger.silence(silence.id, silence);
    this.#save(now);
    return silence;
  }

  /** Ends a silence now. Throws ActRefused for one that is not there. */
  endSilence(id: string, now: number): void {
    if (!standing(this.#silences, now).some((one) => one.id === id))
      throw new ActRefused(t("This silence is over already."));
    this.#silences = this.#silences.filter((one) => one.id !== id);
    this.#ledger.silence(id, null);
    this.#save(now);
  }

  /** Alerts that were open at some time in [from, to), newest first, with every step. */
  history(query: RecordQuery): readonly AlertRecord[] {
    const open = [...this.#lives.values()].filter(({ alert }) => alert.status === "firing");
    for (const { alert, steps } of open) this.#recent.put({ alert, steps });
    const kept = this.#ledger.records(query).flatMap(recordOf);
    return merged(kept, this.#recent.list(query), query.limit);
  }

  /** Takes over the alerts and silences of the worker that led, by their fingerprints, so that none is told twice. */
  adopt(alerts: readonly Alert[], silences: readonly Silence[]): void {
    const known = new Set(this.#silences.map(({ id }) => id));
    this.#silences = [...this.#silences, ...silences.filter(({ id }) => !known.has(id))];
    for (const alert of alerts) {
      const own = this.#lives.get(alert.fingerprint);
      if (own === undefined || alert.status === "resolved") continue;
      const { id, notifications, acknowledged, pendingSince, firingSince } = alert;
      const taken = {
        ...own.alert,
        id,
        notifications,
        acknowledged,
        pendingSince,
        firingSince: own.alert.status === "firing" ? (firingSince ?? own.alert.firingSince) : null,
      };
      this.#lives.set(alert.fingerprint, { ...own, untold: notifications === 0 && own.untold, alert: taken });
    }
  }

  /** Writes what is not written yet, and when it was; before the worker ends. */
  close(now: number): void {
    if (this.#lives.size > 0) this.#ledger.seen(now);
    this.#ledger.flush();
  }

  #judgeRule(seen: Observation, lives: readonly Life[], now: number): readonly Standing[] {
    const { rule, unit, samples, missing } = seen;
    const standings: Standing[] = [];
    const left = new Map(lives.map((life) => [life.alert.fingerprint, life]));
    let open = lives.length;
    for (const sample of samples) {
      if (lives.length === 0 && (sample.value === null || standingOf(rule, unit, sample).level === "OK")) continue;
      const fingerprint = fingerprintOf(rule, sample.attributes);
      const life = left.get(fingerprint);
      left.delete(fingerprint);
      const said = standingOf(rule, unit, sample, life?.raw);
      if (life === undefined && (!isBad(said.level) || open >= MOST_OF_A_RULE)) {
        if (isBad(said.level)) standings.push(said);
        continue;
      }
      // What a half failed sensor still gives proves only what is bad.
      if (life !== undefined && missing?.failing === true && !isBad(said.level)) {
        left.set(fingerprint, life);
        continue;
      }
      if (life === undefined) open += 1;
      const cause = said.reason === "" ? t("back at {0}", formatValue(sample.value, unit)) : said.reason;
      const sighting = { raw: said.level, value: sample.value, unit, cause };
      standings.push(...this.#carry(life, seen, sample, sighting, now));
    }
    standings.push(...this.#carryUnseen(seen, left, samples.length > 0, now));
    return standings;
  }

  /** Alerts whose series is not there: gone, or not known, as the rule's `missing` says. */
  #carryUnseen(seen: Observation, left: Map<string, Life>, others: boolean, now: number): readonly Standing[] {
    const { rule, unit, missing } = seen;
    const sampleOf = (life: Life): Sample => ({ attributes: life.alert.labels, value: null, time: now });
    const each = (sighting: Sighting) =>
      [...left.values()].flatMap((life) => this.#carry(life, seen, sampleOf(life), sighting, now));
    const gone = { raw: "OK", value: null, unit, cause: t("its series is not there any more") } as const;
    if (missing === null || (others && !missing.failing)) return each(gone);
    const policy = rule.missing ?? "unknown";
    if (missing.starting || policy === "keep") {
      return [...left.values()]
        .filter(({ alert }) => alert.status === "firing")
        .map((life) => standingAs(life, sampleOf(life), missing.reason));
    }
    const cause = cleanText(missing.reason);
    if (policy === "ok" && !missing.failing) return each({ ...gone, cause });
    if (policy !== "crit" || others) return each({ raw: "UNKNOWN", value: null, unit, cause });
    const sighting = { raw: "CRIT", value: null, unit, cause } as const;
    if (left.size > 0) return each(sighting);
    return this.#carry(undefined, seen, { attributes: rule.match, value: null, time: now }, sighting, now);
  }

  /** Carries one life on, or begins it; what it says now is its rule's standing. */
  #carry(
    life: Life | undefined,
    seen: Observation,
    sample: Sample,
    sighting: Sighting,
    now: number,
  ): readonly Standing[] {
    const { rule } = seen;
    const born = life ?? begin(rule, this.#birth(rule, sample, now), sighting, now);
    const next = advance(born, rule, sighting, now);
    if (next === null) {
      this.#drop(born.alert.fingerprint);
      return [];
    }
    const attributes = sample.attributes;
    const { level, value, unit } = next.alert;
    const message =
      isBad(sighting.raw) || next.alert.message === ""
        ? messageOf({ rule, level, value, unit, attributes, node: this.#node })
        : next.alert.message;
    const title = cleanText(rule.title);
    const told = { ...next, alert: { ...next.alert, title, message, labels: labelsOf(rule, attributes) } };
    this.#put(told);
    if (told.alert.status !== "firing") return [];
    const kept = sighting.raw === "OK" ? t("{0}; it counts a little longer", sighting.cause) : sighting.cause;
    return [standingAs(told, sample, kept)];
  }

  #birth(rule: Rule, { attributes }: Sample, now: number) {
    return {
      id: this.#newId(now),
      fingerprint: fingerprintOf(rule, attributes),
      labels: labelsOf(rule, attributes),
      group: cleanText(causeOf(rule, this.#node)),
    };
  }

  #orphan(key: string, lives: readonly Life[], now: number): void {
    const since = Math.min(this.#orphans.get(key) ?? now, now);
    this.#orphans.set(key, since);
    const patience = lives[0]?.alert.origin.startsWith("workspace ") === true ? ORPHAN_MS : 0;
    if (now - since < patience) return;
    for (const life of lives) {
      if (life.alert.status === "pending") this.#drop(life.alert.fingerprint);
      else this.#put(end(life, now, t("its rule is not there any more")));
    }
  }

  /** Silences, inhibition, damping and grouping: who is told now. */
  #tell(now: number): void {
    for (const { id, endsAt } of this.#silences) if (endsAt <= now) this.#ledger.silence(id, null);
    this.#silences = this.#silences.filter(({ endsAt }) => now < endsAt);
    const alerts = [...this.#lives.values()].map(({ alert }) => alert);
    const causes = inhibited(alerts, this.#inhibitions);
    for (const life of [...this.#lives.values()]) this.#put(this.#damp(this.#quiet(life, causes, now), now));
    const due = [...this.#lives.values()].filter((life) => isDue(life, now));
    const ripe = this.#groups.ripe(
      due.map(({ alert }) => alert),
      now,
    );
    for (const life of due) {
      if (!ripe.has(life.alert.group)) continue;
      const { alert } = life;
      this.#put({
        ...life,
        untold: false,
        alert: { ...alert, heldUntil: null, notifications: alert.notifications + 1 },
      });
    }
    for (const group of ripe) this.#ledger.told(group, now);
    for (const [fingerprint, damped] of [...this.#damped]) {
      if (!forgotten(damped, now, this.#damping)) continue;
      this.#damped.delete(fingerprint);
      this.#ledger.damped(fingerprint, null);
    }
    this.#ended = this.#ended.filter(({ alert }) => now - (alert.resolvedAt ?? 0) < SHOWN_MS);
  }

  #quiet(life: Life, causes: ReadonlyMap<string, string>, now: number): Life {
    const silence = coveredBy(life.alert, this.#silences, now);
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
    const before = this.#damped.get(fingerprint);
    const there = life.alert.status === "firing" && life.known === "CRIT";
    if (!there) {
      if (before !== undefined) this.#remember(fingerprint, went(before, now));
      return heldUntil === null ? life : { ...life, alert: { ...life.alert, heldUntil: null } };
    }
    const damped = came(before, now, this.#damping);
    if (damped === before) return life;
    this.#remember(fingerprint, damped);
    const delay = delayOf(damped.flaps, this.#damping);
    if (delay === 0 && flaps === damped.flaps) return life;
    return {
      ...life,
      alert: { ...life.alert, flaps: damped.flaps, heldUntil: delay > 0 && life.untold ? now + delay : null },
    };
  }

  #remember(fingerprint: string, damped: Damped): void {
    if (this.#damped.get(fingerprint) === damped) return;
    this.#damped.set(fingerprint, damped);
    this.#ledger.damped(fingerprint, damped);
  }

  #put(life: Life): void {
    const { fingerprint, status } = life.alert;
    const before = this.#lives.get(fingerprint);
    if (status !== "resolved") {
      this.#lives.set(fingerprint, life);
      if (before === undefined || changed(before, life)) this.#ledger.life(life);
      return;
    }
    this.#lives.delete(fingerprint);
    const damped = this.#damped.get(fingerprint);
    if (damped !== undefined) this.#remember(fingerprint, went(damped, life.alert.resolvedAt ?? 0));
    this.#ended = [...this.#ended, life];
    this.#recent.put({ alert: life.alert, steps: life.steps });
    this.#ledger.life(life);
  }

  #drop(fingerprint: string): void {
    if (this.#lives.delete(fingerprint)) this.#ledger.forget(fingerprint);
  }

  /** Time in which the machine slept is time in which nobody looked. */
  #wake(now: number): void {
    const late = this.#plannedAt === null ? 0 : now - this.#plannedAt;
    this.#plannedAt = null;
    if (late > SLEPT_MS) this.#resume([...this.#lives.values()], late);
  }

  #restore(now: number): void {
    const kept = this.#ledger.opened();
    if (kept === null) return;
    const outage = kept.seenAt === null ? 0 : Math.max(0, now - kept.seenAt);
    const own = this.#lives;
    // What is in the file was said by whoever led before; after a long time what this worker saw itself is newer.
    const recent = outage <= OUTAGE_MS;
    this.#lives = new Map();
    this.#resume(kept.lives, outage);
    for (const [fingerprint, life] of own)
      if (!recent || !this.#lives.has(fingerprint)) this.#lives.set(fingerprint, life);
    this.#damped = new Map([...this.#damped, ...kept.damped]);
    const known = new Set(kept.silences.map(({ id }) => id));
    const mine = this.#silences.filter(({ id }) => !known.has(id));
    this.#silences = [...kept.silences, ...mine];
    this.#groups.restore(kept.told);
    for (const life of own.values()) if (this.#lives.get(life.alert.fingerprint) === life) this.#ledger.life(life);
    for (const silence of mine) this.#ledger.silence(silence.id, silence);
  }

  #resume(lives: readonly Life[], outage: number): void {
    for (const life of lives) {
      if (life.alert.status === "pending" && outage > OUTAGE_MS) this.#drop(life.alert.fingerprint);
      else this.#lives.set(life.alert.fingerprint, skip(life, outage));
    }
  }

  #save(now: number): void {
    if (this.#lives.size > 0) this.#ledger.seenNow(now);
    this.#ledger.flush();
  }
}

function standingAs({ alert }: Life, { attributes }: Sample, reason: string): Standing {
  return { attributes, value: alert.value, level: alert.level, reason };
}

function isDue({ untold, alert }: Life, now: number): boolean {
  if (!untold || alert.status !== "firing" || alert.level !== "CRIT") return false;
  if (alert.silencedBy !== null || alert.inhibitedBy !== null || alert.acknowledged !== null) return false;
  return alert.heldUntil === null || now >= alert.heldUntil;
}

/** Whether more than the value changed. */
function changed(before: Life, after: Life): boolean {
  if (before.steps !== after.steps || before.untold !== after.untold || before.raw !== after.raw) return true;
  if (before.warnSince !== after.warnSince || before.critSince !== after.critSince) return true;
  if (before.calmSince !== after.calmSince || before.unknownSince !== after.unknownSince) return true;
  const { level, heldUntil, flaps, notifications } = before.alert;
  const now = after.alert;
  return (
    level !== now.level || heldUntil !== now.heldUntil || flaps !== now.flaps || notifications !== now.notifications
  );
}

const STATUSES = ["firing", "pending", "resolved"] as const;

function worstFirst(one: Alert, other: Alert): number {
  return (
    STATUSES.indexOf(one.status) - STATUSES.indexOf(other.status) ||
    LEVELS.indexOf(other.level) - LEVELS.indexOf(one.level) ||
    other.changedAt - one.changedAt ||
    (one.id < other.id ? -1 : 1)
  );
}

function ruleKey(origin: string, id: string): string {
  return `${origin}\u0000${id}`;
}
