/**
 * Who may write: an exclusive transaction held open on a small database beside the history. Node has no flock; SQLite
 * locks through the kernel, which frees the lock when its holder dies, however it dies. There is no pid file to go stale.
 */
import { truncateSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { ensurePrivateFile, identityOf } from "./private-file.ts";
import { faultOf } from "./sqlite-errors.ts";
import { sqlite } from "./sqlite-module.ts";

/** The right to write, held until released or until this process ends. */
export class WriterLock {
  readonly #path: string;
  readonly #database: DatabaseSync;
  readonly #identity: string | null;

  private constructor(path: string, database: DatabaseSync, identity: string | null) {
    this.#path = path;
    this.#database = database;
    this.#identity = identity;
  }

  /** Takes the lock at once, or says null when another holds it. Throws what the system says when it cannot be tried. */
  static take(path: string): WriterLock | null {
    ensurePrivateFile(path);
    try {
      return WriterLock.#begin(path);
    } catch (error) {
      if (faultOf(error) !== "damaged") throw error;
      // The file never holds anything, and nobody holds a lock on it, or it could not have been read: empty it.
      truncateSync(path, 0);
      return WriterLock.#begin(path);
    }
  }

  /** False when the file at the path is another one now: somebody removed it, and others may lock the new one. */
  get valid(): boolean {
    return this.#identity !== null && identityOf(this.#path) === this.#identity;
  }

  release(): void {
    // Closing ends the transaction.
    this.#database.close();
  }

  static #begin(path: string): WriterLock | null {
    const identity = identityOf(path);
    const database = new (sqlite().DatabaseSync)(path, { timeout: 0 });
    try {
      // Nothing is ever written, so a journal beside the file would only be litter.
      database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      if (faultOf(error) === "busy") return null;
      throw error;
    }
    const lock = new WriterLock(path, database, identity);
    if (lock.valid) return lock;
    lock.release();
    return null;
  }
}
