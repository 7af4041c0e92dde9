/** The view *Most Expensive Cells* as a whole: the order, the strip, what runs, a hint, and the rows. */
import { t } from "@vscode/l10n";
import {
  COST_ORDERS,
  type CostlyCommand,
  type CostlySnapshot,
  type CostOrder,
} from "../../protocol/messages/costly.ts";
import type { CostRow, FromCostly } from "../../protocol/messages/costly.ts";
import { choice } from "../choice.ts";
import { Children, h, icon, type Part, setAttr, setShown, setText, svg } from "../dom.ts";
import { stripPart } from "./strip.ts";

/** Says what the user chose. */
export type Say = (message: FromCostly) => void;

function orderWords(order: CostOrder): string {
  switch (order) {
    case "time":
      return t("Time");
    case "memory":
      return t("Memory");
    case "cpu":
      return "CPU";
  }
}

function commandWords(command: CostlyCommand): string {
  return command === "measure" ? t("Measure This Kernel") : t("Choose the Kernel");
}

/** Builds the page. */
export function costlyPage(say: Say): Part<CostlySnapshot> {
  const head = h("div", { class: "head" });
  const strip = stripPart((index) => say({ type: "go", index }));
  const running = h("p", { class: "running", role: "status" });
  const hint = h("p", { class: "hint" });
  const button = h("button", { type: "button", class: "button" });
  const list = h("ol", { class: "rows" });
  const more = h("p", { class: "hint" });
  const rows = new Children(list, (row: CostRow) => rowPart(row, say));
  let command: CostlyCommand | null = null;
  let order: CostOrder | null = null;
  button.addEventListener("click", () => {
    if (command !== null) say({ type: "command", command });
  });
  const orders = (chosen: CostOrder): HTMLElement =>
    choice(
      t("Most expensive by"),
      COST_ORDERS.map((value) => ({ value, text: orderWords(value) })),
      chosen,
      (value) => say({ type: "order", order: value }),
    );
  return {
    element: h("main", { class: "costly" }, head, strip.element, running, hint, button, list, more),
    update(next) {
      // Only its first drawing and another notebook's order make it anew: it keeps the focus and its own choice.
      if (order === null || (order !== next.order && !head.contains(document.activeElement))) {
        head.replaceChildren(orders(next.order));
      }
      order = next.order;
      command = next.command;
      const some = next.rows.length > 0;
      setShown(head, some);
      setShown(strip.element, some);
      strip.update(next);
      setText(running, next.running);
      setShown(running, next.running !== "");
      setText(hint, next.hint);
      setShown(hint, next.hint !== "");
      if (command !== null) setText(button, commandWords(command));
      setShown(button, command !== null);
      setAttr(list, "aria-label", t("Most expensive cells of {0}", next.file));
      rows.update(next.rows);
      setText(more, next.more === 1 ? t("and 1 cell more") : t("and {0} cells more", next.more));
      setShown(more, next.more > 0);
    },
  };
}

function rowPart(first: CostRow, say: Say): Part<CostRow> {
  let row = first;
  const mark = h("span", { class: "mark" });
  const name = h("span", { class: "name" });
  const value = h("span", { class: "value" });
  const code = h("span", { class: "code" });
  const others = h("span", { class: "others" });
  const bar = svg("rect", { class: "bar", height: "2", width: "0" });
  const bars = svg(
    "svg",
    { class: "bars", viewBox: "0 0 100 2", preserveAspectRatio: "none", "aria-hidden": "true" },
    bar,
  );
  const go = h("button", { type: "button", class: "go" }, name, mark, value, code, others, bars);
  const cost = h("button", { type: "button", class: "cost" }, icon("dashboard"));
  go.addEventListener("click", () => say({ type: "go", index: row.index }));
  cost.addEventListener("click", () => say({ type: "cost", id: row.id }));
  return {
    element: h("li", {}, go, cost),
    update(next) {
      row = next;
      const bad = next.level === "WARN" || next.level === "CRIT";
      setAttr(mark, "class", `mark level-${bad ? next.level : next.failed ? "failed" : "OK"}`);
      setText(mark, bad ? `${next.level === "CRIT" ? "◆" : "▲"} ${next.level}` : next.failed ? `✕ ${t("failed")}` : "");
      setText(name, next.name);
      setText(value, next.value);
      setText(code, next.code);
      setText(others, next.others);
      setAttr(bar, "width", String(Math.round(next.part * 1000) / 10));
      setAttr(go, "title", t("Go to {0}", next.name));
      setAttr(cost, "title", t("Show what {0} cost", next.name));
      setAttr(cost, "aria-label", t("Show what {0} cost", next.name));
    },
  };
}
