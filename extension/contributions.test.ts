/** package.json and the README say what extension/contributions.ts says, and the extension does it. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { format } from "prettier";
import { expect, test } from "vitest";
import { COMMAND_LIST, COMMANDS, manifest, putTable, SETTINGS, withTables } from "./contributions.ts";

const root = path.dirname(import.meta.dirname);
const read = (name: string): string => readFileSync(path.join(root, name), "utf8");

test("package.json is up to date (else: npm run contributions)", () => {
  const { activationEvents, extensionKind, capabilities, contributes } = JSON.parse(read("package.json")) as Record<
    string,
    unknown
  >;
  expect({ activationEvents, extensionKind, capabilities, contributes }).toEqual(
    JSON.parse(JSON.stringify(manifest())),
  );
});

test("the README's tables are up to date (else: npm run contributions)", async () => {
  const readme = read("README.md");
  const wanted = await format(withTables(readme), { parser: "markdown", printWidth: 120 });
  expect(readme).toBe(wanted);
});

test("every command is in the palette under Gorgon and in the README", () => {
  expect(COMMAND_LIST.map((one) => one.command).sort()).toEqual(Object.values(COMMANDS).sort());
  for (const one of COMMAND_LIST) expect(one.help).toMatch(/\.$/);
});

test("every setting may differ by machine and says in a sentence what changes", () => {
  const { configuration } = manifest().contributes as {
    configuration: { properties: Record<string, { scope: string; markdownDescription: string }> };
  };
  const properties = Object.values(configuration.properties);
  expect(properties).toHaveLength(Object.keys(SETTINGS).length);
  for (const one of properties) {
    expect(one.scope).toBe("machine-overridable");
    expect(one.markdownDescription).toMatch(/\.$/);
  }
});

test("what a foreign folder could run code with is restricted", () => {
  expect(manifest().capabilities["untrustedWorkspaces"]).toMatchObject({
    supported: "limited",
    restrictedConfigurations: ["gorgon.server.execArgv"],
  });
});

test("a table goes between its markers and nowhere else", () => {
  expect(putTable("a\n<!-- x -->old<!-- /x -->\nb", "x", "new")).toBe("a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb");
  expect(putTable("no markers", "x", "new")).toBe("no markers");
});
