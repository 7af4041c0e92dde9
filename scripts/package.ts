/** Packs the extension: builds dist/, writes out/gorgon-<version>.vsix and checks what is in it. */
import { mkdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createVSIX, listFiles, PackageManager } from "@vscode/vsce";
import { buildAll } from "./build.ts";

const root = path.dirname(import.meta.dirname);

/** The largest VSIX that may be shipped, bytes. */
const LIMIT = 3_000_000;

/** Native modules would tie the VSIX to one platform; sources belong to the repository. */
const FORBIDDEN = /\.node$|\.ts$|(^|\/)node_modules\/|\.vsix$|(^|\/)\.env/;

/** A packed extension. */
export interface Vsix {
  readonly file: string;
  readonly bytes: number;
  /** Paths inside, relative to the extension's root. */
  readonly files: readonly string[];
}

/** Builds and packs the extension. Throws when the VSIX is too large or holds what must not be shipped. */
export async function packageVsix(): Promise<Vsix> {
  const pkg = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { name: string; version: string };
  await buildAll();
  // The bundles hold every dependency, so none is listed or copied.
  const files = await listFiles({ cwd: root, packageManager: PackageManager.None });
  const wrong = files.filter((file) => FORBIDDEN.test(file));
  if (wrong.length > 0) {
    throw new Error(`The VSIX must not hold ${wrong.slice(0, 10).join(", ")}. Add them to .vscodeignore.`);
  }
  const out = path.join(root, "out");
  mkdirSync(out, { recursive: true });
  const file = path.join(out, `${pkg.name}-${pkg.version}.vsix`);
  await createVSIX({
    cwd: root,
    packagePath: file,
    dependencies: false,
    rewriteRelativeLinks: false,
    allowMissingRepository: true,
  });
  const { size } = statSync(file);
  if (size > LIMIT) {
    throw new Error(`${file} is ${String(size)} bytes, over the limit of ${String(LIMIT)}. See what grew: unzip -l.`);
  }
  return { file, bytes: size, files };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const vsix = await packageVsix();
  for (const file of vsix.files) console.log(`  ${file}`);
  const relative = path.relative(root, vsix.file);
  console.log(`${relative}: ${(vsix.bytes / 1000).toFixed(0)} kB, ${String(vsix.files.length)} files`);
}
