/** package.json, package.nls.json and the README say what extension/contributions.ts says, and the extension does it. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { format } from "prettier";
import { expect, test } from "vitest";
import {
  COMMAND_LIST,
  COMMANDS,
  keyedManifest,
  manifest,
  manifestSentences,
  SETTINGS,
  VIEWS,
} from "./contributions.ts";
import { putTable, withTables } from "./readme.ts";
import { placeholders } from "../scripts/words.ts";

const root = path.dirname(import.meta.dirname);
/** What is the same for every window of the host. */
const USERS_OWN = /^gorgon\.(history\.|sensors\.disabled$)/;
const read = (name: string): string => readFileSync(path.join(root, name), "utf8");
const packageJson = (): Record<string, unknown> => JSON.parse(read("package.json")) as Record<string, unknown>;

test("package.json is up to date (else: npm run contributions)", () => {
  const { activationEvents, extensionKind, capabilities, contributes, l10n } = packageJson();
  expect({ activationEvents, extensionKind, capabilities, contributes, l10n }).toEqual(
    JSON.parse(JSON.stringify(keyedManifest())),
  );
});

test("package.nls.json is up to date (else: npm run contributions)", () => {
  expect(JSON.parse(read("package.nls.json"))).toEqual(manifestSentences());
});

/** Keys under which VS Code shows a text. */
const SHOWN = /^(title|name|contextualTitle|category|description|markdownDescription|contents|altText|label)$/;

/** Texts under such keys that are not in package.nls.json, with where they stand. */
function plainTexts(tree: unknown, place = ""): readonly string[] {
  if (typeof tree !== "object" || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) => {
    const here = `${place}.${key}`;
    if (typeof value !== "string") return plainTexts(value, here);
    const fine = /^%[\w.-]+%$/.test(value) || value === "Gorgon";
    // A sentence under a key that nobody thought of is one too.
    return !fine && (SHOWN.test(key) || /[a-z] [a-z]+ [a-z]/.test(value)) && key !== "when" ? [here] : [];
  });
}

test("everything that package.json says to people is in package.nls.json, but for the product's name", () => {
  const { capabilities, contributes } = packageJson();
  expect(plainTexts({ capabilities, contributes })).toEqual([]);
  expect(plainTexts({ contributes: { commands: [{ title: "Show Dashboard" }] } })).toHaveLength(1);
  const used = [...JSON.stringify({ capabilities, contributes }).matchAll(/"%([\w.-]+)%"/g)].map(([, key]) => key);
  expect([...new Set(used)].sort()).toEqual(Object.keys(manifestSentences()).sort());
});

const languages = readdirSync(root).filter((name) => /^package\.nls\..+\.json$/.test(name));
test.each(languages)("%s says all that is said in English, with the same links", (name) => {
  const translated = JSON.parse(read(name)) as Record<string, string>;
  const source = manifestSentences();
  const links = (text: string): readonly string[] => [...text.matchAll(/\]\([^)]*\)/g)].map(([link]) => link).sort();
  expect(Object.keys(translated).sort()).toEqual(Object.keys(source).sort());
  for (const [key, text] of Object.entries(translated)) {
    expect([key, placeholders(text), links(text)]).toEqual([
      ...[key, placeholders(source[key] ?? ""), links(source[key] ?? "")],
    ]);
  }
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

test("every setting may differ by machine, a workspace has no say in what holds for the host, and each says what changes", () => {
  const { configuration } = manifest().contributes as {
    configuration: { properties: Record<string, { scope: string; markdownDescription: string }> };
  };
  const properties = Object.entries(configuration.properties);
  expect(properties).toHaveLength(Object.keys(SETTINGS).length);
  for (const [key, one] of properties) {
    expect([key, one.scope]).toEqual([key, USERS_OWN.test(key) ? "machine" : "machine-overridable"]);
    expect(one.markdownDescription).toMatch(/\.$/);
  }
});

test("of a workspace that is not trusted no setting counts, thresholds and notifications among them", () => {
  const { configuration } = manifest().contributes as {
    configuration: { properties: Record<string, { scope: string }> };
  };
  const open = Object.entries(configuration.properties).filter(([, { scope }]) => scope !== "machine");
  const { restrictedConfigurations } = manifest().capabilities["untrustedWorkspaces"] as {
    restrictedConfigurations: readonly string[];
  };
  expect(open.map(([key]) => key).sort()).toEqual([...restrictedConfigurations].sort());
  for (const key of ["server.execArgv", "cpu.crit", "notifications.enabled"]) {
    expect(restrictedConfigurations).toContain(`gorgon.${key}`);
  }
});

test("every command in a menu, key or picture's step is one of ours or VS Code's own, and every menu's command has an icon where one is shown", () => {
  const { menus, keybindings, commands } = manifest().contributes as {
    menus: Record<string, readonly { command: string; group: string }[]>;
    keybindings: readonly { command: string }[];
    commands: readonly { command: string; icon?: string }[];
  };
  for (const { command, group } of Object.values(menus).flat()) {
    const known = commands.find((one) => one.command === command);
    expect(known?.command).toBe(command);
    if (/^(inline|navigation)/.test(group))
      expect([command, known?.icon ?? ""]).toEqual([command, expect.stringMatching(/^\$\(/)]);
  }
  const ids = new Set<string>([...Object.values(COMMANDS), ...Object.values(VIEWS).map((view) => `${view}.focus`)]);
  ids.add("workbench.trust.manage");
  const text = JSON.stringify(manifest().contributes);
  const linked = [...text.matchAll(/(?:\(command:|onCommand:)([\w.]+)/g)].map(([, id]) => id ?? "");
  expect(linked.length).toBeGreaterThan(10);
  for (const id of [...linked, ...keybindings.map((one) => one.command)]) expect(ids).toContain(id);
});

test("every picture is in the repository and in the package, and says in words what it shows", () => {
  const { walkthroughs, viewsContainers } = manifest().contributes as {
    walkthroughs: readonly { steps: readonly { media: { svg: string; altText: string } }[] }[];
    viewsContainers: { activitybar: readonly { icon: string }[] };
  };
  const packed = read(".vscodeignore").split("\n");
  const media = walkthroughs.flatMap((one) => one.steps.map((step) => step.media));
  expect(media).toHaveLength(5);
  for (const { svg, altText } of media) {
    expect(read(svg)).toContain("<title>");
    expect(packed).toContain(`!${path.dirname(svg)}/*.svg`);
    expect(altText.length).toBeGreaterThan(40);
  }
  for (const { icon } of viewsContainers.activitybar) {
    expect(read(icon)).toContain("currentColor");
    expect(packed).toContain(`!${icon}`);
  }
});

test("a table goes between its markers and nowhere else", () => {
  expect(putTable("a\n<!-- x -->old<!-- /x -->\nb", "x", "new")).toBe("a\n<!-- x -->\n\nnew\n\n<!-- /x -->\nb");
  expect(putTable("no markers", "x", "new")).toBe("no markers");
});
