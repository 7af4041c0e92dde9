/** The page of one cell's cost: what protocol/cost-table.ts says, as HTML. */
import { t } from "@vscode/l10n";
import {
  costSheet,
  type CostFact,
  type CostLine,
  type CostTable,
  type CostTableInput,
} from "../../protocol/cost-table.ts";
import { html } from "../escape.ts";
import type { PageContent } from "./page.ts";

/** What the page is about. */
export interface CostPageInput extends CostTableInput {
  /** `Cell 12`, or the name that the user gave it. */
  readonly name: string;
  /** The notebook's file. */
  readonly file: string;
}

function row([name, value, quality, was, change]: CostLine): string {
  return (
    `<tr><th scope="row">${html(name)}</th><td class="number value">${html(value)}</td><td class="muted">${html(quality)}</td>` +
    `<td class="number">${html(was)}</td><td class="number">${html(change)}</td></tr>`
  );
}

function table({ caption, heads, lines }: CostTable): string {
  const [measured, now, quality, was, change] = heads;
  return (
    `<table><caption>${html(caption)}</caption><thead><tr><th scope="col">${html(measured)}</th>` +
    `<th scope="col" class="number">${html(now)}</th><th scope="col">${html(quality)}</th>` +
    `<th scope="col" class="number">${html(was)}</th><th scope="col" class="number">${html(change)}</th></tr></thead>` +
    `<tbody>${lines.map(row).join("\n")}</tbody></table>`
  );
}

function paragraph({ text, level, muted }: CostFact): string {
  const kind = level ?? (muted ? "muted" : "");
  return kind === "" ? `<p>${html(text)}</p>` : `<p class="${kind}">${html(text)}</p>`;
}

/** The page. */
export function costPage(input: CostPageInput): PageContent {
  const { cost, name, file } = input;
  const { executionCount } = cost.now.cell;
  const number = executionCount === null ? "" : ` [${String(executionCount)}]`;
  const { facts, tables, notes } = costSheet(input);
  const body = [
    `<h1>${html(`${name}${number}`)}</h1>`,
    `<p class="muted">${html(file)}</p>`,
    ...facts.map(paragraph),
    ...tables.map(table),
    ...(notes.length === 0
      ? []
      : [`<h2>${html(t("To know"))}</h2><ul>${notes.map((note) => `<li>${html(note)}</li>`).join("")}</ul>`]),
  ];
  return { title: t("Cost of {0}", name), body: body.join("\n") };
}
