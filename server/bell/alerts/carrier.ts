/** Carries the alerts of one rule on by what was seen of its series; begins those that are new. */
import { t } from "@vscode/l10n";
import type { Rule } from "../../../protocol/bell.ts";
import { formatValue } from "../../../protocol/format.ts";
import type { Log } from "../../host/log.ts";
import { standingOf, type Observation, type Sample, type Standing } from "../judge.ts";
import { printable } from "../printable.ts";
import { isBad } from "../thresholds.ts";
import { causeOf } from "./grouping.ts";
import { advance, begin, type Life, type Sighting } from "./life.ts";
import type { Lives } from "./lives.ts";
import { cleanText, fingerprintOf, labelsOf, messageOf } from "./text.ts";

/** Open alerts of one rule; what crosses beyond them has no life, and counts only where it need not wait. */
const MOST_OF_A_RULE = 200;

/** What it needs. */
export interface CarrierOptions {
  readonly node: string;
  readonly lives: Lives;
  readonly newId: (now: number) => string;
  readonly log: Log;
}

/** Judges rules one by one. */
export class Carrier {
  readonly #node: string;
  readonly #lives: Lives;
  readonly #newId: (now: number) => string;
  readonly #log: Log;
  /** Rules with more alerts than are kept, which was said. */
  readonly #crowded = new Set<string>();

  constructor({ node, lives, newId, log }: CarrierOptions) {
    this.#node = node;
    this.#lives = lives;
    this.#newId = newId;
    this.#log = log;
  }

  /** Carries a rule's open alerts to `now`, and answers with its series that are not OK. */
  judge(seen: Observation, lives: readonly Life[], now: number): readonly Standing[] {
    const { rule, unit, samples, missing } = seen;
    const standings: Standing[] = [];
    const left = new Map(lives.map((life) => [life.alert.fingerprint, life]));
    let open = lives.length;
    let beyond = 0;
    for (const sample of samples) {
      if (lives.length === 0 && (sample.value === null || standingOf(rule, unit, sample).level === "OK")) continue;
      const fingerprint = fingerprintOf(rule, sample.attributes);
      const life = left.get(fingerprint);
      left.delete(fingerprint);
      const said = standingOf(rule, unit, sample, life?.raw);
      if (life === undefined && (!isBad(said.level) || open >= MOST_OF_A_RULE)) {
        if (!isBad(said.level)) continue;
        beyond += 1;
        if ((rule.forMs ?? 0) === 0) standings.push(said);
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
    this.#crowd(rule, beyond, lives.length);
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
      this.#lives.drop(born.alert.fingerprint);
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
    this.#lives.put(told);
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

  /** Said once, until the rule has no alerts: a label that is never twice the same makes alerts without end. */
  #crowd(rule: Rule, beyond: number, open: number): void {
    const key = `${rule.origin}\u0000${rule.id}`;
    if (beyond === 0 && open === 0) this.#crowded.delete(key);
    if (beyond === 0 || this.#crowded.has(key)) return;
    this.#crowded.add(key);
    this.#log.warn(
      `The rule ${printable(rule.id)} has ${String(beyond)} series over a threshold beyond the ${String(MOST_OF_A_RULE)} that are ` +
        "kept as alerts. Narrow it with match, or judge a metric with fewer series.",
    );
  }
}

function standingAs({ alert }: Life, { attributes }: Sample, reason: string): Standing {
  return { attributes, value: alert.value, level: alert.level, reason };
}
