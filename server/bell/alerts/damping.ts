/** Flap damping: an alert that comes and goes is told later each time. The delay is of notifications, never of levels. */

/** How long a notification is held back, and when that is forgotten. Milliseconds. */
export interface DampingRule {
  /** The delay of the second time; that of the first is none. */
  readonly firstMs: number;
  /** The delay grows by this factor with each time more... */
  readonly multiplier: number;
  /** ...up to this. */
  readonly maxMs: number;
  /** An alert that has stayed away for so long begins anew. */
  readonly forgetMs: number;
}

/** Five minutes, 15, 45, 135, then six hours; forgotten after six hours of calm. */
export const DAMPING: DampingRule = { firstMs: 300_000, multiplier: 3, maxMs: 21_600_000, forgetMs: 21_600_000 };

/** What is remembered of one rule and series, also while there is no alert. */
export interface Damped {
  /** How often it came back within the memory. */
  readonly flaps: number;
  /** When it went away last; null while it is there. */
  readonly awaySince: number | null;
}

/** How long the notification of a comeback is held back. `flaps`: how often it came back, this time counted. */
export function delayOf(flaps: number, rule: DampingRule = DAMPING): number {
  return flaps === 0 ? 0 : Math.min(rule.maxMs, rule.firstMs * rule.multiplier ** (flaps - 1));
}

/** It became worth telling. */
export function came(damped: Damped | undefined, now: number, rule: DampingRule = DAMPING): Damped {
  if (damped === undefined || forgotten(damped, now, rule)) return { flaps: 0, awaySince: null };
  return damped.awaySince === null ? damped : { flaps: damped.flaps + 1, awaySince: null };
}

/** It went away. */
export function went(damped: Damped, now: number): Damped {
  return damped.awaySince === null ? { ...damped, awaySince: now } : damped;
}

/** Whether nothing needs to be remembered. */
export function forgotten(damped: Damped, now: number, rule: DampingRule = DAMPING): boolean {
  return damped.awaySince !== null && now - damped.awaySince >= rule.forgetMs;
}

/**
 * The most notifications of one rule and series in any time of `withinMs`. Within one run (comebacks without a calm of `forgetMs`)
 * notification n + 1 comes at least delay(n) = min(max, first * multiplier^(n - 1)) after notification n: it needs another
 * comeback, and that is held back for so long. So a run tells at most 1 + k times in T, where k is the largest number with
 * delay(1) + ... + delay(k) <= T. Between two runs lie `forgetMs`, so any time of `forgetMs` touches one run's notifications
 * only, and N(T) <= ceil(T / forgetMs) * (1 + k(min(T, forgetMs))).
 */
export function mostNotifications(withinMs: number, rule: DampingRule = DAMPING): number {
  const span = Math.min(withinMs, rule.forgetMs);
  let told = 1;
  for (let sum = delayOf(1, rule); sum <= span; sum += delayOf(told, rule)) told += 1;
  return Math.ceil(withinMs / rule.forgetMs) * told;
}
