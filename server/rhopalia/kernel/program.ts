/** Where the small Python program lies that watches kernels. */
import path from "node:path";
import type { Files } from "../../host/host.ts";

/** From this file: beside the worker's bundle, or in the source tree. */
const PLACES = ["python/gorgon/watcher.py", "../../../jupyter/gorgon/watcher.py"];

/** The bundle is CommonJS, the source and the library are not. */
function here(): string {
  return typeof __dirname === "string" ? __dirname : import.meta.dirname;
}

/** Its path; null where it was not packed. */
export function watcherProgram(files: Pick<Files, "exists">, folder = here()): string | null {
  return PLACES.map((place) => path.resolve(folder, place)).find((file) => files.exists(file)) ?? null;
}
