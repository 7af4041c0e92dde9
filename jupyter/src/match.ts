/** Finds the cell that a record is of: by its id, else by its text and its number together. Where several fit, none is taken. */
import type { CellRef } from "../../protocol/cell.ts";

/** A code cell of a notebook. `key` is the same object as long as it is the same cell to the front end. */
export interface CellPlace {
  readonly key: object;
  /** nbformat's id, or the one that the front end gave. */
  readonly id: string;
  /** `[7]`; null where it has not run. */
  readonly count: number | null;
  /** SHA-1 of its text. */
  readonly hash: () => string;
}

/** The cells of a notebook, ready for many questions. */
export class CellIndex {
  readonly #byId = new Map<string, CellPlace[]>();
  readonly #byCount = new Map<number, CellPlace[]>();
  readonly #keys = new Set<object>();

  constructor(places: readonly CellPlace[]) {
    for (const place of places) {
      this.#keys.add(place.key);
      push(this.#byId, place.id, place);
      if (place.count !== null) push(this.#byCount, place.count, place);
    }
  }

  /** Whether the notebook has this cell. */
  has(key: object): boolean {
    return this.#keys.has(key);
  }

  /** The cell's key; null where none fits, or more than one. */
  find(ref: CellRef): object | null {
    const named = ref.id === null ? [] : (this.#byId.get(ref.id) ?? []);
    const [only] = named;
    if (only !== undefined && named.length === 1) return only.key;
    // Two cells of one id, a file without ids that was opened again, or a run by another program: text and number decide.
    if (ref.hash === "" || ref.executionCount === null) return null;
    const numbered = this.#byCount.get(ref.executionCount) ?? [];
    const candidates = named.length > 0 ? named : numbered;
    const alike = candidates.filter((place) => place.hash() === ref.hash);
    const exact =
      alike.length === 1 && named.length > 0 ? alike : alike.filter((one) => one.count === ref.executionCount);
    return exact.length === 1 ? (exact[0]?.key ?? null) : null;
  }
}

function push<K>(map: Map<K, CellPlace[]>, key: K, place: CellPlace): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [place]);
  else list.push(place);
}
