/** What of the bell's alerts is kept across restarts, as text and back. A row that cannot be read is left out. */
import type { AlertRecord, Silence } from "../../../protocol/alert.ts";
import type { AlertKeeper, StateRow } from "../../octopus/store/alert-tables.ts";
import {
  parseKeptDamped,
  parseKeptLife,
  parseKeptRecord,
  parseKeptSilence,
  parseKeptTime,
} from "../../wire/kept-alerts.ts";
import type { Checked } from "../../wire/wire.ts";
import type { Damped } from "./damping.ts";
import type { Life } from "./life.ts";

/** The kinds of rows. */
const LIFE = "life";
const DAMPED = "damped";
const SILENCE = "silence";
const GROUP = "group";
const SEEN = "seen";

/** Everything that was kept. */
export interface Kept {
  readonly lives: readonly Life[];
  readonly damped: ReadonlyMap<string, Damped>;
  readonly silences: readonly Silence[];
  readonly told: Readonly<Record<string, number>>;
  /** When somebody judged last; null when nobody ever did. */
  readonly seenAt: number | null;
}

/** Reads it all. Throws SQLite's errors. */
export function load(keeper: AlertKeeper): Kept {
  const read = <T>(kind: string, parse: (raw: unknown) => Checked<T>): (readonly [string, T])[] =>
    keeper.load(kind).flatMap(({ key, body }) => parsed(parse, body).map((value) => [key, value] as const));
  return {
    lives: read(LIFE, parseKeptLife).map(([, life]) => life),
    damped: new Map(read(DAMPED, parseKeptDamped)),
    silences: read(SILENCE, parseKeptSilence).map(([, silence]) => silence),
    told: Object.fromEntries(read(GROUP, parseKeptTime)),
    seenAt: read(SEEN, parseKeptTime)[0]?.[1] ?? null,
  };
}

/** The row of a life; null forgets it. */
export function lifeRow(fingerprint: string, life: Life | null): StateRow {
  return { kind: LIFE, key: fingerprint, body: life === null ? null : JSON.stringify(life) };
}

/** The row of what damping remembers. */
export function dampedRow(fingerprint: string, damped: Damped | null): StateRow {
  return { kind: DAMPED, key: fingerprint, body: damped === null ? null : JSON.stringify(damped) };
}

/** The row of a silence. */
export function silenceRow(id: string, silence: Silence | null): StateRow {
  return { kind: SILENCE, key: id, body: silence === null ? null : JSON.stringify(silence) };
}

/** The row of a cause that was told. */
export function groupRow(group: string, toldAt: number): StateRow {
  return { kind: GROUP, key: group, body: String(toldAt) };
}

/** The row that says when somebody judged last. */
export function seenRow(now: number): StateRow {
  return { kind: SEEN, key: "", body: String(now) };
}

/** The record of a body; none when it cannot be read. */
export function recordOf(body: string): AlertRecord[] {
  return parsed(parseKeptRecord, body);
}

function parsed<T>(parse: (raw: unknown) => Checked<T>, body: string): T[] {
  try {
    const checked = parse(JSON.parse(body));
    return checked.ok ? [checked.value] : [];
  } catch {
    return [];
  }
}
