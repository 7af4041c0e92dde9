/** Every sentence for people is in the bundles, and each translation has the same gaps. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { placeholders, pseudo, strays, wordsIn, wordsOf } from "./words.ts";

const root = path.dirname(import.meta.dirname);
const folder = path.join(root, "l10n");

const bundle = (name: string): Record<string, string> =>
  JSON.parse(readFileSync(path.join(folder, name), "utf8")) as Record<string, string>;

describe("the sentences in the code", () => {
  const { messages, faults } = wordsIn(root);

  test("can all be found, and are asked for when the language is known", () => {
    expect(faults).toEqual([]);
  });

  test("are those of the English bundle (else: npm run l10n)", () => {
    expect(Object.keys(bundle("bundle.l10n.json"))).toEqual(messages);
  });

  const languages = existsSync(folder)
    ? readdirSync(folder).filter((name) => /^bundle\.l10n\..+\.json$/.test(name))
    : [];
  test.each(languages)("are all in %s, with the same gaps", (name) => {
    const translated = bundle(name);
    expect(Object.keys(translated).sort()).toEqual(messages);
    for (const [message, text] of Object.entries(translated)) {
      expect([message, placeholders(text)]).toEqual([message, placeholders(message)]);
      expect(text.trim()).not.toBe("");
    }
  });
});

describe("the search for sentences", () => {
  test("takes literals, joined ones as well, under the name they were imported by", () => {
    const text = `import { t as say } from "@vscode/l10n";
export const f = (n: number) => say("One" + " and {0}", n) + say("Two");`;
    expect(wordsOf("a.ts", text)).toEqual({ messages: ["One and {0}", "Two"], faults: [] });
  });

  test("refuses what is put together while it runs, or said before the language is known", () => {
    const text = `import { t } from "@vscode/l10n";
const early = t("Early");
export const f = (name: string) => t(\`Hello \${name}\`);`;
    const { faults } = wordsOf("a.ts", text);
    expect(faults.map(({ line, reason }) => [line, reason.split(" ").slice(0, 2).join(" ")])).toEqual([
      [2, "it runs"],
      [3, "its first"],
    ]);
  });

  test("leaves another function of the same name alone", () => {
    expect(wordsOf("a.ts", `import { t } from "./t.ts"; // not @vscode/l10n\nt("x");`).messages).toEqual([]);
  });
});

test("what is said outside of the invented language is found, within sentences nothing is", () => {
  expect(strays(`⟦Éńds ⟦in⟧ 2 h⟧ Untranslated 70 % ${pseudo("Well")}`)).toEqual(["Untranslated"]);
  expect(strays("⟦cut o…")).toEqual(["(a sentence is cut off)"]);
});

test("the invented language is longer by as much as is asked for, with places to wrap", () => {
  expect(pseudo("Take back", 0.3)).toBe("⟦Táké báck ~~~⟧");
  expect(pseudo("{0}", 0.3)).toBe("⟦{0}⟧");
  expect(pseudo("x".repeat(30), 0.3)).toBe(`⟦${"x".repeat(30)} ~~~~ ~~~~⟧`);
});

test("the invented language keeps the gaps", () => {
  expect(pseudo("Ends in {time}, {0}")).toBe("⟦Énds ín {time}, {0}⟧");
});
