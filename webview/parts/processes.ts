/** The table of processes; the heads of its CPU, memory and GPU columns sort it. */
import { t } from "@vscode/l10n";
import { Children, type Part, h, setAttr, setShown, setText } from "../dom.ts";
import { card } from "./card.ts";
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
  const heads = { memory: head(t("Memory"), "memory"), cpu: head("CPU", "cpu"), gpu: head("GPU", "gpu") };
  heads.cpu.cell.title = t("100 % is one core");
  heads.gpu.cell.title = t("Memory of GPUs");
  const table = h(
    "table",
    {},
    h("caption", { class: "unseen" }, t("Running processes")),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, t("Name")),
        heads.memory.cell,
        heads.gpu.cell,
        heads.cpu.cell,
        h("th", { scope: "col", class: "io" }, "IO"),
      ),
    ),
    body,
  );
  const none = h("p", { class: "none" });
  const element = card(
    t("Processes"),
    { class: "processes", "data-part": "processes" },
    [note],
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
    return { cell: h("th", { scope: "col", class: by }, button), mark };
  }

  function draw(): void {
    const view = processTable(model.state, sort, model.now);
    setText(note, view.note);
    rows.update(view.lines);
    setText(none, view.empty);
    setShown(none, view.empty !== "");
    setShown(table, view.empty === "");
    setAttr(table, "class", view.hasGpu ? "with-gpu" : null);
    for (const by of ["memory", "cpu", "gpu"] as const) {
      setAttr(heads[by].cell, "aria-sort", view.sort === by ? "descending" : null);
      setText(heads[by].mark, view.sort === by ? "▾" : "");
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
  const cells = {
    memory: h("td"),
    gpu: h("td", { class: "gpu" }),
    cpu: h("td", { class: "cpu" }),
    io: h("td", { class: "io" }),
  };
  const element = h("tr", {}, title, cells.memory, cells.gpu, cells.cpu, cells.io);
  return {
    element,
    update(line) {
      setText(name, line.name);
      setText(detail, line.detail);
      setAttr(title, "title", line.title);
      setText(cells.memory, line.memory);
      setText(cells.cpu, line.cpu);
      setText(cells.io, line.io);
      setText(cells.gpu, line.gpu);
    },
  };
}
