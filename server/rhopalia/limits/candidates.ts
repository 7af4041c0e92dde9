/** Every limit in sight on one resource, and the tightest of them. */

/** A limit and what sets it. */
export interface Candidate {
  readonly value: number;
  readonly source: string;
}

/** The tightest; of equals the first. Null for none. A limit of 0 or less, or one that is no number, is none. */
export function tightest(candidates: readonly (Candidate | null)[]): Candidate | null {
  let found: Candidate | null = null;
  for (const one of candidates) {
    if (one === null || !Number.isFinite(one.value) || !(one.value > 0)) continue;
    if (found === null || one.value < found.value) found = one;
  }
  return found;
}

const SIZE = /^\s*(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?)b?|b)?\s*$/i;
const POWERS = ["", "k", "m", "g", "t"];

/**
 * `MEM_LIMIT` as JupyterHub's spawners set it: bytes; sizes as people write them (`512M`, `1.5G`, `2Gi`) are taken too,
 * in steps of 1024 as JupyterHub reads them. Null: not set, or not a size.
 */
export function memoryOfEnvironment(text: string | undefined): Candidate | null {
  const [, number = "", unit = ""] = SIZE.exec(text ?? "") ?? [];
  if (number === "") return null;
  return { value: Number(number) * 1024 ** POWERS.indexOf(unit.toLowerCase()), source: "MEM_LIMIT" };
}

/** `CPU_LIMIT` as JupyterHub's spawners set it: cores, with fractions; `500m` as Kubernetes writes it. */
export function cpuOfEnvironment(text: string | undefined): Candidate | null {
  const [, number = "", milli = ""] = /^\s*(\d+(?:\.\d+)?)(m?)\s*$/.exec(text ?? "") ?? [];
  if (number === "") return null;
  return { value: Number(number) / (milli === "" ? 1 : 1000), source: "CPU_LIMIT" };
}
