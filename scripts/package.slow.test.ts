/** What the package holds, by the list of what is let in. */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { listFiles, PackageManager } from "@vscode/vsce";
import { expect, test } from "vitest";
import { copyPython, pythonFiles } from "./python-files.ts";

const root = path.dirname(import.meta.dirname);

test("every language's texts are in the package, and no source of them", async () => {
  const files = await listFiles({ cwd: root, packageManager: PackageManager.None });
  const manifests = readdirSync(root).filter((name) => /^package\.nls.*\.json$/.test(name));
  const bundles = readdirSync(path.join(root, "l10n")).map((name) => `l10n/${name}`);
  expect(manifests).toContain("package.nls.json");
  expect(bundles).toContain("l10n/bundle.l10n.json");
  expect(files).toEqual(expect.arrayContaining(["package.json", ...manifests, ...bundles]));
  expect(files.filter((file) => file.endsWith(".ts"))).toEqual([]);
});

test("the kernels' Python package is in it, as files and as a zip, without caches and tests", async () => {
  const source = path.join(root, "jupyter", "gorgon");
  const built = path.join(root, "dist", "python");
  if (!existsSync(built)) await copyPython(source, built);
  const files = await listFiles({ cwd: root, packageManager: PackageManager.None });
  const python = files.filter((file) => file.startsWith("dist/python/")).sort();
  expect(python).toEqual(
    [...pythonFiles(source).map((file) => `dist/python/gorgon/${file}`), "dist/python/gorgon.zip"].sort(),
  );
  expect(files.filter((file) => file.startsWith("jupyter/"))).toEqual([]);
});
