/**
 * Who leads: an exclusive transaction held open on `leader.db`. The kernel frees it when its holder dies, however it
 * dies. It lies in a folder that must be this user's own.
 */
import path from "node:path";
import { ensureOwnFolder } from "../../host/own-folder.ts";
import { WriterLock } from "../store/writer-lock.ts";

/** The right to lead, held until released or until this process ends. */
export type LeaderLock = WriterLock;

/**
 * Takes the lock at once, or says null when another worker holds it. Throws FolderRefused, SqliteMissing or what the
 * system says when it cannot be tried.
 */
export function takeLeaderLock(file: string): LeaderLock | null {
  ensureOwnFolder(path.dirname(file));
  return WriterLock.take(file);
}
