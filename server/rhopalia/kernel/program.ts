/** Where the small Python program lies that watches kernels. */
import path from "node:path";
import type { Files } from "../../host/host.ts";

/** Beside the worker's bundle; and from this file, in the source tree. */
const PACKED = "python/gorgon/watcher.py";
const SOURCE = "../../../jupyter/gorgon/watcher.py";
const HERE = path.join("server", "rhopalia", "kernel");

/** Its path; null where it was not packed. */
export function watcherProgram(files: Pick<Files, "exists">, folder = import.meta.dirname): string | null {
  // Three folders above a bundle lies what is none of ours.
  const file = path.resolve(folder, folder.endsWith(HERE) ? SOURCE : PACKED);
  return files.exists(file) ? file : null;
}
