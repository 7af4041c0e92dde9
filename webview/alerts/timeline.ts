/** The time line of alerts: a strip a rule and series, a bar an alert; its steps on focus or under the pointer. */
import { t } from "@vscode/l10n";
import { Children, type Part, h, setAttr, setShown, setText, svg } from "../dom.ts";
import { timeTicks } from "../ticks.ts";
import { MARKS } from "../words.ts";
import { type Bar, type Segment, type StepLine, type Strip, type Timeline, barAfter } from "./timeline-model.ts";

/** Height of a strip, pixels; a level has its own share of it, so that it is told without colour. */
const STRIP = 20;
const HEIGHTS: Readonly<Record<Segment["level"], number>> = { OK: 4, UNKNOWN: 10, WARN: 12, CRIT: 20 };
const PENDING_HEIGHT = 4;
/** A bar is never narrower than this share of the strip, percent: a second of a week must be seen and hit. */
const LEAST_WIDTH = 0.6;

/** Builds the time line. */
export function timelinePart(): Part<Timeline> {
  const rows = h("div", {
    class: "strips",
    role: "listbox",
    "aria-label": t("Alerts by time; arrow keys go from one to the next"),
  });
  const axis = svg("svg", { class: "strip-axis", "aria-hidden": "true" });
  const detail = detailPart();
  const element = h("div", { class: "timeline" }, rows, axisRow(axis), detail.element);
  let model: Timeline = { from: 0, to: 0, strips: [], rows: [], note: "" };
  let chosen = "";
  const strips = new Children(rows, stripPart);

  function choose(id: string): void {
    chosen = id;
    draw();
  }

  function draw(): void {
    const bars = model.strips.flatMap((strip) => strip.bars);
    const current = bars.find((bar) => bar.id === chosen) ?? bars.at(0);
    strips.update(model.strips.map((strip) => ({ ...strip, timeline: model, chosen: current?.id ?? "" })));
    setShown(detail.element, current !== undefined);
    if (current !== undefined) detail.update(current);
    drawAxis(axis, model);
  }

  const barAt = (target: EventTarget | null): string | null =>
    target instanceof Element ? (target.closest("[data-bar]")?.getAttribute("data-bar") ?? null) : null;
  rows.addEventListener("pointerover", (event) => {
    const id = barAt(event.target);
    if (id !== null && id !== chosen) choose(id);
  });
  rows.addEventListener("focusin", (event) => {
    const id = barAt(event.target);
    if (id !== null && id !== chosen) choose(id);
  });
  rows.addEventListener("keydown", (event) => {
    const id = barAt(event.target);
    const next = id === null ? null : barAfter(model.strips, id, event.key);
    if (next === null) return;
    event.preventDefault();
    choose(next);
    rows.querySelector<SVGElement>(`[data-bar="${CSS.escape(next)}"]`)?.focus();
  });

  return {
    element,
    update(next) {
      model = next;
      draw();
    },
  };
}

interface StripModel extends Strip {
  readonly timeline: Timeline;
  readonly chosen: string;
}

function stripPart(): Part<StripModel> {
  const title = h("span", { class: "strip-title", "aria-hidden": "true" });
  const drawing = svg("svg", { class: "strip-drawing", role: "group" });
  const bars = new Map<string, SVGGElement>();
  const element = h("div", { class: "strip", role: "presentation" }, title);
  element.append(drawing);
  return {
    element,
    update({ title: text, bars: models, timeline, chosen }) {
      setText(title, text);
      setAttr(title, "title", text);
      setAttr(drawing, "aria-label", text);
      for (const [id, bar] of bars) {
        if (models.some((one) => one.id === id)) continue;
        bar.remove();
        bars.delete(id);
      }
      for (const model of models) {
        let bar = bars.get(model.id);
        if (bar === undefined) {
          bar = svg("g", { class: "bar", role: "option", "data-bar": model.id });
          bars.set(model.id, bar);
          drawing.append(bar);
        }
        drawBar(bar, model, timeline, model.id === chosen);
      }
    },
  };
}

function drawBar(group: SVGGElement, bar: Bar, { from, to }: Timeline, chosen: boolean): void {
  setAttr(group, "aria-label", bar.description);
  setAttr(group, "aria-selected", String(chosen));
  setAttr(group, "tabindex", chosen ? "0" : "-1");
  const percent = (time: number): number => ((time - from) / (to - from)) * 100;
  while (group.childElementCount > bar.segments.length) group.lastElementChild?.remove();
  bar.segments.forEach((segment, index) => {
    let rect = group.children[index];
    if (rect === undefined) {
      rect = svg("rect", { rx: "1" });
      group.append(rect);
    }
    const height = segment.pending ? PENDING_HEIGHT : HEIGHTS[segment.level];
    const width = Math.max(LEAST_WIDTH, percent(segment.to) - percent(segment.from));
    setAttr(rect, "data-level", segment.level);
    setAttr(rect, "class", segment.pending ? "is-pending" : null);
    setAttr(rect, "x", `${Math.min(100 - LEAST_WIDTH, percent(segment.from)).toFixed(2)}%`);
    setAttr(rect, "width", `${width.toFixed(2)}%`);
    setAttr(rect, "y", String(STRIP - height));
    setAttr(rect, "height", String(height));
  });
}

function axisRow(axis: SVGSVGElement): HTMLElement {
  const row = h("div", { class: "strip" }, h("span", { class: "strip-title" }));
  row.append(axis);
  return row;
}

/** Time labels that fit on the narrowest page. */
const MOST_TICKS = 5;
const DAY = 86_400_000;

function drawAxis(axis: SVGSVGElement, { from, to }: Timeline): void {
  const days = to - from > DAY;
  const ticks = days ? dayTicks(from, to) : timeTicks(from, to, MOST_TICKS);
  while (axis.childElementCount > ticks.length) axis.lastElementChild?.remove();
  ticks.forEach((tick, index) => {
    let text = axis.children[index];
    if (text === undefined) {
      text = svg("text", { y: "12" });
      axis.append(text);
    }
    const share = (tick.value - from) / (to - from);
    setAttr(text, "x", `${(share * 100).toFixed(2)}%`);
    setAttr(text, "text-anchor", share > 0.95 ? "end" : share < 0.05 ? "start" : "middle");
    setText(text, tick.label);
  });
}

/** Midnights, by their date. */
function dayTicks(from: number, to: number): { readonly value: number; readonly label: string }[] {
  const words = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric" });
  const day = new Date(from);
  day.setHours(24, 0, 0, 0);
  const ticks: { value: number; label: string }[] = [];
  for (; day.getTime() < to - DAY / 2; day.setDate(day.getDate() + 1)) {
    ticks.push({ value: day.getTime(), label: words.format(day) });
  }
  return [...ticks, { value: to, label: t("now") }];
}

/** What happened to one alert, step by step. */
function detailPart(): Part<Bar> {
  const glyph = h("span", { class: "mark", "aria-hidden": "true" });
  const title = h("span", { class: "row-title" });
  const span = h("span", { class: "note" });
  const list = h("ol", { class: "steps" });
  const steps = new Children(list, stepPart);
  const element = h(
    "div",
    { class: "bar-detail", "data-part": "bar-detail" },
    h("p", {}, glyph, " ", title, " ", span),
    list,
  );
  return {
    element,
    update(bar) {
      setAttr(element, "data-level", bar.level);
      setText(glyph, MARKS[bar.level]);
      setText(title, bar.title);
      setText(span, `${t("{0} to {1}", bar.began, bar.ended)} · ${bar.lasted}`);
      setAttr(span, "title", bar.beganTitle);
      steps.update(bar.steps);
    },
  };
}

/** One step of an alert's life. */
export function stepPart(): Part<StepLine> {
  const time = h("span", { class: "step-time" });
  const text = h("span");
  return {
    element: h("li", {}, time, " ", text),
    update(step) {
      setText(time, step.time);
      setAttr(time, "title", step.title);
      setText(text, step.text);
    },
  };
}
