/** What a `watches:` entry asks for. */

/** One watch. `workspace`: the folder's name when a workspace's file added it, otherwise empty. */
interface Common {
  /** Unique among all watches; the attribute `gorgon.watch` of its readings. */
  readonly id: string;
  /** Where it comes from: `user file`, or `workspace demo`. */
  readonly origin: string;
  readonly workspace: string;
}

/** A path: absolute, and `*` or `?` in any part make it a pattern. */
export interface FileWatch extends Common {
  readonly kind: "file";
  readonly path: string;
}

/** Processes by name, `*` and `?` allowed, or one by its pid. */
export interface ProcessWatch extends Common {
  readonly kind: "process";
  readonly name: string;
  /** 0: by name. */
  readonly pid: number;
}

export type Watch = FileWatch | ProcessWatch;

/** The attributes of every reading of a watch. */
export function watchAttributes(watch: Watch): Readonly<Record<string, string>> {
  const named = { "gorgon.watch": watch.id };
  return watch.workspace === "" ? named : { ...named, "gorgon.workspace": watch.workspace };
}
