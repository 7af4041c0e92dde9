/** Writes what is made from a table: package.json's contributions and their English, the README's tables, the JSON schema of gorgon.yaml. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format } from "prettier";
import { keyedManifest, manifestSentences } from "../extension/contributions.ts";
import { withTables } from "../extension/readme.ts";
import { configSchema } from "../server/config/schema.ts";

const root = path.dirname(import.meta.dirname);

async function write(name: string, change: (text: string) => string): Promise<void> {
  const file = path.join(root, name);
  const before = existsSync(file) ? readFileSync(file, "utf8") : "";
  const after = await format(change(before), { printWidth: 120, filepath: file });
  if (after === before) {
    console.log(`${name}: nothing to change.`);
    return;
  }
  writeFileSync(file, after);
  console.log(`${name}: written.`);
}

await write("package.json", (text) => {
  const { activationEvents, extensionKind, capabilities, contributes, l10n, ...rest } = JSON.parse(text) as Record<
    string,
    unknown
  >;
  const had = { activationEvents, extensionKind, capabilities, contributes, l10n };
  const wanted = { ...had, ...keyedManifest() };
  // Beside `main`, where a reader of a manifest looks for them.
  const entries = Object.entries(rest).flatMap(([key, value]): [string, unknown][] =>
    key === "main" ? [[key, value], ...Object.entries(wanted)] : [[key, value]],
  );
  return JSON.stringify(Object.fromEntries(entries), null, 2);
});
await write("package.nls.json", () => JSON.stringify(manifestSentences()));
await write("README.md", withTables);
await write("media/gorgon.schema.json", () => JSON.stringify(configSchema()));
