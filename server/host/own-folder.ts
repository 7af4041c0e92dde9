/** Folders for one user alone: made 0700, and refused when they turn out to be somebody else's. */
import { chmodSync, lstatSync, mkdirSync, type Stats } from "node:fs";
import path from "node:path";

const FOLDER_MODE = 0o700;
const OTHERS = 0o077;

/** The folder is not this user's own; nothing is read from it or written to it. */
export class FolderRefused extends Error {
  override readonly name = "FolderRefused";
}

/**
 * Makes a folder and what is missing above it, and checks it and the one above: both must be real folders of this user
 * (in a place that all may write to, somebody could have made them first), and are closed to others where they are
 * not. Throws FolderRefused, or the system's error.
 */
export function ensureOwnFolder(folder: string, uid: number | undefined = process.getuid?.()): void {
  const above = path.dirname(folder);
  mkdirSync(path.dirname(above), { recursive: true, mode: FOLDER_MODE });
  for (const one of [above, folder]) {
    try {
      mkdirSync(one, { mode: FOLDER_MODE });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
    const found = lstatSync(one);
    const wrong = whatIsWrong(one, found, uid);
    if (wrong !== "") throw new FolderRefused(wrong);
    if (uid !== undefined && (found.mode & OTHERS) !== 0) chmodSync(one, FOLDER_MODE);
  }
}

/** Why a file or socket cannot be trusted to be this user's own; empty when it can. Throws the system's error. */
export function notOwn(file: string, uid: number | undefined = process.getuid?.()): string {
  const found = lstatSync(file);
  if (found.isSymbolicLink()) return `${file} is a symbolic link`;
  return uid === undefined || found.uid === uid ? "" : `${file} belongs to another user (uid ${String(found.uid)})`;
}

/** The same for a file that nobody else may read. */
export function notSecret(file: string, uid: number | undefined = process.getuid?.()): string {
  const wrong = notOwn(file, uid);
  if (wrong !== "" || uid === undefined) return wrong;
  const found = lstatSync(file);
  return (found.mode & OTHERS) === 0 ? "" : `${file} is open to others (mode ${(found.mode & 0o777).toString(8)})`;
}

function whatIsWrong(folder: string, found: Stats, uid: number | undefined): string {
  if (!found.isDirectory()) return `${folder} is not a folder; move it away`;
  if (uid === undefined || found.uid === uid) return "";
  return (
    `${folder} belongs to another user (uid ${String(found.uid)}, not ${String(uid)}), so it is left alone; ` +
    "remove it, or set XDG_STATE_HOME to a folder that you own"
  );
}
