/** A report as one HTML file that needs nothing else: no script, no font, no network. */
import { CELL_MEASURES, type CellMeasure, type CellRecord } from "../../../protocol/cell.ts";
import {
  amount,
  difference,
  known,
  markOf,
  measureOf,
  nameOf,
  outcomeWords,
  qualityWords,
  share,
  written,
} from "../../../protocol/cell-words.ts";
import { ABSENT, formatBytes } from "../../../protocol/format.ts";
import { html, Markup } from "./markup.ts";
import { LANES, SHAPES, strip } from "./strip.ts";
import { STYLE } from "./style.ts";
import { most, type MeasuredCell, type ReportCell, type Summary, titleOf } from "./summary.ts";
import { beforeWords, footnotes, subtitle, tiles } from "./words.ts";

/** How many cells stand in each list of the most expensive. */
const RANKED = 5;

/** The whole document. The cells' texts are in it only with `source`. */
export function renderHtml(summary: Summary, options: { readonly source: boolean }): string {
  const { name, level, headline, cells, measured } = summary;
  const document = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'" />
        <meta name="generator" content="Gorgon" />
        <title>${name}: what its cells cost</title>
        <style>
          ${new Markup(STYLE)}
        </style>
      </head>
      <body>
        <header>
          <h1>${name}</h1>
          <p class="verdict"><b class="${level}">${SHAPES[level]} ${level}</b> ${headline}</p>
          ${measured
            .filter(({ record }) => record.outcome === "died")
            .map(({ record }) => record.notes.map((note) => html`<p>${note}</p>`))
            .flat()}
          <p class="muted">${subtitle(summary)}</p>
        </header>
        <main>
          <dl class="tiles">
            ${tiles(summary).map(
              ({ title, value, more, ink }) =>
                html`<div class="tile" style="--ink:var(--${ink})">
                  <dt>${title}</dt>
                  <dd class="big">${value}</dd>
                  <dd class="muted">${more}</dd>
                </div>`,
            )}
          </dl>
          <h2>The notebook from its first cell to its last</h2>
          <div class="strip">
            ${strip(summary)}
            <p class="muted">
              The stronger the colour, the more of the highest in its lane. An empty frame: not measured.
            </p>
          </div>
          <h2>Most expensive cells</h2>
          <div class="ranks">${LANES.map((lane) => ranking(measured, lane))}</div>
          <h2>All cells</h2>
          <div class="cells">
            <div class="row head">
              <span></span><span>Cell</span><span>Time</span><span>CPU</span><span>Peak memory</span><span>Disk</span>
            </div>
            ${rows(cells, scaleOf(measured), options.source)}
          </div>
        </main>
        <footer>${footnotes(summary).map((note) => html`<p>${note}</p>`)}</footer>
      </body>
    </html> `;
  return document.text;
}

/** What the widest bars mean. */
interface Scale {
  readonly wallMs: number;
  readonly bytes: number;
}

function scaleOf(measured: readonly MeasuredCell[]): Scale {
  const highest = (name: CellMeasure) =>
    Math.max(0, ...measured.map(({ record }) => measureOf(record, name)?.value ?? 0));
  const peak = highest("peakBytes");
  const limits = measured.flatMap(({ record }) => (record.limit === null ? [] : [record.limit.bytes]));
  // A limit far away would make every bar a stub.
  return { wallMs: highest("wallMs"), bytes: Math.max(peak, ...limits.filter((limit) => limit <= peak * 2)) };
}

function ranking(measured: readonly MeasuredCell[], { measure, title, ink }: (typeof LANES)[number]): Markup {
  const cells = most(measured, measure, RANKED);
  const highest = cells[0] === undefined ? 0 : (measureOf(cells[0].record, measure)?.value ?? 0);
  return html`<section class="rank" style="--ink:var(--${ink})">
    <h3>${title}</h3>
    <ol>
      ${cells.map((one) => {
        const value = measureOf(one.record, measure)?.value ?? 0;
        return html`<li>
          <a class="name" href="#cell-${one.cell.number}">${titleOf(one)}</a
          ><span>${written(one.record, measure)}</span>${bar(value / highest)}
        </li>`;
      })}
    </ol>
    ${cells.length === 0 ? html`<p class="muted">Not measured here.</p>` : null}
  </section>`;
}

function bar(part: number): Markup {
  return html`<span class="bar"><i style="width:${percent(part)}"></i></span>`;
}

function percent(part: number): string {
  return `${(100 * Math.min(1, Math.max(0, Number.isFinite(part) ? part : 0))).toFixed(1)}%`;
}

/** Cells that were not measured stand together in one line. */
function rows(cells: readonly ReportCell[], scale: Scale, source: boolean): Markup[] {
  const lines: Markup[] = [];
  for (let index = 0; index < cells.length; index++) {
    const one = cells[index];
    if (one === undefined) break;
    if (one.record !== null) {
      lines.push(row(one as MeasuredCell, scale, source));
      continue;
    }
    const first = index;
    while (cells[index + 1]?.record === null) index++;
    const from = String(first + 1);
    const text = first === index ? `Cell ${from}: not measured` : `Cells ${from} to ${String(index + 1)}: not measured`;
    lines.push(html`<p class="gap">${text}</p>`);
  }
  return lines;
}

function row(one: MeasuredCell, scale: Scale, source: boolean): Markup {
  const { record, cell } = one;
  const { level } = record;
  const [shape, kind] =
    record.outcome === "died"
      ? [SHAPES.CRIT, "CRIT"]
      : record.outcome === "ok"
        ? [SHAPES[level], level]
        : ["×", "CRIT"];
  const outcome = record.outcome === "ok" ? null : html`<small class="CRIT">${outcomeWords(record)}</small>`;
  const first = source ? html`<small class="name code">${firstLine(cell.source)}</small>` : null;
  const cores = written(record, "cores");
  const disk = DISK.flatMap(({ name, words }) =>
    (measureOf(record, name)?.value ?? 0) > 0 ? [html`<small>${written(record, name)} ${words}</small>`] : [],
  );
  return html`<details id="cell-${cell.number}">
    <summary class="row">
      <span class="${kind}" title="${level}">${shape}</span>
      <span class="stack"><span class="name">${titleOf(one)}</span>${first}${outcome}</span>
      <span class="stack" style="--ink:var(--time)"
        ><span>${written(record, "wallMs") ?? ABSENT}</span
        >${bar((measureOf(record, "wallMs")?.value ?? 0) / scale.wallMs)}</span
      >
      <span class="stack"
        ><span>${written(record, "cpuMs") ?? ABSENT}</span
        >${cores === null ? null : html`<small>${cores} ${cores === "1" ? "core" : "cores"}</small>`}</span
      >
      ${memory(record, scale)}
      <span class="stack">${disk.length === 0 ? html`<small>${ABSENT}</small>` : disk}</span>
    </summary>
    ${inside(one, source)}
  </details> `;
}

const DISK = [
  { name: "diskReadBytes", words: "read" },
  { name: "diskWriteBytes", words: "written" },
] as const;

function firstLine(source: string): string {
  return (
    source
      .split("\n")
      .find((line) => line.trim() !== "" && !line.trim().startsWith("#"))
      ?.slice(0, 200) ?? ""
  );
}

/** Less than this is noise beside a bar, and a child's least of use. */
const SMALL_BYTES = 2 ** 20;

/** What was there before, pale; what the run added, strong; the limit as a stroke. */
function memory(record: CellRecord, scale: Scale): Markup {
  const peak = measureOf(record, "peakBytes");
  if (peak === null) return html`<span class="muted">${ABSENT}</span>`;
  const { limit, level } = record;
  const loud = level === "OK" || level === "UNKNOWN" ? "" : level;
  const start = Math.min(measureOf(record, "startBytes")?.value ?? peak.value, peak.value);
  const delta = measureOf(record, "peakDeltaBytes")?.value ?? 0;
  const added = delta < SMALL_BYTES ? "" : ` (${difference(delta, peak.value)})`;
  const near = limit === null || limit.share < 0.005 ? "" : `, ${share(limit.share)} of limit`;
  const child = measureOf(record, "childPeakBytes")?.value ?? 0;
  const more = child < SMALL_BYTES ? null : html`<small>one child ${written(record, "childPeakBytes")}</small>`;
  const at = (bytes: number) => percent(bytes / scale.bytes);
  const stroke =
    limit === null || limit.bytes > scale.bytes ? null : html`<i class="limit" style="left:${at(limit.bytes)}"></i>`;
  return html`<span class="stack" style="--ink:var(--memory)"
    ><span class="${loud}">${written(record, "peakBytes")}${added}${near}</span>
    <span class="bar ${level}"
      ><i class="base" style="width:${at(start)}"></i
      ><i class="over" style="left:${at(start)};width:${at(peak.value - start)}"></i>${stroke}</span
    >${more}</span
  >`;
}

function inside(one: MeasuredCell, source: boolean): Markup {
  const { record, cell } = one;
  const before = beforeWords(one);
  const line = (name: string, value: string, more: string) =>
    html`<div>
      <dt>${name}</dt>
      <dd>${value}</dd>
      <dd class="muted">${more}</dd>
    </div>`;
  const lines = CELL_MEASURES.flatMap((name) => {
    const measure = measureOf(record, name);
    if (measure === null) return [];
    return [
      line(
        nameOf(name),
        `${markOf(measure.quality, name)}${amount(name, measure.value)}`,
        qualityWords(measure.quality, name),
      ),
    ];
  });
  const { limit } = record;
  if (limit !== null) lines.push(line("Limit", formatBytes(limit.bytes), limit.source));
  for (const gpu of record.gpus) {
    const name = `GPU ${String(gpu.index)}${gpu.name === "" ? "" : ` (${gpu.name})`}`;
    lines.push(line(name, formatBytes(known(gpu.peakBytes)?.value ?? null), `of the ${gpu.scope}, by ${gpu.source}`));
  }
  const notes =
    record.notes.length === 0
      ? null
      : html`<ul>
          ${record.notes.map((note) => html`<li>${note}</li>`)}
        </ul>`;
  return html`<div class="inside">
    ${source ? html`<pre tabindex="0" role="region" aria-label="The text of ${titleOf(one)}">${cell.source}</pre>` : null}${notes}${before === "" ? null : html`<p>${before}</p>`}
    <dl>${lines}</dl>
  </div>`;
}
