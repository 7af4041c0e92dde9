/** Looks at what one watched path stands for: a file, what a folder holds, or all that a pattern finds. */
import type { FileFacts, Files } from "../../host/host.ts";
import { codeOf, Unreadable } from "../reason.ts";
import { isPattern, matches } from "../wildcard.ts";

/** More entries than this are counted no further: a watch must not become a search of the disk. */
export const MOST_ENTRIES = 10_000;

const ABSENT: ReadonlySet<string> = new Set(["ENOENT", "ENOTDIR"]);

/** What was found. Times are milliseconds since the epoch; null when nothing was. */
export interface Survey {
  readonly count: number;
  readonly bytes: number;
  readonly newestMs: number | null;
  readonly oldestMs: number | null;
  /** There are more than `MOST_ENTRIES`. */
  readonly cut: boolean;
}

/**
 * Surveys an absolute path with slashes. A path that is not there is no error: it counts 0. A folder counts what is
 * directly in it. Rejects with Unreadable.
 */
export async function survey(files: Files, path: string): Promise<Survey> {
  const walk = new Walk(files);
  const found = isPattern(path) ? await walk.expand(path) : [path];
  const facts: FileFacts[] = [];
  for (const one of found) {
    const look = await walk.look(one);
    if (look === null) continue;
    if (look.kind !== "folder" || isPattern(path)) facts.push(look);
    else for (const name of await walk.list(one)) await walk.look(`${trimmed(one)}/${name}`).then(keepIn(facts));
  }
  let bytes = 0;
  let newestMs: number | null = null;
  let oldestMs: number | null = null;
  for (const { kind, bytes: size, modifiedMs } of facts) {
    if (kind === "file") bytes += size;
    newestMs = Math.max(newestMs ?? modifiedMs, modifiedMs);
    oldestMs = Math.min(oldestMs ?? modifiedMs, modifiedMs);
  }
  return { count: facts.length, bytes, newestMs, oldestMs, cut: walk.cut };
}

const keepIn = (into: FileFacts[]) => (found: FileFacts | null) => {
  if (found !== null) into.push(found);
};

function trimmed(path: string): string {
  return path.endsWith("/") ? path.slice(0, -1) : path;
}

/** One survey's steps, with its budget of entries. */
class Walk {
  readonly #files: Files;
  #left = MOST_ENTRIES;
  cut = false;

  constructor(files: Files) {
    this.#files = files;
  }

  /** Null when there is nothing, or it went away meanwhile. */
  async look(path: string): Promise<FileFacts | null> {
    try {
      return await this.#files.look(path);
    } catch (error) {
      // A link that leads to itself leads to nothing.
      if (ABSENT.has(codeOf(error)) || codeOf(error) === "ELOOP") return null;
      throw new Unreadable(path, error);
    }
  }

  async list(path: string): Promise<readonly string[]> {
    try {
      const names = await this.#files.entries(path, this.#left + 1);
      if (names.length > this.#left) this.cut = true;
      const taken = names.slice(0, this.#left);
      this.#left -= taken.length;
      return taken;
    } catch (error) {
      if (ABSENT.has(codeOf(error))) return [];
      throw new Unreadable(path, error);
    }
  }

  /** All paths that a pattern finds, part by part. Names that begin with a dot must be asked for with one. */
  async expand(pattern: string): Promise<readonly string[]> {
    const [first = "", ...parts] = pattern.split("/");
    let folders = [first];
    for (const [index, part] of parts.entries()) {
      if (part === "") continue;
      if (!isPattern(part)) {
        folders = folders.map((folder) => `${folder}/${part}`);
        continue;
      }
      const next: string[] = [];
      for (const folder of folders) {
        for (const name of await this.list(folder === "" ? "/" : folder)) {
          if (name.startsWith(".") && !part.startsWith(".")) continue;
          if (matches(part, name)) next.push(`${folder}/${name}`);
        }
      }
      folders = next;
      if (folders.length === 0 && index < parts.length - 1) return [];
    }
    return folders;
  }
}
