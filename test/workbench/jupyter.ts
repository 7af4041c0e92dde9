/** Packs the fixture that stands in for the Jupyter extension. */
import { copyFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { createVSIX } from "@vscode/vsce";
import { build } from "esbuild";

const root = path.dirname(path.dirname(import.meta.dirname));
const source = path.join(import.meta.dirname, "fixtures", "jupyter");

/** Where the bridge to the kernels is: a Python program of the fixture's. */
export const BRIDGE = path.join(source, "bridge.py");

/** Bundles and packs the fixture; answers with the VSIX's path. About a second. */
export async function packJupyter(folder = path.join(root, "out", "jupyter-fixture")): Promise<string> {
  mkdirSync(folder, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: [path.join(source, "extension.ts")],
    outfile: path.join(folder, "extension.cjs"),
    bundle: true,
    platform: "node",
    target: "node22",
    format: "cjs",
    sourcemap: "inline",
    external: ["vscode"],
    logLevel: "error",
  });
  for (const name of ["package.json", "bridge.py"]) copyFileSync(path.join(source, name), path.join(folder, name));
  const packagePath = path.join(root, "out", "jupyter-fixture.vsix");
  await createVSIX({ cwd: folder, packagePath, dependencies: false, allowMissingRepository: true, skipLicense: true });
  return packagePath;
}
