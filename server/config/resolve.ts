/** Decides which layer's value is in force for each key, and keeps the last good one where a value is refused. */
import { t } from "@vscode/l10n";
import type { ConfigProblem } from "../../protocol/state.ts";
import type { LoadedConfig, Origin } from "./config.ts";
import { GUARDED, type Key, type Value, valueIn } from "./keys.ts";
import type { Layer } from "./layer.ts";
import { problem } from "./problem.ts";

/** A value in force. */
export interface Chosen {
  readonly key: Key;
  readonly value: Value;
  readonly origin: Origin;
  readonly where: string;
  /** Its layer's place, strongest first; past the end for defaults and for what was in force before. */
  readonly rank: number;
}

/** Decides every key, then looks at pairs that only make sense together. */
export function resolve(
  keys: readonly Key[],
  layers: readonly Layer[],
  previous: LoadedConfig | null,
  problems: ConfigProblem[],
): readonly Chosen[] {
  const chosen = keys.map((key) => choose(key, layers, previous, problems));
  for (const id of GUARDED) {
    const at = (level: string) => chosen.findIndex((one) => one.key.key === `bell.${id}.${level}`);
    settlePair(chosen, at("warn"), at("crit"), layers, previous, problems);
  }
  return chosen;
}

function choose(key: Key, layers: readonly Layer[], previous: LoadedConfig | null, problems: ConfigProblem[]): Chosen {
  let chosen: Chosen | null = null;
  const refused: { layer: Layer; raw: unknown; allowed: string }[] = [];
  for (const [rank, layer] of layers.entries()) {
    if (layer.broken) {
      const before = inForce(key, previous);
      if (chosen === null && before !== null && before.origin === layer.origin) chosen = before;
      continue;
    }
    const raw = layer.values.get(key.key);
    if (raw === undefined) continue;
    const parsed = key.parse(raw);
    if (parsed.ok) {
      chosen ??= { key, value: parsed.value, origin: layer.origin, where: layer.where(key.key), rank };
    } else {
      refused.push({ layer, raw, allowed: parsed.allowed });
      chosen ??= inForce(key, previous);
    }
  }
  chosen ??= fallback(key);
  for (const { layer, raw, allowed } of refused) {
    const name = layer.where(key.key);
    const subject = name === layer.source ? key.key : name;
    const message = `${t("{0} must be {1}.", subject, allowed)} ${t("{0} stays in force.", key.format(chosen.value))}`;
    problems.push(problem(layer.source, key.key, raw, message));
  }
  return chosen;
}

function fallback(key: Key): Chosen {
  return { key, value: key.fallback, origin: "default", where: "", rank: Infinity };
}

/** What was in force before, under its own origin. */
function inForce(key: Key, previous: LoadedConfig | null): Chosen | null {
  const value = previous === null ? undefined : valueIn(previous.config, key.key);
  if (value === undefined) return null;
  const from = previous?.provenance.find((one) => one.key === key.key);
  return { key, value, origin: from?.origin ?? "default", where: from?.where ?? "", rank: Infinity };
}

/**
 * warn must not be over crit. Of what was said, the weakest layer's word is refused until the pair makes sense; what
 * was in force before takes its place where that fits.
 */
function settlePair(
  chosen: Chosen[],
  warnAt: number,
  critAt: number,
  layers: readonly Layer[],
  previous: LoadedConfig | null,
  problems: ConfigProblem[],
): void {
  let rest = layers;
  for (;;) {
    const warn = chosen[warnAt];
    const crit = chosen[critAt];
    if (warn === undefined || crit === undefined || fits(warn, crit)) return;
    const rank = Math.max(...[warn.rank, crit.rank].filter(Number.isFinite));
    const layer = layers[rank];
    if (layer === undefined) {
      chosen[warnAt] = fallback(warn.key);
      chosen[critAt] = fallback(crit.key);
      return;
    }
    rest = rest.filter((one) => one !== layer);
    const instead = (one: Chosen, before: boolean): Chosen => {
      if (one.rank !== rank) return one;
      const last = before ? inForce(one.key, previous) : null;
      if (last !== null) return last;
      const next = choose(one.key, rest, null, []);
      // Ranks count the layers as they were before any was left out.
      const origin = rest[next.rank];
      return origin === undefined ? next : { ...next, rank: layers.indexOf(origin) };
    };
    const lastGood = [instead(warn, true), instead(crit, true)] as const;
    const [newWarn, newCrit] = fits(...lastGood) ? lastGood : [instead(warn, false), instead(crit, false)];
    chosen[warnAt] = newWarn;
    chosen[critAt] = newCrit;
    const culprit = warn.rank === rank ? warn : crit;
    const message =
      `${t("warn ({0}) must not be over crit ({1}).", show(warn), show(crit))} ` +
      t("{0} and {1} stay in force.", show(newWarn), show(newCrit));
    problems.push(problem(layer.source, culprit.key.key, layer.values.get(culprit.key.key), message));
  }
}

function fits(warn: Chosen, crit: Chosen): boolean {
  return Number(warn.value) <= Number(crit.value);
}

function show(one: Chosen): string {
  return one.key.format(one.value);
}
