/** What went wrong with a SQLite file, sorted by what has to be done about it. */
import { t } from "@vscode/l10n";

/** This Node has no SQLite. */
export class SqliteMissing extends Error {
  override readonly name = "SqliteMissing";
  constructor() {
    super(t("Node {0} has no node:sqlite. Use Node 22.13 or later to keep history on disk.", process.versions.node));
  }
}

/** The file is damaged, or is something else than Gorgon's history. */
export class FileDamaged extends Error {
  override readonly name = "FileDamaged";
}

/** The file was written by a newer Gorgon. */
export class FileNewer extends Error {
  override readonly name = "FileNewer";
  readonly version: number;
  constructor(version: number, known: number) {
    super(`it has version ${String(version)}, and this Gorgon knows versions up to ${String(known)}`);
    this.version = version;
  }
}

/**
 * `damaged`, `newer`: the file has to be moved aside. `full`: no room. `busy`: another process has it for a moment.
 * `denied`: permissions or a read-only file system. `other`: anything else; try again later.
 */
export type Fault = "damaged" | "newer" | "full" | "busy" | "denied" | "other";

/** SQLite's primary result codes (sqlite.org/rescode.html) that mean something special here. */
const BY_RESULT_CODE: ReadonlyMap<number, Fault> = new Map([
  [3, "denied"], // PERM
  [5, "busy"], // BUSY
  [6, "busy"], // LOCKED
  [8, "denied"], // READONLY
  [11, "damaged"], // CORRUPT
  [13, "full"], // FULL
  [14, "denied"], // CANTOPEN
  [23, "denied"], // AUTH
  [26, "damaged"], // NOTADB
]);

const BY_SYSTEM_CODE: ReadonlyMap<string, Fault> = new Map([
  ["ENOSPC", "full"],
  ["EDQUOT", "full"],
  ["EACCES", "denied"],
  ["EPERM", "denied"],
  ["EROFS", "denied"],
]);

/** Sorts an error. */
export function faultOf(error: unknown): Fault {
  if (error instanceof FileDamaged) return "damaged";
  if (error instanceof FileNewer) return "newer";
  if (!(error instanceof Error)) return "other";
  const { errcode, code } = error as { errcode?: unknown; code?: unknown };
  // The low byte is the primary code; the rest tells variants apart.
  if (typeof errcode === "number") return BY_RESULT_CODE.get(errcode & 0xff) ?? "other";
  return (typeof code === "string" ? BY_SYSTEM_CODE.get(code) : undefined) ?? "other";
}

/** The error in words. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
