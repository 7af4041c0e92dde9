/** Reads a list of a `gorgon.yaml` whose entries have ids. One that is wrong is refused by itself; the others stand. */
import { t } from "@vscode/l10n";
import { entriesOf, unknownKey } from "./layer.ts";
import { type PlacedProblem, problem, type ValuePath } from "./problem.ts";
import type { Parsed } from "./values.ts";

/** Letters that an id may have. */
export const ID = /^[a-z][a-z0-9-]{0,63}$/;

/** Where a list comes from. */
export interface ListFile {
  readonly path: string;
  /** E.g. `user file`, `workspace demo`. */
  readonly origin: string;
}

/** What every entry has. */
interface Named {
  readonly id: string;
  readonly origin: string;
}

/** One thing wrong with an entry, or, with a severity, only strange about it. */
export interface Fault extends Pick<PlacedProblem, "severity" | "suggestions"> {
  /** The key within the entry, dotted; empty for the entry as a whole. */
  readonly name: string;
  readonly raw: unknown;
  readonly message: string;
  /** Below the entry, where that is not `name` itself. */
  readonly path?: ValuePath;
  readonly part?: "key" | "value";
}

/** Collects the faults of one entry. */
export class Faults {
  readonly list: Fault[] = [];

  add(name: string, raw: unknown, message: string, more: Partial<Fault> = {}): void {
    this.list.push({ name, raw, message, ...more });
  }

  /** Whether something is wrong, not only strange. */
  get refused(): boolean {
    return this.list.some(({ severity }) => severity === undefined);
  }

  /** The value, or null with a fault that says what is allowed. */
  take<T>(name: string, raw: unknown, parsed: Parsed<T>, more: Partial<Fault> = {}): T | null {
    if (parsed.ok) return parsed.value;
    this.add(name, raw, t("It must be {0}.", parsed.allowed), more);
    return null;
  }

  /** Names the keys that nobody knows. */
  keys(entries: readonly (readonly [string, unknown])[], known: readonly string[], prefix: ValuePath = []): void {
    for (const [key, raw] of entries) {
      if (known.includes(key)) continue;
      const { message, suggestions = [] } = unknownKey("", "", key, raw, known);
      const name = [...prefix, key.slice(0, 80)].join(".");
      this.add(name, raw, message, { suggestions, path: [...prefix, key], part: "key" });
    }
  }
}

/** What a list came to. */
export interface ReadList<T> {
  readonly found: readonly T[];
  readonly problems: readonly PlacedProblem[];
}

/** How a list is called and what may stand in it. */
export interface ListShape<T extends Named> {
  /** The key in the file, e.g. `rules`. */
  readonly key: string;
  /** What becomes of an entry that is refused: nothing, or what it was before. */
  readonly leftOut: string;
  readonly staysAsItWas: string;
  /** Entries that are used at most. */
  readonly most: number;
  /** For what is no list, and for what is no entry. */
  readonly listMessage: string;
  readonly entryMessage: string;
  /** Keys of an entry. */
  readonly known: readonly string[];
  /** An id that is allowed, for the message. */
  readonly example: string;
  /** Why an id that is well formed cannot be taken; empty when it can. */
  readonly refuseId?: (id: string) => string;
  /** Reads what an entry says beside its id, and notes what is wrong. Null: not usable. */
  readonly read: (entry: Entry) => T | null;
}

/** One entry while it is read. */
export class Entry {
  /** Empty when it has none that can be used. */
  readonly id: string;
  readonly faults = new Faults();
  /** What it says, without what it leaves empty. */
  readonly given: ReadonlyMap<string, unknown>;

  constructor(entries: readonly (readonly [string, unknown])[], id: string) {
    this.given = new Map(entries.filter(([, value]) => value !== null));
    this.id = id;
  }

  has(name: string): boolean {
    return this.given.has(name);
  }

  get(name: string): unknown {
    return this.given.get(name);
  }

  /** Notes what is wrong with a key. */
  fault(name: string, message: string, raw: unknown = this.get(name)): void {
    this.faults.add(name, raw, message);
  }
}

/**
 * Checks the list of one file. `taken` holds the ids in use, with who uses them; it is added to. A refused entry gives
 * way to the last good one of the same id and origin among `previous`.
 */
export function readList<T extends Named>(
  raw: unknown,
  file: ListFile,
  shape: ListShape<T>,
  taken: Map<string, string>,
  previous: readonly T[],
): ReadList<T> {
  const { key, most } = shape;
  if (raw === undefined || raw === null) return { found: [], problems: [] };
  if (!Array.isArray(raw)) return { found: [], problems: [problem(file.path, key, raw, shape.listMessage)] };
  const found: T[] = [];
  const problems: PlacedProblem[] = [];
  if (raw.length > most) {
    problems.push(problem(file.path, key, raw.length, t("Only the first {0} {1} of a file are used.", most, key)));
  }
  for (const [index, item] of (raw as readonly unknown[]).slice(0, most).entries()) {
    const { id, value, faults } = readEntry(item, shape, taken);
    const lastGood =
      value === null
        ? previous.find((one) => one.id === id && one.origin === file.origin && !taken.has(one.id))
        : undefined;
    const kept = value ?? lastGood;
    if (kept !== undefined) {
      found.push(kept);
      taken.set(kept.id, file.origin);
    }
    const where = id === "" ? `${key}[${String(index)}]` : `${key}.${id}`;
    const instead = lastGood === undefined ? shape.leftOut : shape.staysAsItWas;
    for (const fault of faults) {
      const { name, raw: refused, message, path = name === "" ? [] : [name], part = "value", ...more } = fault;
      const at = name === "" ? where : `${where}.${name}`;
      const full = more.severity === undefined ? `${message} ${instead}` : message;
      problems.push(problem(file.path, at, refused, full, { ...more, place: { path: [key, index, ...path], part } }));
    }
  }
  return { found, problems };
}

function readEntry<T extends Named>(
  item: unknown,
  shape: ListShape<T>,
  taken: ReadonlyMap<string, string>,
): { readonly id: string; readonly value: T | null; readonly faults: readonly Fault[] } {
  const entries = entriesOf(item);
  if (entries === null) {
    return { id: "", value: null, faults: [{ name: "", raw: item, message: shape.entryMessage }] };
  }
  const rawId = entries.find(([name]) => name === "id")?.[1];
  const id = typeof rawId === "string" && ID.test(rawId) ? rawId : "";
  const entry = new Entry(entries, id);
  entry.faults.keys(entries, shape.known);
  const refused = id === "" ? "" : (shape.refuseId?.(id) ?? "");
  if (id === "") {
    const message = t("It must be small letters, digits and dashes, and begin with a letter, like {0}.", shape.example);
    entry.fault("id", message, rawId);
  } else if (refused !== "") entry.fault("id", refused);
  else if (taken.has(id)) entry.fault("id", t("This id is used already ({0}): choose another.", taken.get(id) ?? ""));
  const value = shape.read(entry);
  return { id, value: entry.faults.refused ? null : value, faults: entry.faults.list };
}
