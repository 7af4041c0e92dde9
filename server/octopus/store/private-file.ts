/** Files for one user's eyes: made 0600 in a 0700 folder whatever the umask, and moved aside, never deleted. */
import { chmodSync, closeSync, existsSync, mkdirSync, openSync, renameSync, statSync } from "node:fs";
import path from "node:path";

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** SQLite's companions of a database file. */
const COMPANIONS = ["", "-wal", "-shm"] as const;

/**
 * Makes the folder and an empty file where they are missing, and takes the file away from others' eyes where it is
 * not. SQLite gives its -wal and -shm the file's own mode. An existing file is never opened here: closing it again
 * would drop the locks that this process holds on it.
 */
export function ensurePrivateFile(file: string): void {
  ensurePrivateFolder(path.dirname(file));
  try {
    closeSync(openSync(file, "wx", FILE_MODE));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  if ((statSync(file).mode & 0o777) !== FILE_MODE && process.platform !== "win32") chmodSync(file, FILE_MODE);
}

function ensurePrivateFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: FOLDER_MODE });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    // Only where parents are missing: mkdir with `recursive` reports a read-only disk as ENOENT.
    if (code !== "ENOENT") throw error;
    mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  }
}

/** Which file a path leads to now; null when none. */
export function identityOf(file: string): string | null {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? null : `${String(found.dev)}:${String(found.ino)}`;
}

/** Bytes of a database with its companions. */
export function bytesOf(file: string): number {
  let bytes = 0;
  for (const companion of COMPANIONS) {
    if (companion === "-shm") continue;
    bytes += statSync(file + companion, { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

/** Renames a database and its companions to `<file>.<why>-<time>`; gives the new path. Nothing is overwritten. */
export function moveAside(file: string, why: string, time: number): string {
  const stamp = new Date(time).toISOString().replaceAll(":", "-");
  let target = `${file}.${why}-${stamp}`;
  for (let again = 2; COMPANIONS.some((companion) => existsSync(target + companion)); again++) {
    target = `${file}.${why}-${stamp}-${String(again)}`;
  }
  for (const companion of COMPANIONS) {
    if (existsSync(file + companion)) renameSync(file + companion, target + companion);
  }
  return target;
}
