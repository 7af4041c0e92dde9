/** Once before all cases: builds the front end and the wheel of this tree, and installs it into a folder of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { frontModules } from "../../scripts/front.ts";
import { buildWheel, installWheel, PLACES, run } from "./install.ts";

const root = path.dirname(path.dirname(import.meta.dirname));

/** Where the cases find it: the environment of their processes. What is missing they say themselves. */
export async function setup(): Promise<(() => void) | undefined> {
  const folder = mkdtempSync(path.join(tmpdir(), "gorgon-wheel-"));
  const tidy = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    await frontModules();
    await run(process.execPath, [path.join(root, "jupyter", "build.mjs")]);
    const wheel = await buildWheel(path.join(root, "jupyter"), folder);
    process.env[PLACES] = JSON.stringify(await installWheel(wheel, path.join(folder, "prefix")));
    return tidy;
  } catch (error) {
    tidy();
    const reason = error instanceof Error ? error.message : String(error);
    process.env[PLACES] = reason.startsWith("missing:") ? reason : `The wheel cannot be installed: ${reason}`;
    return undefined;
  }
}
