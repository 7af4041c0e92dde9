/** Node's SQLite, found when first needed: some Nodes do not have it, and bundlers must not look for it. */
import type * as Sqlite from "node:sqlite";
import { SqliteMissing } from "./sqlite-errors.ts";

/** Throws SqliteMissing. */
export function sqlite(): typeof Sqlite {
  const found = process.getBuiltinModule("node:sqlite") as typeof Sqlite | undefined;
  if (found === undefined) throw new SqliteMissing();
  return found;
}
