/** The schemas behind what the bell keeps in the history file: another release, or another program, may have written it. */
import * as z from "zod/mini";
import type { Alert, AlertRecord, AlertStep, Silence } from "../../protocol/alert.ts";
import type { Level } from "../../protocol/level.ts";
import { alertSchema, silenceSchema, stepSchema } from "./alerts.ts";
import { check, type Checked } from "./wire.ts";

/** More steps than the bell ever keeps of one alert. */
const MOST_STEPS = 1000;

const moment = z.nullable(z.number());
const level = z.enum(["OK", "UNKNOWN", "WARN", "CRIT"]);
const steps = z.array(stepSchema).check(z.maxLength(MOST_STEPS));

/** An open alert as it is kept: the words are explained where they are used (server/bell/alerts/life.ts). */
export interface KeptLife {
  readonly alert: Alert;
  readonly raw: Level;
  readonly warnSince: number | null;
  readonly critSince: number | null;
  readonly calmSince: number | null;
  readonly unknownSince: number | null;
  readonly known: Level;
  readonly worst: Level;
  readonly untold: boolean;
  readonly steps: readonly AlertStep[];
}

const life = z.object({
  alert: alertSchema,
  raw: level,
  warnSince: moment,
  critSince: moment,
  calmSince: moment,
  unknownSince: moment,
  known: level,
  worst: level,
  untold: z.boolean(),
  steps,
});
const damped = z.object({ flaps: z.number(), awaySince: moment });
const record = z.object({ alert: alertSchema, steps });

/** Checks an open alert. Its unit may be one that this release does not know; a face then shows the bare number. */
export function parseKeptLife(raw: unknown): Checked<KeptLife> {
  return check(life, raw, "the alert") as Checked<KeptLife>;
}

/** Checks what damping remembers. */
export function parseKeptDamped(raw: unknown): Checked<{ readonly flaps: number; readonly awaySince: number | null }> {
  return check(damped, raw, "what damping remembers");
}

/** Checks a silence. */
export function parseKeptSilence(raw: unknown): Checked<Silence> {
  return check(silenceSchema, raw, "the silence");
}

/** Checks a moment. */
export function parseKeptTime(raw: unknown): Checked<number> {
  return check(z.number(), raw, "the time");
}

/** Checks an alert of the past. */
export function parseKeptRecord(raw: unknown): Checked<AlertRecord> {
  return check(record, raw, "the alert's record") as Checked<AlertRecord>;
}
