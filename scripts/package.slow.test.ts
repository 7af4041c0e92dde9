/** What the package holds, by the list of what is let in. */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { packedFiles } from "./package.ts";
import { copyPython, pythonFiles } from "./python-files.ts";

const root = path.dirname(import.meta.dirname);
const python = path.join(root, "jupyter", "gorgon");
let files: readonly string[];

beforeAll(async () => {
  const built = path.join(root, "dist", "python");
  if (!existsSync(built)) await copyPython(python, built);
  files = await packedFiles();
});

test("every language's texts are in the package, and no source of them", () => {
  const manifests = readdirSync(root).filter((name) => /^package\.nls.*\.json$/.test(name));
  const bundles = readdirSync(path.join(root, "l10n")).map((name) => `l10n/${name}`);
  expect(manifests).toContain("package.nls.json");
  expect(bundles).toContain("l10n/bundle.l10n.json");
  expect(files).toEqual(expect.arrayContaining(["package.json", ...manifests, ...bundles]));
  expect(files.filter((file) => file.endsWith(".ts"))).toEqual([]);
});

test("the kernels' Python package is in it, as files and as a zip, without caches and tests", () => {
  const wanted = [...pythonFiles(python).map((file) => `dist/python/gorgon/${file}`), "dist/python/gorgon.zip"];
  expect(files.filter((file) => /python|\.py$/.test(file))).toEqual(wanted.sort());
});
