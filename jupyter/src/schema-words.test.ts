/** The settings' words in code and in the schema are the same ones, and have a German form each. */
import { readFileSync } from "node:fs";
import path from "node:path";
import type { ISettingRegistry } from "@jupyterlab/settingregistry";
import { config } from "@vscode/l10n";
import { afterEach, expect, it } from "vitest";
import german from "../../l10n/bundle.l10n.de.json" with { type: "json" };
import { inLanguage, settingWords } from "./schema-words.ts";

const FILE = path.join(import.meta.dirname, "..", "schema", "options.json");
const SCHEMA = JSON.parse(readFileSync(FILE, "utf8")) as ISettingRegistry.ISchema;

const translated = (): ISettingRegistry.ISchema =>
  inLanguage({ id: "gorgon-jupyter:options", data: { composite: {}, user: {} }, raw: "", schema: SCHEMA, version: "1" })
    .schema;

afterEach(() => config({ contents: {} }));

it("says in English what the schema says", () => {
  expect(translated()).toEqual(SCHEMA);
  expect(Object.keys(settingWords())).toEqual(Object.keys(SCHEMA.properties ?? {}));
});

it("says everything in German, and leaves what is no word as it is", () => {
  config({ contents: german });
  const schema = translated();
  expect(schema.description).not.toBe(SCHEMA.description);
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const { title, description, ...rest } = property;
    const { title: before, description: text, ...same } = SCHEMA.properties?.[name] ?? {};
    expect([name, title === before, description === text]).toEqual([name, false, false]);
    expect(rest).toEqual(same);
  }
});
