/** The table of processes; the heads of its CPU and memory columns sort it. */
import { Children, type Part, h, setAttr, setShown, setText } from "../dom.ts";
import { type ProcessLine, type ProcessSort, processTable } from "../processes.ts";
import type { WorkerState } from "../../protocol/state.ts";

/** What the table is made from. */
export interface ProcessesModel {
  readonly state: WorkerState | null;
  readonly now: number;
}

/** Builds the card. */
export function processesPart(): Part<ProcessesModel> {
  let sort: ProcessSort = "memory";
  let model: ProcessesModel = { state: null, now: 0 };
  const note = h("span", { class: "note" });
  const body = h("tbody");
  const rows = new Children(body, linePart);
  const heads = { memory: head("Memory", "memory"), cpu: head("CPU", "cpu") };
  heads.cpu.cell.title = "100 % is one core";
  const table = h(
    "table",
    {},
    h("caption", { class: "unseen" }, "Running processes"),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, "Name"),
        heads.memory.cell,
        heads.cpu.cell,
        h("th", { scope: "col" }, "IO"),
      ),
    ),
    body,
  );
  const none = h("p", { class: "none" });
  const element = h(
    "section",
    { class: "card processes", "aria-label": "Processes", "data-part": "processes" },
    h("div", { class: "card-top" }, h("h2", {}, "Processes"), note),
    h("div", { class: "plot-table" }, table),
    none,
  );

  function head(text: string, by: ProcessSort): { cell: HTMLElement; mark: HTMLElement } {
    const mark = h("span", { class: "sort-mark", "aria-hidden": "true" });
    const button = h("button", { type: "button", class: "sort", "data-sort": by }, text, mark);
    button.addEventListener("click", () => {
      sort = by;
      draw();
    });
    return { cell: h("th", { scope: "col" }, button), mark };
  }

  function draw(): void {
    const view = processTable(model.state, sort, model.now);
    setText(note, view.note);
    rows.update(view.lines);
    setText(none, view.empty);
    setShown(none, view.empty !== "");
    setShown(table, view.empty === "");
    for (const by of ["memory", "cpu"] as const) {
      setAttr(heads[by].cell, "aria-sort", sort === by ? "descending" : null);
      setText(heads[by].mark, sort === by ? "▾" : "");
    }
  }

  return {
    element,
    update(next) {
      model = next;
      draw();
    },
  };
}

function linePart(): Part<ProcessLine> {
  const name = h("span");
  const detail = h("span", { class: "detail" });
  const title = h("th", { scope: "row" }, name, " ", detail);
  const cells = { memory: h("td"), cpu: h("td"), io: h("td") };
  const element = h("tr", {}, title, cells.memory, cells.cpu, cells.io);
  return {
    element,
    update(line) {
      setText(name, line.name);
      setText(detail, line.detail);
      setAttr(title, "title", line.title);
      setText(cells.memory, line.memory);
      setText(cells.cpu, line.cpu);
      setText(cells.io, line.io);
    },
  };
}
