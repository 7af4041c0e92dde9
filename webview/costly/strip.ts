/** The heat strip of a notebook: a bar for each cell from top to end, the dearer the higher and darker. One tab stop. */
import { t } from "@vscode/l10n";
import { formatBytes, formatDuration } from "../../protocol/format.ts";
import type { CostlySnapshot, CostMark, CostOrder } from "../../protocol/messages/costly.ts";
import { h, type Part, setAttr, setText, svg } from "../dom.ts";

/** A view is some 300 pixels wide: of more cells than this, neighbours share a bar and the dearest stands for them. */
const MOST_BARS = 150;
const HEIGHT = 32;
/** A cell that cost next to nothing is still seen. */
const LEAST = 2;

function written(order: CostOrder, value: number): string {
  return order === "memory" ? formatBytes(value) : formatDuration(value);
}

/** For each bar the dearest cell that falls on it. */
export function bars(marks: readonly CostMark[], cells: number): ReadonlyMap<number, CostMark> {
  const count = Math.min(Math.max(cells, 1), MOST_BARS);
  const found = new Map<number, CostMark>();
  for (const mark of marks) {
    const at = Math.min(count - 1, Math.floor((mark[0] * count) / Math.max(cells, 1)));
    const there = found.get(at);
    if (there === undefined || mark[1] > there[1]) found.set(at, mark);
  }
  return found;
}

/** The next cell with a cost in this direction; the same at the end. */
export function neighbour(marks: readonly CostMark[], index: number, step: -1 | 1): number {
  const there = marks.map(([at]) => at).filter((at) => (step > 0 ? at > index : at < index));
  return there.length === 0 ? index : step > 0 ? Math.min(...there) : Math.max(...there);
}

/** Builds it. `go` is called with the place of the chosen cell. */
export function stripPart(go: (index: number) => void): Part<CostlySnapshot> {
  const drawing = svg("svg", { class: "strip-bars", preserveAspectRatio: "none", "aria-hidden": "true" });
  const caption = h("div", { class: "strip-caption", "aria-hidden": "true" });
  const slider = h("div", { class: "strip-field", role: "slider", tabindex: "0" }, drawing);
  let now: CostlySnapshot | null = null;
  let chosen = 0;
  /** Until somebody chooses, the dearest cell is the chosen one. */
  let touched = false;
  let drawn = "";

  const say = (): void => {
    if (now === null) return;
    const mark = now.marks.find(([index]) => index === chosen);
    const name = t("Cell {0}", chosen + 1);
    const text = mark === undefined ? name : `${name} · ${written(now.order, mark[1])}`;
    setAttr(slider, "aria-valuenow", String(chosen + 1));
    setAttr(slider, "aria-valuetext", text);
    setText(caption, text);
    const at = Math.floor((chosen * barCount()) / Math.max(now.cells, 1));
    for (const one of drawing.querySelectorAll(".chosen")) one.classList.remove("chosen");
    drawing.querySelector(`[data-bar="${String(at)}"]`)?.classList.add("chosen");
  };
  const barCount = (): number => Math.min(Math.max(now?.cells ?? 1, 1), MOST_BARS);
  const choose = (index: number): void => {
    touched = true;
    chosen = index;
    say();
  };
  const under = (event: MouseEvent): number => {
    const box = slider.getBoundingClientRect();
    const part = Math.min(0.9999, Math.max(0, (event.clientX - box.left) / Math.max(1, box.width)));
    const near = bars(now?.marks ?? [], now?.cells ?? 1).get(Math.floor(part * barCount()));
    return near?.[0] ?? Math.floor(part * (now?.cells ?? 1));
  };
  slider.addEventListener("pointermove", (event) => choose(under(event)));
  slider.addEventListener("click", (event) => {
    choose(under(event));
    go(chosen);
  });
  slider.addEventListener("keydown", (event) => {
    const marks = now?.marks ?? [];
    const ends: Readonly<Record<string, number | undefined>> = { Home: marks[0]?.[0], End: marks.at(-1)?.[0] };
    if (event.key === "Enter" || event.key === " ") go(chosen);
    else if (event.key === "ArrowRight" || event.key === "ArrowUp") choose(neighbour(marks, chosen, 1));
    else if (event.key === "ArrowLeft" || event.key === "ArrowDown") choose(neighbour(marks, chosen, -1));
    else if (ends[event.key] !== undefined) choose(ends[event.key] ?? chosen);
    else return;
    event.preventDefault();
  });

  const draw = ({ marks, cells, runningIndex }: CostlySnapshot): void => {
    const count = barCount();
    const most = Math.max(...marks.map(([, value]) => value), 1);
    setAttr(drawing, "viewBox", `0 0 ${String(count)} ${String(HEIGHT)}`);
    const shapes = [...bars(marks, cells)].map(([at, [, value, level]]) => {
      const part = value / most;
      const height = LEAST + part * (HEIGHT - LEAST);
      const bad = level === "WARN" || level === "CRIT";
      return svg("rect", {
        class: `heat${bad ? ` level-${level}` : ""}`,
        "data-bar": String(at),
        ...{ x: String(at + 0.08), y: String(HEIGHT - height), width: "0.84", height: String(height) },
        // The square root keeps the cheap ones apart from each other.
        "fill-opacity": bad ? "1" : String(Math.round((0.3 + 0.7 * Math.sqrt(part)) * 100) / 100),
      });
    });
    if (runningIndex !== null) {
      const at = Math.min(count - 1, Math.floor((runningIndex * count) / Math.max(cells, 1)));
      shapes.push(svg("rect", { class: "runs", x: String(at), y: "0", width: "1", height: String(HEIGHT) }));
    }
    drawing.replaceChildren(...shapes);
  };

  return {
    element: h("div", { class: "strip" }, slider, caption),
    update(next) {
      now = next;
      const key = JSON.stringify([next.marks, next.cells, next.runningIndex]);
      if (key !== drawn) draw(next);
      drawn = key;
      if (!touched || !next.marks.some(([index]) => index === chosen)) chosen = next.rows[0]?.index ?? 0;
      setAttr(slider, "aria-label", t("The notebook's cells by cost: arrow keys choose one, Enter goes there"));
      setAttr(slider, "aria-valuemin", "1");
      setAttr(slider, "aria-valuemax", String(Math.max(1, next.cells)));
      say();
    },
  };
}
