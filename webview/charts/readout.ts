/** The cursor over a chart, and the box beside it with what every line was then. */
import { h, setShown } from "../dom.ts";
import type { Area } from "./frame.ts";

/** One line's value. */
export interface ReadoutRow {
  readonly colour: string;
  readonly label: string;
  readonly value: string;
}

/** What the box says. */
export interface ReadoutText {
  readonly title: string;
  readonly rows: readonly ReadoutRow[];
  /** Under the rows; empty: nothing. */
  readonly note: string;
}

/** The elements, to be put over the canvas, and how they are moved. */
export interface Readout {
  readonly elements: readonly HTMLElement[];
  /** `x` from the canvas' left edge, CSS pixels. */
  show(x: number, area: Area, text: ReadoutText): void;
  hide(): void;
}

/** From the cursor to the box. */
const AWAY = 12;

/** Builds both, hidden. */
export function readout(): Readout {
  const cursor = h("div", { class: "cursor", hidden: "" });
  const box = h("div", { class: "readout" });
  const place = h("div", { class: "readout-place", hidden: "" }, box);
  const elements = [cursor, place];
  return {
    elements,
    show(x, { left, right, top, bottom }, { title, rows, note }) {
      for (const element of elements) setShown(element, true);
      Object.assign(cursor.style, {
        transform: `translateX(${String(Math.round(x))}px)`,
        top: `${String(top)}px`,
        height: `${String(bottom - top)}px`,
      });
      // On the side where there is room. The style sheet places it: to measure here would lay out the page each time.
      const leftHalf = x < (left + right) / 2;
      place.classList.toggle("is-left", !leftHalf);
      place.style.setProperty("--at", leftHalf ? `${String(x + AWAY)}px` : `calc(100% - ${String(x - AWAY)}px)`);
      box.replaceChildren(
        h("div", { class: "readout-note" }, title),
        ...rows.map(({ colour, label, value }) => {
          const sample = h("span", { class: "sample" });
          sample.style.background = colour;
          return h("div", { class: "readout-row" }, sample, h("span", {}, label), h("b", {}, value));
        }),
        ...(note === "" ? [] : [h("div", { class: "readout-note" }, note)]),
      );
    },
    hide() {
      for (const element of elements) setShown(element, false);
    },
  };
}
