/** The page of one cell's cost: every measure with its quality in words, beside the run before. */
import { t } from "@vscode/l10n";
import { CELL_MEASURES, type CellMeasure, type CellRecord } from "../../protocol/cell.ts";
import { ABSENT, formatBytes } from "../../protocol/format.ts";
import { html } from "../escape.ts";
import { moment } from "../moment.ts";
import type { PageContent } from "./page.ts";
import type { CellCost } from "./stored.ts";
import * as words from "./words.ts";

/** What the page is about. */
export interface CostPageInput {
  readonly cost: CellCost;
  /** `Cell 12`, or the name that the user gave it. */
  readonly name: string;
  /** The notebook's file. */
  readonly file: string;
  readonly shares: words.Shares;
  /** The cell's text is another than the one that ran. */
  readonly edited: boolean;
}

function differenceOf(name: CellMeasure, now: number | null, before: number | null): string {
  if (now === null || before === null) return "";
  const change = now - before;
  // What is written alike is alike to a reader.
  if (words.amount(name, now) === words.amount(name, before)) return "=";
  const ratio = before > 0 ? ` (${change < 0 ? "−" : "+"}${words.share(Math.abs(change) / before)})` : "";
  return `${change < 0 ? "−" : "+"}${words.amount(name, Math.abs(change))}${ratio}`;
}

function rowOf(name: CellMeasure, { now, before }: CellCost): string {
  const here = words.measureOf(now, name);
  const there = before === null ? null : words.measureOf(before, name);
  if (here === null && there === null) return "";
  const was = before === null ? "" : (words.written(before, name) ?? ABSENT);
  return row(
    words.nameOf(name),
    words.written(now, name) ?? ABSENT,
    words.qualityWords(here?.quality ?? "none", name),
    was,
    differenceOf(name, here?.value ?? null, there?.value ?? null),
  );
}

function row(name: string, value: string, quality: string, was: string, change: string): string {
  return (
    `<tr><th scope="row">${html(name)}</th><td class="number value">${html(value)}</td><td class="muted">${html(quality)}</td>` +
    `<td class="number">${html(was)}</td><td class="number">${html(change)}</td></tr>`
  );
}

function table(caption: string, rows: readonly string[]): string {
  const there = rows.filter((one) => one !== "");
  if (there.length === 0) return "";
  const heads = [t("this run"), t("run before"), t("change")] as const;
  return (
    `<table><caption>${html(caption)}</caption><thead><tr><th scope="col">${html(t("measured"))}</th>` +
    `<th scope="col" class="number">${html(heads[0])}</th><th scope="col">${html(t("quality"))}</th>` +
    `<th scope="col" class="number">${html(heads[1])}</th><th scope="col" class="number">${html(heads[2])}</th></tr></thead>` +
    `<tbody>${there.join("\n")}</tbody></table>`
  );
}

function gpuRows({ now, before }: CellCost): readonly string[] {
  return now.gpus.map((gpu) => {
    const old = before?.gpus.find((one) => one.index === gpu.index && one.scope === gpu.scope);
    const peak = words.known(gpu.peakBytes);
    const was = old === undefined ? null : words.known(old.peakBytes);
    const scope =
      gpu.scope === "allocator"
        ? t("of the allocator of {0}", gpu.source)
        : gpu.scope === "process"
          ? t("of this process, by {0}", gpu.source)
          : t("of the whole device, others included, by {0}", gpu.source);
    return row(
      `GPU ${String(gpu.index)} ${gpu.name}`,
      peak === null ? ABSENT : `${words.markOf(peak.quality, "peakBytes")}${formatBytes(peak.value)}`,
      `${words.qualityWords(peak?.quality ?? "none", "peakBytes")}; ${scope}`,
      was === null ? "" : formatBytes(was.value),
      differenceOf("peakBytes", peak?.value ?? null, was?.value ?? null),
    );
  });
}

function limitLine(record: CellRecord, shares: words.Shares): string {
  const { limit } = record;
  if (limit === null) return `<p class="muted">${html(t("No limit of memory is known for its kernel."))}</p>`;
  const level = words.levelOf(record, shares);
  const said = t("{level}: the peak was {share} of {limit} ({source}).", {
    ...{ level, share: words.share(limit.share), limit: formatBytes(limit.bytes), source: limit.source },
  });
  return `<p class="${level}">${html(said)}</p>`;
}

/** The page. */
export function costPage(input: CostPageInput): PageContent {
  const { cost, name, file, shares, edited } = input;
  const { now, before } = cost;
  const { executionCount } = now.cell;
  const number = executionCount === null ? "" : ` [${String(executionCount)}]`;
  const by =
    now.by === "kernel"
      ? t("Measured inside the kernel, process {0} on {1}.", now.kernel.pid, now.kernel.host)
      : t("Measured from outside, as samples, from process {0}.", now.kernel.pid);
  const notes = [
    ...(edited ? [t("The cell has been edited since this run.")] : []),
    ...(now.overlap ? [t("Another cell ran at the same time: what was used cannot be told apart.")] : []),
    ...now.notes,
  ];
  const marks = t("≥ is at least, ~ is about; a number without a mark is exact.");
  const body = [
    `<h1>${html(`${name}${number}`)}</h1>`,
    `<p class="muted">${html(file)}</p>`,
    `<p>${html(words.outcomeWords(now))}, ${html(moment(now.endedAt))}</p>`,
    limitLine(now, shares),
    `<p class="muted">${html(by)} ${html(marks)}</p>`,
    before === null
      ? `<p class="muted">${html(t("There was no run before this one."))}</p>`
      : `<p class="muted">${html(t("The run before: {0}, {1}.", words.outcomeWords(before), moment(before.endedAt)))}</p>`,
    table(
      t("Time, memory, input and output"),
      CELL_MEASURES.map((one) => rowOf(one, cost)),
    ),
    table(t("Memory of GPUs"), gpuRows(cost)),
    ...(notes.length === 0
      ? []
      : [`<h2>${html(t("To know"))}</h2><ul>${notes.map((note) => `<li>${html(note)}</li>`).join("")}</ul>`]),
  ];
  return { title: t("Cost of {0}", name), body: body.join("\n") };
}
