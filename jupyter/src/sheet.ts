/** The tables of all that was measured of one run, and of all that is known of a death: built from texts, never from markup. */
import { t } from "@vscode/l10n";
import { causeWords, sourceWords } from "../../protocol/kernel-words.ts";
import { ofLimit } from "../../protocol/cell-words.ts";
import { costSheet, type CostFact, type CostTable, type CostTableInput } from "../../protocol/cost-table.ts";
import { formatBytes } from "../../protocol/format.ts";
import type { JupyterDeath } from "../../protocol/messages/jupyter.ts";
import { moment } from "../../protocol/moment.ts";
import { plain } from "../../protocol/plain.ts";
import { h } from "../../webview/dom.ts";
import { LEVEL_GLYPHS } from "./dom.ts";

/** Texts of others are cut here: a sentence is shorter, a novel is not wanted. */
const MOST = 400;
const MOST_NOTES = 16;

function fact({ text, level, muted }: CostFact): HTMLElement {
  const said = plain(text, MOST);
  if (level === null) return h("p", muted ? { class: "jp-Gorgon-muted" } : {}, said);
  return h("p", { class: `jp-Gorgon-${level}` }, `${LEVEL_GLYPHS[level]} ${said}`);
}

function table({ caption, heads, lines }: CostTable, before: boolean): HTMLElement {
  // Without a run before, its columns would be empty.
  const columns = before ? [0, 1, 2, 3, 4] : [0, 1, 2];
  const numbers = [1, 3, 4];
  const kind = (at: number): { class: string } => ({ class: numbers.includes(at) ? "jp-Gorgon-number" : "" });
  const head = columns.map((at) => h("th", { scope: "col", ...kind(at) }, heads[at] ?? ""));
  const rows = lines.map((line) =>
    h(
      "tr",
      {},
      ...columns.map((at) =>
        at === 0 ? h("th", { scope: "row" }, plain(line[0], 80)) : h("td", kind(at), plain(line[at] ?? "", MOST)),
      ),
    ),
  );
  return h(
    "table",
    { class: "jp-Gorgon-table" },
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, ...head)),
    h("tbody", {}, ...rows),
  );
}

function list(title: string, items: readonly (Node | string)[], ordered = false): readonly HTMLElement[] {
  if (items.length === 0) return [];
  return [h("h4", {}, title), h(ordered ? "ol" : "ul", {}, ...items.map((one) => h("li", {}, one)))];
}

/** All that was measured of one run, beside the run before. */
export function costElement(input: CostTableInput): HTMLElement {
  const { facts, tables, notes } = costSheet(input);
  const before = input.cost.before !== null;
  return h(
    "div",
    { class: "jp-Gorgon-sheet" },
    ...facts.map(fact),
    ...tables.map((one) => table(one, before)),
    ...list(
      t("To know"),
      notes.slice(0, MOST_NOTES).map((note) => plain(note, MOST)),
    ),
  );
}

/** What happened to a kernel, what can be done, and what speaks for it, best first. */
export function deathElement(death: JupyterDeath, cellName: string): HTMLElement {
  const { lastBytes, lastAt, limit, kernel } = death;
  const last =
    lastBytes === null
      ? ""
      : `${limit === null ? formatBytes(lastBytes) : ofLimit(lastBytes, limit.bytes)}${lastAt === null ? "" : `, ${moment(lastAt)}`}`;
  const facts: readonly (readonly [string, string])[] = [
    [t("Cause"), causeWords(death)],
    [t("When"), moment(death.time)],
    [t("Cell that ran"), cellName === "" ? t("none, or not known") : cellName],
    [t("Notebook"), death.path],
    [t("Last size"), last],
    [t("Limit"), limit === null ? "" : `${formatBytes(limit.bytes)}, ${limit.source}`],
    [t("Process"), t("pid {0} on {1}, started {2}", kernel.pid, kernel.host, moment(kernel.startedAt))],
  ];
  const rows = facts
    .filter(([, value]) => value !== "")
    .map(([name, value]) => h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, plain(value, MOST))));
  const evidence = death.evidence
    .slice(0, MOST_NOTES)
    .map((one) =>
      h(
        "span",
        {},
        plain(one.says, MOST),
        h("br"),
        h("span", { class: "jp-Gorgon-muted" }, plain(sourceWords(one), 120)),
      ),
    );
  return h(
    "div",
    { class: "jp-Gorgon-sheet" },
    h("p", { class: "jp-Gorgon-CRIT" }, `${LEVEL_GLYPHS.CRIT} ${plain(death.sentence, MOST)}`),
    ...(death.mend === "" ? [] : [h("h4", {}, t("What can be done")), h("p", {}, plain(death.mend, 2000))]),
    ...list(t("What speaks for it, best first"), evidence, true),
    ...(evidence.length > 0
      ? []
      : [h("p", {}, t("Nothing was found: nobody was watching closely enough when it ended."))]),
    h("table", { class: "jp-Gorgon-table" }, h("caption", {}, t("What is known")), h("tbody", {}, ...rows)),
  );
}
