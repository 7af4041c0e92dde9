/** The heat strip of a notebook in SVG: a column for each code cell, a lane for time, memory and CPU. */
import type { CellMeasure } from "../../../protocol/cell.ts";
import { measureOf, written } from "../../../protocol/cell-words.ts";
import { ABSENT } from "../../../protocol/format.ts";
import type { Level } from "../../../protocol/level.ts";
import { html, type Markup } from "./markup.ts";
import { most, type ReportCell, type Summary, titleOf } from "./summary.ts";

/** The lanes, from top to bottom. `ink` is a variable of the style sheet. */
export const LANES: readonly { readonly measure: CellMeasure; readonly title: string; readonly ink: string }[] = [
  { measure: "wallMs", title: "Time", ink: "time" },
  { measure: "peakBytes", title: "Memory", ink: "memory" },
  { measure: "cpuMs", title: "CPU", ink: "cpu" },
];

const WIDTH = 1000;
/** Room for the lanes' titles. */
const LEFT = 56;
const LANE = 20;
const MARKS = 14;
const WIDEST = 63;
/** A line of more columns could not be told apart: the strip goes on below. */
const MOST_COLUMNS = 120;
const LINE = MARKS + LANES.length * LANE + 10;

/** A level's shape, which means the same without its colour. */
export const SHAPES: Readonly<Record<Level, string>> = { OK: "●", UNKNOWN: "○", WARN: "▲", CRIT: "◆" };

/** The strip. */
export function strip({ cells, measured }: Summary): Markup {
  const columns = Math.min(MOST_COLUMNS, cells.length);
  const step = Math.min(WIDEST, (WIDTH - LEFT) / columns);
  const lines = Math.ceil(cells.length / columns);
  const highest = LANES.map(({ measure }) => {
    const [top] = most(measured, measure, 1);
    return top === undefined ? 0 : (measureOf(top.record, measure)?.value ?? 0);
  });
  const height = lines * LINE - 6;
  const label = `Time, memory and CPU of ${String(cells.length)} cells in order`;
  return html`<svg viewBox="0 0 ${WIDTH} ${height}" role="group" aria-label="${label}">
    ${Array.from({ length: lines }, (_, line) => titles(line * LINE))}
    ${cells.map((cell, index) => {
      const x = LEFT + (index % columns) * step;
      return column(cell, x, Math.floor(index / columns) * LINE, step, highest);
    })}
  </svg>`;
}

function titles(y: number): Markup {
  return html`${LANES.map(({ title }, lane) => html`<text x="0" y="${y + MARKS + lane * LANE + 14}">${title}</text>`)}`;
}

function column(cell: ReportCell, x: number, y: number, step: number, highest: readonly number[]): Markup {
  const gap = Math.min(3, step * 0.12);
  const width = (step - gap).toFixed(2);
  const { record } = cell;
  if (record === null) {
    return html`<g
      ><title>${titleOf(cell)}: not measured</title> ${LANES.map((_, lane) => {
        const top = y + MARKS + lane * LANE + 0.5;
        return html`<rect class="none" x="${x.toFixed(2)}" y="${top}" width="${width}" height="${LANE - 4}" rx="2" />`;
      })}</g
    >`;
  }
  const values = LANES.map(({ measure, title }) => `${title} ${written(record, measure) ?? ABSENT}`);
  return html`<a href="#cell-${cell.cell.number}" tabindex="-1"
    ><title>${titleOf(cell)} ${values.join("\n")}</title>${mark(cell, x + (step - gap) / 2, y)}
    ${LANES.map(({ measure, ink }, lane) => {
      const share = (measureOf(record, measure)?.value ?? 0) / (highest[lane] ?? 1);
      // The square root: a cell of a hundredth of the longest is still seen.
      const opacity = (0.07 + 0.93 * Math.sqrt(Number.isFinite(share) ? share : 0)).toFixed(2);
      const top = y + MARKS + lane * LANE;
      return html`<rect
        x="${x.toFixed(2)}"
        y="${top}"
        width="${width}"
        height="${LANE - 3}"
        rx="2"
        style="fill:var(--${ink});fill-opacity:${opacity}"
      />`;
    })}<rect
      class="hover"
      x="${x.toFixed(2)}"
      y="${y + MARKS - 1}"
      width="${width}"
      height="${LANES.length * LANE}"
      rx="3"
  /></a>`;
}

/** What did not go well stands over its column. */
function mark({ record }: ReportCell, x: number, y: number): Markup | null {
  const [shape, level] =
    record?.outcome === "died"
      ? [SHAPES.CRIT, "CRIT"]
      : record?.outcome === "error"
        ? ["×", "CRIT"]
        : record?.level === "WARN" || record?.level === "CRIT"
          ? [SHAPES[record.level], record.level]
          : ["", ""];
  if (shape === "") return null;
  return html`<text x="${x.toFixed(2)}" y="${y + 10}" text-anchor="middle" style="fill:var(--${level.toLowerCase()})"
    >${shape}</text
  >`;
}
