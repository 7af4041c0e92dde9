/** What the package holds, by the list of what is let in. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { listFiles, PackageManager } from "@vscode/vsce";
import { expect, test } from "vitest";

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
