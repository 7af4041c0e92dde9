/** What the view *Most Expensive Cells* shows of a notebook: the strip, the rows, what runs, and what would be better. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import type { Shares } from "../../protocol/cell-words.ts";
import { costlyRows, runningWords } from "../../protocol/costly-rows.ts";
import type { CostlySnapshot, CostOrder } from "../../protocol/messages/costly.ts";
import { cellUri } from "./cells.ts";
import type { Binding } from "./kernels.ts";
import type { CostedCell } from "./records.ts";
import type { CellRun } from "./tracker.ts";

/** A cell's first line of code stands within these. */
const FIRST_LINES = 20;

/** What it is made from. */
export interface CostlyInput {
  readonly notebook: vscode.NotebookDocument | null;
  readonly costs: readonly CostedCell[];
  readonly run: CellRun | null;
  readonly binding: Binding | null;
  /** Something has run in this window. */
  readonly hasRun: boolean;
  /** How many kernels could be the notebook's. */
  readonly rivals: number;
  readonly order: CostOrder;
  readonly shares: Shares;
  readonly now: number;
}

function firstLines({ document }: vscode.NotebookCell): readonly string[] {
  return Array.from({ length: Math.min(document.lineCount, FIRST_LINES) }, (_, line) => document.lineAt(line).text);
}

/** Why there is nothing, or what would make it better. */
function hintOf(input: CostlyInput): Pick<CostlySnapshot, "hint" | "command"> {
  const { notebook, costs, binding, hasRun, rivals } = input;
  const none = { hint: "", command: null };
  if (notebook === null) return { ...none, hint: t("Open a notebook: its cells stand here once they have run.") };
  if (hasRun && binding === null) {
    return rivals > 1
      ? { hint: t("Several kernels could be this notebook's, so none is measured."), command: "choose" }
      : {
          hint: t(
            "The kernel of this notebook is not found on this machine. Its package can still tell what cells cost.",
          ),
          command: "measure",
        };
  }
  if (hasRun && binding?.state?.measured === false) {
    return {
      hint: t("Measured from outside, as samples. Inside the kernel the numbers are exact."),
      command: "measure",
    };
  }
  return costs.length === 0 ? { ...none, hint: t("Run a cell: what it cost stands here and under the cell.") } : none;
}

/** Everything the page needs. */
export function costlySnapshot(input: CostlyInput): CostlySnapshot {
  const { notebook, costs, order, shares, run, binding, now } = input;
  const placed = costs.map(({ cell, cost }) => ({
    ...{ id: cellUri(cell), index: cell.index, cost },
    lines: () => firstLines(cell),
  }));
  return {
    type: "snapshot",
    file: notebook?.uri.path.split("/").at(-1) ?? "",
    cells: notebook?.cellCount ?? 0,
    ...costlyRows(placed, order, shares),
    running: run === null ? "" : runningWords(run.cell.index, now - run.startedAt, binding?.state?.usage ?? null),
    runningIndex: run?.cell.index ?? null,
    ...hintOf(input),
  };
}
