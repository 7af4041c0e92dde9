/** A report as Markdown: tables that read well as text, and on the pages that show Markdown. */
import { measureOf, outcomeWords, written } from "../../../protocol/cell-words.ts";
import { ABSENT } from "../../../protocol/format.ts";
import { LANES, SHAPES } from "./strip.ts";
import { most, type MeasuredCell, type Summary, titleOf } from "./summary.ts";
import { beforeWords, footnotes, subtitle, tiles } from "./words.ts";

const RANKED = 5;
const EIGHTHS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/** Longer strips go on in the next line. */
const MOST_COLUMNS = 100;

/** The whole document. The cells' texts are in it only with `source`. */
export function renderMarkdown(summary: Summary, options: { readonly source: boolean }): string {
  const { name, level, headline, measured } = summary;
  const parts = [
    `# ${literal(name)}`,
    `**${SHAPES[level]} ${level}** ${literal(headline)}`,
    literal(subtitle(summary)),
    table(
      ["", ""],
      tiles(summary).map(({ title, value, more }) => [title, `**${literal(value)}** ${literal(more)}`]),
    ),
    "## The notebook from its first cell to its last",
    ...strips(summary),
    "## Most expensive cells",
    table(
      LANES.flatMap(({ title }) => [title, ""]),
      ranked(measured),
    ),
    "## All cells",
    table(
      ["", "Cell", "Time", "CPU", "Cores", "Peak memory", "Over the start", "Of limit", "Remarks"],
      measured.map(line),
    ),
    ...(options.source ? measured.map((one) => `### ${literal(titleOf(one))}\n\n${fenced(one.cell.source)}`) : []),
    ...footnotes(summary).map(literal),
  ];
  return `${parts.join("\n\n")}\n`;
}

function ranked(measured: readonly MeasuredCell[]): string[][] {
  const lists = LANES.map(({ measure }) => most(measured, measure, RANKED).map((one) => ({ one, measure })));
  return Array.from({ length: Math.max(...lists.map(({ length }) => length)) }, (_, place) =>
    lists.flatMap((list) => {
      const found = list[place];
      return found === undefined
        ? ["", ""]
        : [literal(titleOf(found.one)), written(found.one.record, found.measure) ?? ""];
    }),
  );
}

function line(one: MeasuredCell): string[] {
  const { record } = one;
  const remarks = [record.outcome === "ok" ? "" : outcomeWords(record), ...record.notes, beforeWords(one)];
  const value = (name: Parameters<typeof written>[1]) => written(record, name) ?? ABSENT;
  return [
    `${SHAPES[record.level]} ${record.level}`,
    literal(titleOf(one)),
    ...[value("wallMs"), value("cpuMs"), value("cores"), value("peakBytes"), value("peakDeltaBytes")],
    record.limit === null ? ABSENT : `${(record.limit.share * 100).toFixed(1)} %`,
    literal(remarks.filter((text) => text !== "").join(" ")),
  ];
}

/** A lane of blocks for each measure, the cells in order; a dot for one that was not measured. */
function strips({ cells, measured }: Summary): string[] {
  const texts = LANES.map(({ measure, title }) => {
    const [top] = most(measured, measure, 1);
    const highest = top === undefined ? 0 : (measureOf(top.record, measure)?.value ?? 0);
    const blocks = cells.map(({ record }) => {
      const value = record === null ? null : (measureOf(record, measure)?.value ?? null);
      if (value === null || highest === 0) return "·";
      return EIGHTHS[Math.min(EIGHTHS.length - 1, Math.floor((value / highest) * EIGHTHS.length))] ?? "·";
    });
    return { title, blocks };
  });
  return Array.from({ length: Math.ceil(cells.length / MOST_COLUMNS) }, (_, part) => {
    const lines = texts.map(
      ({ title, blocks }) =>
        `${title.padEnd(7)}${blocks.slice(part * MOST_COLUMNS, (part + 1) * MOST_COLUMNS).join("")}`,
    );
    return `\`\`\`text\n${lines.join("\n")}\n\`\`\``;
  });
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** A text that Markdown shows as it is: no markup, no second line. */
function literal(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*_{}[\]<>#|~&!]/g, "\\$&");
}

/** A block of code whose fence is longer than any in it. */
function fenced(source: string): string {
  const longest = Math.max(2, ...[...source.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${source}\n${fence}`;
}
