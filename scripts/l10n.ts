/** Writes l10n/bundle.l10n.json from the sentences in the code, and takes out of each language what is not said any more. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format } from "prettier";
import { wordsIn } from "./words.ts";

const root = path.dirname(import.meta.dirname);
const folder = path.join(root, "l10n");
mkdirSync(folder, { recursive: true });

const { messages, faults } = wordsIn(root);
for (const { file, line, reason } of faults) console.error(`${file}:${String(line)}: ${reason}`);
if (faults.length > 0) process.exit(1);

const write = async (name: string, content: Readonly<Record<string, string>>): Promise<void> => {
  writeFileSync(path.join(folder, name), await format(JSON.stringify(content), { parser: "json", printWidth: 120 }));
};
await write("bundle.l10n.json", Object.fromEntries(messages.map((message) => [message, message])));
for (const name of readdirSync(folder).filter((one) => /^bundle\.l10n\..+\.json$/.test(one))) {
  const had = JSON.parse(readFileSync(path.join(folder, name), "utf8")) as Record<string, string>;
  const missing = messages.filter((message) => had[message] === undefined);
  // A sentence without a translation stays out, so that the test names it.
  await write(
    name,
    Object.fromEntries(messages.flatMap((message) => (had[message] === undefined ? [] : [[message, had[message]]]))),
  );
  console.log(`${name}: ${String(messages.length - missing.length)} of ${String(messages.length)} sentences.`);
  for (const message of missing) console.log(`  missing: ${JSON.stringify(message)}`);
}
console.log(`bundle.l10n.json: ${String(messages.length)} sentences.`);
