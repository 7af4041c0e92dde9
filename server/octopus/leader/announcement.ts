/** How the leader is found and known: a note beside the lock names its socket and its token file; both are 0600. */
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { notSecret } from "../../host/own-folder.ts";
import { parseAnnouncement, type Announcement } from "../../wire/link.ts";
import { jsonIn } from "../../wire/wire.ts";

const FILE_MODE = 0o600;
/** Both files hold a line or two. */
const MAX_BYTES = 16_384;

/** Writes a file that others cannot read, whole or not at all. Throws the system's error. */
export function writeSecret(file: string, text: string): void {
  const fresh = `${file}.${String(process.pid)}.new`;
  // One left by a process that was killed may be somebody's or have another mode.
  rmSync(fresh, { force: true });
  writeFileSync(fresh, text, { mode: FILE_MODE, flag: "wx" });
  renameSync(fresh, file);
}

/** Reads a file that only this user may read and write. Throws in words, or the system's error. */
export function readSecret(file: string): string {
  const wrong = notSecret(file);
  if (wrong !== "") throw new Error(`${wrong}, so it is not trusted`);
  if (statSync(file).size > MAX_BYTES) throw new Error(`${file} is too large`);
  return readFileSync(file, "utf8");
}

/** Says where the leader is. */
export function announce(file: string, announcement: Announcement): void {
  writeSecret(file, `${JSON.stringify(announcement)}\n`);
}

/** Where the last leader said it was; null when none did. It may be dead. Throws in words for a note that is wrong. */
export function announced(file: string): Announcement | null {
  let text: string;
  try {
    text = readSecret(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  const parsed = parseAnnouncement(jsonIn(text));
  if (!parsed.ok) throw new Error(`${file}: ${parsed.reason}`);
  return parsed.value;
}
