/** The life of one alert: crossed, pending, firing, worse and better, resolved. Pure: the moment is an argument. */
import type { Alert, AlertChange, AlertStep } from "../../../protocol/alert.ts";
import type { Rule } from "../../../protocol/bell.ts";
import { LEVELS, type Level } from "../../../protocol/level.ts";
import type { Attributes, Unit } from "../../../protocol/reading.ts";
import { isBad } from "../thresholds.ts";

/** An alert about which nothing has been known for so long is over: nobody can say that it still stands. */
export const UNKNOWN_ENDS_MS = 3_600_000;
/** Steps kept of one alert: the first, and the newest. */
export const MOST_STEPS = 200;

/** An alert with what its life depends on. Replaced as a whole, never changed. Times are milliseconds since the epoch. */
export interface Life {
  readonly alert: Alert;
  /** What the last value meant by itself, for the way out of a level. */
  readonly raw: Level;
  /** Since when each threshold is crossed without a break; null: it is not. */
  readonly warnSince: number | null;
  readonly critSince: number | null;
  /** Since when its cause is gone although it still fires (`keepFiringForMs`). */
  readonly calmSince: number | null;
  /** Since when nothing is known. */
  readonly unknownSince: number | null;
  /** The last level that was known, and the worst. */
  readonly known: Level;
  readonly worst: Level;
  /** It became CRIT, and nobody has been told. */
  readonly untold: boolean;
  readonly steps: readonly AlertStep[];
}

/** What is seen of the series now. */
export interface Sighting {
  /** What the value means by itself; UNKNOWN while it is missing. */
  readonly raw: Level;
  readonly value: number | null;
  readonly unit: Unit;
  /** Why, in words. */
  readonly cause: string;
}

/** Who a new alert is. */
export interface Birth {
  readonly id: string;
  readonly fingerprint: string;
  readonly labels: Attributes;
  readonly group: string;
}

/** A life that begins with its first crossing. */
export function begin(rule: Rule, birth: Birth, seen: Sighting, now: number): Life {
  const { raw: level, value, unit } = seen;
  const alert: Alert = {
    ...birth,
    rule: rule.id,
    title: rule.title,
    metric: rule.metric,
    origin: rule.origin,
    status: "pending",
    level,
    value,
    unit,
    message: "",
    pendingSince: now,
    firingSince: null,
    resolvedAt: null,
    changedAt: now,
    flaps: 0,
    heldUntil: null,
    silencedBy: null,
    inhibitedBy: null,
    acknowledged: null,
    notifications: 0,
    teller: null,
  };
  const life: Life = {
    alert,
    raw: "OK",
    warnSince: null,
    critSince: null,
    calmSince: null,
    unknownSince: null,
    known: level,
    worst: level,
    untold: false,
    steps: [],
  };
  return step(life, "pending", now, seen.cause);
}

/** The life after a sighting; null for one that never fired and is over, of which nothing is kept. */
export function advance(
  life: Life,
  rule: Pick<Rule, "forMs" | "keepFiringForMs">,
  seen: Sighting,
  now: number,
): Life | null {
  const { raw } = seen;
  const next: Life = {
    ...life,
    raw: raw === "UNKNOWN" ? life.raw : raw,
    warnSince: isBad(raw) ? Math.min(life.warnSince ?? now, now) : null,
    critSince: raw === "CRIT" ? Math.min(life.critSince ?? now, now) : null,
    alert: { ...life.alert, value: seen.value, unit: seen.unit },
  };
  return life.alert.status === "pending" ? pending(next, rule, seen, now) : firing(next, rule, seen, now);
}

/** When it changes next although its value stays, milliseconds since the epoch; null: only another value changes it. */
export function changesAt(life: Life, rule: Pick<Rule, "forMs" | "keepFiringForMs">): number | null {
  const { alert, warnSince, critSince, calmSince, unknownSince } = life;
  if (alert.status === "resolved") return null;
  const moments: number[] = [];
  const forMs = rule.forMs ?? 0;
  if (critSince !== null && alert.level !== "CRIT") moments.push(critSince + forMs);
  if (warnSince !== null && alert.status === "pending") moments.push(warnSince + forMs);
  if (calmSince !== null) moments.push(calmSince + (rule.keepFiringForMs ?? 0));
  if (unknownSince !== null) moments.push(unknownSince + UNKNOWN_ENDS_MS);
  return moments.length === 0 ? null : Math.min(...moments);
}

/** Ends it, whatever its value. */
export function end(life: Life, now: number, cause: string): Life {
  const ended: Life = { ...life, untold: false, warnSince: null, critSince: null, calmSince: null, unknownSince: null };
  const alert: Alert = { ...life.alert, status: "resolved", resolvedAt: now, level: life.worst, heldUntil: null };
  // The step says what it was when it ended, the alert the worst that it was.
  return { ...step({ ...ended, alert }, "resolved", now, cause, life.known), alert: { ...alert, changedAt: now } };
}

/** Time in which nobody looked counts neither for `for` nor for `keepFiringFor`. */
export function skip(life: Life, milliseconds: number): Life {
  const later = (since: number | null): number | null => (since === null ? null : since + milliseconds);
  const { warnSince, critSince, calmSince, unknownSince } = life;
  return {
    ...life,
    warnSince: later(warnSince),
    critSince: later(critSince),
    calmSince: later(calmSince),
    unknownSince: later(unknownSince),
  };
}

/** The life with one more step, at its level unless another is given. */
export function step(life: Life, change: AlertChange, now: number, cause: string, level = life.alert.level): Life {
  const made: AlertStep = { time: now, change, level, value: life.alert.value, cause };
  const steps = [...life.steps, made];
  if (steps.length > MOST_STEPS) steps.splice(1, steps.length - MOST_STEPS);
  return { ...life, steps };
}

function pending(life: Life, rule: Pick<Rule, "forMs">, seen: Sighting, now: number): Life | null {
  if (!isBad(seen.raw)) return null;
  const level = reached(life, rule, now);
  if (level !== null) return fire(life, level, seen, now);
  if (life.alert.level === seen.raw) return life;
  return { ...life, known: seen.raw, worst: seen.raw, alert: { ...life.alert, level: seen.raw, changedAt: now } };
}

function fire(life: Life, level: "WARN" | "CRIT", seen: Sighting, now: number): Life {
  const alert: Alert = { ...life.alert, status: "firing", level, firingSince: now, changedAt: now };
  const fired = { ...life, alert, known: level, worst: level, untold: level === "CRIT" };
  return step(fired, "firing", now, seen.cause);
}

function firing(life: Life, rule: Pick<Rule, "forMs" | "keepFiringForMs">, seen: Sighting, now: number): Life {
  if (seen.raw === "UNKNOWN") {
    const unknownSince = Math.min(life.unknownSince ?? now, now);
    if (now - unknownSince >= UNKNOWN_ENDS_MS) return end(life, now, seen.cause);
    const alert: Alert =
      life.alert.level === "UNKNOWN" ? life.alert : { ...life.alert, level: "UNKNOWN", changedAt: now };
    return { ...life, unknownSince, alert };
  }
  if (seen.raw === "OK") {
    const calmSince = Math.min(life.calmSince ?? now, now);
    if (now - calmSince >= (rule.keepFiringForMs ?? 0)) return end(life, now, seen.cause);
    return settle({ ...life, calmSince, unknownSince: null }, life.known, seen, now);
  }
  const stays = life.known === "CRIT" && seen.raw === "CRIT";
  const level = stays || reached(life, rule, now) === "CRIT" ? "CRIT" : "WARN";
  return settle({ ...life, calmSince: null, unknownSince: null }, level, seen, now);
}

/** Puts a known level in place of what was. */
function settle(life: Life, level: Level, seen: Sighting, now: number): Life {
  const { known } = life;
  const alert: Alert = life.alert.level === level ? life.alert : { ...life.alert, level, changedAt: now };
  const next = { ...life, known: level, alert };
  if (level === known) return next;
  if (LEVELS.indexOf(level) < LEVELS.indexOf(known)) return step({ ...next, untold: false }, "better", now, seen.cause);
  const worse = step({ ...next, worst: level, untold: true }, "worse", now, seen.cause);
  if (alert.acknowledged === null) return worse;
  // Who had seen it had seen something less bad.
  return step({ ...worse, alert: { ...alert, acknowledged: null } }, "unacknowledged", now, seen.cause);
}

/** The worst level whose threshold has been crossed for long enough; null: none has. */
function reached(
  { warnSince, critSince }: Life,
  { forMs = 0 }: Pick<Rule, "forMs">,
  now: number,
): "WARN" | "CRIT" | null {
  if (critSince !== null && now - critSince >= forMs) return "CRIT";
  return warnSince !== null && now - warnSince >= forMs ? "WARN" : null;
}
