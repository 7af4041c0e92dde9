/** One chart on the page: its canvas, the cursor over it with what every series was then, the selection, a rule's border. */
import { t } from "@vscode/l10n";
import { type ChartCanvas, chartCanvas } from "../charts/canvas.ts";
import { across } from "../charts/frame.ts";
import type { Palette } from "../charts/palette.ts";
import { type ReadoutText, readout } from "../charts/readout.ts";
import { h, setAttr, setShown, setText } from "../dom.ts";
import { valueAt } from "../series.ts";
import { pictureOf } from "./canvas.ts";
import { lookOf } from "./colours.ts";
import { type Gestures, listen } from "./gestures.ts";
import type { Scene, SceneAxis } from "./scene.ts";
import { momentText } from "./time-axis.ts";

/** A border that is being chosen for a new rule. */
export interface Draft {
  /** Of the series that the rule is for. */
  readonly key: string;
  readonly value: number;
  readonly text: string;
}

/** What the page tells a chart. */
export interface CardView {
  readonly scene: Scene;
  readonly highlighted: string | null;
  /** Milliseconds since the epoch; null: no cursor. */
  readonly cursor: number | null;
  readonly draft: Draft | null;
  readonly now: number;
}

/** A chart's card. */
export interface ChartCard {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  draw(view: CardView): void;
  /** Moves the cursor without drawing the lines anew. */
  point(cursor: number | null, now: number): void;
  selecting(span: { readonly from: number; readonly to: number } | null): void;
  retheme(palette: Palette): void;
  dispose(): void;
}

/** What a card reports. */
export interface CardEvents extends Gestures {
  /** The new rule's border was moved to this value. */
  draft(value: number): void;
}

/** Values that the box at the cursor has room for. */
const MOST_VALUES = 14;
/** One press of a key moves a rule's border by this share of the axis. */
const DRAFT_STEP = 0.01;

/** Builds the card of one chart. */
export function chartCard(first: Scene, theme: Palette, events: CardEvents): ChartCard {
  let palette = theme;
  let view: CardView = { scene: first, highlighted: null, cursor: null, draft: null, now: 0 };
  let drawer: ChartCanvas | null = null;
  const canvas = h("canvas", { "aria-hidden": "true" });
  const selection = h("div", { class: "x-selection", hidden: "" });
  const values = readout();
  const draft = h("div", {
    ...{ class: "x-draft", role: "slider", tabindex: "0", "aria-orientation": "vertical", hidden: "" },
    "aria-label": t("Threshold of the new rule"),
  });
  const surface = h(
    "div",
    {
      ...{ class: "x-surface", tabindex: "0", role: "group", "aria-roledescription": t("chart") },
      title: t("Plus and minus zoom, arrow keys move through time, with Shift they move the cursor, End follows now."),
    },
    canvas,
    selection,
    ...values.elements,
    draft,
  );
  const element = h("div", { class: "x-chart", "data-part": "explore-chart" }, surface);
  listen(surface, () => drawer?.area() ?? { left: 0, right: 1 }, events);
  listenToDraft();

  function listenToDraft(): void {
    draft.addEventListener("pointerdown", (event) => {
      event.stopPropagation();
      draft.setPointerCapture(event.pointerId);
    });
    draft.addEventListener("pointermove", (event) => {
      event.stopPropagation();
      const axis = draftAxis();
      if (axis === null || drawer === null || !draft.hasPointerCapture(event.pointerId)) return;
      const { top, bottom } = drawer.area();
      const share = (bottom - (event.clientY - surface.getBoundingClientRect().top)) / (bottom - top);
      const { min, max } = axis.axis;
      events.draft(min + Math.min(1, Math.max(0, share)) * (max - min));
    });
    draft.addEventListener("keydown", (event) => {
      const axis = draftAxis();
      const steps: Readonly<Record<string, number>> = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
      const by = steps[event.key];
      if (by === undefined || axis === null || view.draft === null) return;
      event.preventDefault();
      event.stopPropagation();
      const { min, max } = axis.axis;
      events.draft(Math.max(min, view.draft.value + by * DRAFT_STEP * (max - min)));
    });
  }

  function drawNow(): void {
    const picture = pictureOf(view.scene, view.highlighted, palette);
    if (drawer === null) drawer = chartCanvas(canvas, picture, palette);
    else drawer.draw(picture, palette);
  }

  function draftAxis(): SceneAxis | null {
    const key = view.draft?.key;
    return view.scene.axes.find((axis) => axis.lines.some((line) => line.key === key)) ?? null;
  }

  function place(): void {
    if (drawer === null) return;
    const area = drawer.area();
    const { left, right, top, bottom } = area;
    const { from, to } = view.scene.window;
    const at = view.cursor;
    if (at === null || at < from || at > to) values.hide();
    else values.show(across({ area, window: view.scene.window }, at), area, readoutText(at));
    const axis = draftAxis();
    setShown(draft, axis !== null && view.draft !== null);
    if (axis === null || view.draft === null) return;
    const { min, max } = axis.axis;
    const share = Math.min(1, Math.max(0, (view.draft.value - min) / (max - min)));
    Object.assign(draft.style, {
      left: `${String(left)}px`,
      width: `${String(right - left)}px`,
      transform: `translateY(${String(Math.round(bottom - share * (bottom - top)))}px)`,
    });
    setText(draft, view.draft.text);
    setAttr(draft, "aria-valuenow", String(view.draft.value));
    setAttr(draft, "aria-valuemin", String(min));
    setAttr(draft, "aria-valuemax", String(Math.max(max, view.draft.value)));
    setAttr(draft, "aria-valuetext", view.draft.text);
  }

  function readoutText(at: number): ReadoutText {
    const { scene, now } = view;
    const rows = scene.axes.flatMap(({ lines, unit }) =>
      lines.flatMap((line) => {
        const value = valueAt(line.columns, at, line.tolerance);
        return value === null ? [] : [{ line, value, text: unit.format(value), unit: unit.id }];
      }),
    );
    // Units in their order, the highest of each first: as the lines stand in the chart.
    rows.sort((a, b) => (a.unit === b.unit ? b.value - a.value : 0));
    const more = rows.length - MOST_VALUES;
    return {
      title: momentText(at, scene.window.to - scene.window.from, now),
      rows: rows.slice(0, MOST_VALUES).map(({ line, text }) => ({
        colour: lookOf(line.series.slot, palette).colour,
        label: line.label,
        value: text,
      })),
      note:
        more > 0 ? t("and {0} more, in the list above", more) : rows.length === 0 ? t("No values at this time") : "",
    };
  }

  return {
    element,
    canvas,
    draw(next) {
      view = next;
      setAttr(surface, "aria-label", next.scene.description);
      drawNow();
      place();
    },
    point(at, now) {
      view = { ...view, cursor: at, now };
      place();
    },
    selecting(span) {
      setShown(selection, span !== null);
      if (span === null || drawer === null) return;
      const { left, right, top, bottom } = drawer.area();
      const x = (share: number): number => left + share * (right - left);
      Object.assign(selection.style, {
        left: `${String(Math.min(x(span.from), x(span.to)))}px`,
        width: `${String(Math.abs(x(span.to) - x(span.from)))}px`,
        top: `${String(top)}px`,
        height: `${String(bottom - top)}px`,
      });
    },
    retheme(next) {
      palette = next;
      if (drawer !== null) drawNow();
    },
    dispose: () => drawer?.dispose(),
  };
}
