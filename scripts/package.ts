/** Packs the extension: builds dist/, writes out/gorgon-<version>.vsix and checks what is in it. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { createVSIX, listFiles, PackageManager } from "@vscode/vsce";
import { buildAll } from "./build.ts";

const root = path.dirname(import.meta.dirname);

/** The largest VSIX that may be shipped, bytes. */
const LIMIT = 3_000_000;

/** Native modules would tie the VSIX to one platform; sources belong to the repository. */
const FORBIDDEN = /\.node$|\.ts$|\.pyc$|(^|\/)jupyter\/|(^|\/)node_modules\/|\.vsix$|(^|\/)\.env/;

/** A packed extension. */
export interface Vsix {
  readonly file: string;
  readonly bytes: number;
  /** Paths inside, relative to the extension's root. */
  readonly files: readonly string[];
}

/** Where the VSIX of this version goes. */
function target(): string {
  const pkg = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { name: string; version: string };
  return path.join(root, "out", `${pkg.name}-${pkg.version}.vsix`);
}

/** What .vscodeignore chooses from. */
const SHELF: readonly string[] = [
  ...["dist", "l10n", "media", "package.json", ".vscodeignore", "README.md", "CHANGELOG.md", "LICENSE"],
  ...readdirSync(root).filter((name) => /^package\.nls.*\.json$/.test(name)),
];

/**
 * Copies what may be packed into a folder of its own, which is the answer. In the repository vsce would look at every
 * file of Python's environments and the tests' packages, ten thousands of them.
 */
function stage(): string {
  const folder = path.join(root, "out", "vsix");
  rmSync(folder, { recursive: true, force: true });
  for (const name of SHELF) cpSync(path.join(root, name), path.join(folder, name), { recursive: true });
  return folder;
}

/** The files that are packed of what is built now, in order. */
export async function packedFiles(cwd = stage()): Promise<readonly string[]> {
  // The bundles hold every dependency, so none is listed or copied.
  return (await listFiles({ cwd, packageManager: PackageManager.None })).sort();
}

/** Builds and packs the extension. Throws when the VSIX is too large or holds what must not be shipped. */
export async function packageVsix(): Promise<Vsix> {
  await buildAll();
  const cwd = stage();
  const files = await packedFiles(cwd);
  const wrong = files.filter((file) => FORBIDDEN.test(file));
  if (wrong.length > 0) {
    throw new Error(`The VSIX must not hold ${wrong.slice(0, 10).join(", ")}. Add them to .vscodeignore.`);
  }
  const file = target();
  mkdirSync(path.dirname(file), { recursive: true });
  await createVSIX({
    cwd,
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

/** The newest change under a file or folder, milliseconds since the epoch. */
function newest(place: string): number {
  const found = statSync(place, { throwIfNoEntry: false });
  // Python's caches come and go beside its files.
  if (!found || path.basename(place) === "__pycache__") return 0;
  if (!found.isDirectory()) return found.mtimeMs;
  return readdirSync(place).reduce((time, name) => Math.max(time, newest(path.join(place, name))), found.mtimeMs);
}

/** What goes into the VSIX, directly or through the bundles. */
const INPUTS: readonly string[] = [
  "jupyter/gorgon",
  ...["extension", "protocol", "server", "webview", "media", "l10n"],
  ...[
    "package.json",
    ".vscodeignore",
    "README.md",
    "CHANGELOG.md",
    "LICENSE",
    "scripts/build.ts",
    "scripts/python-files.ts",
  ],
  ...readdirSync(root).filter((name) => /^package\.nls.*\.json$/.test(name)),
];

/** The VSIX of the sources as they are: packs it unless that was done since their last change. Answers with its path. */
export async function freshVsix(): Promise<string> {
  const file = target();
  const changed = Math.max(...INPUTS.map((name) => newest(path.join(root, name))));
  return newest(file) > changed ? file : (await packageVsix()).file;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const vsix = await packageVsix();
  for (const file of vsix.files) console.log(`  ${file}`);
  const relative = path.relative(root, vsix.file);
  console.log(`${relative}: ${(vsix.bytes / 1000).toFixed(0)} kB, ${String(vsix.files.length)} files`);
}
