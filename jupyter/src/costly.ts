/** The side panel *Most Expensive Cells*: the heat strip and the rows of the notebook in front; a click or Enter leads to the cell. */
import { Widget } from "@lumino/widgets";
import { t } from "@vscode/l10n";
import { costlyRows, runningWords, type PlacedCost } from "../../protocol/costly-rows.ts";
import type { CostlySnapshot, CostOrder, FromCostly } from "../../protocol/messages/costly.ts";
import { costlyPage } from "../../webview/costly/page.ts";
import type { Part } from "../../webview/dom.ts";
import type { WatchedNotebook } from "./notebook.ts";
import type { Options } from "./options.ts";
import { Planned } from "./planned.ts";

/** Records come in bursts, milliseconds. */
const SOON_MS = 200;
const LIVE_MS = 1000;
/** A cell's first line of code stands within these. */
const FIRST_LINES = 20;

/** Where it leads. */
export interface CostlyActions {
  /** The notebook in front; null without one. */
  notebook(): WatchedNotebook | null;
  go(notebook: WatchedNotebook, index: number): void;
  cost(notebook: WatchedNotebook, cellId: string): void;
  measure(notebook: WatchedNotebook): void;
}

function firstLines(source: string): readonly string[] {
  return source.split("\n", FIRST_LINES);
}

/** What the page shows of a notebook. `now`: milliseconds since the epoch, by this page's clock. */
export function costlySnapshot(
  notebook: WatchedNotebook | null,
  order: CostOrder,
  options: Options,
  now: number,
): CostlySnapshot {
  const nothing = { type: "snapshot", file: "", order, cells: 0, marks: [], rows: [], more: 0 } as const;
  const still = { running: "", runningIndex: null, hint: "", command: null } as const;
  if (notebook === null) {
    return { ...nothing, ...still, hint: t("Open a notebook: its cells stand here once they have run.") };
  }
  const views = notebook.book.all();
  const { widgets } = notebook.panel.content;
  const placed: PlacedCost[] = [];
  widgets.forEach((cell, index) => {
    const view = views.get(cell.model);
    if (view === undefined) return;
    const { cost } = view;
    if (cost === null || cost.cleared) return;
    const lines = (): readonly string[] => firstLines(cell.model.sharedModel.getSource());
    placed.push({ id: cell.model.id, index, cost, lines });
  });
  const { running } = notebook.book;
  const at = widgets.findIndex((cell) => views.get(cell.model)?.running !== null && views.has(cell.model));
  const runningIndex = at < 0 ? null : at;
  const age = running === null ? 0 : now - running.seenAt;
  return {
    ...{ ...nothing, ...still, file: notebook.path.split("/").at(-1) ?? "", cells: widgets.length },
    ...costlyRows(placed, order, options.values.shares),
    runningIndex,
    running: runningIndex === null ? "" : runningWords(runningIndex, age, notebook.served?.usage ?? null),
    ...hintOf(notebook, placed.length),
  };
}

function hintOf(notebook: WatchedNotebook, costs: number): Pick<CostlySnapshot, "hint" | "command"> {
  if (notebook.kernel !== null && !notebook.measured) {
    return { hint: t("Nothing measures in the kernel of this notebook yet."), command: "measure" };
  }
  const hint = costs === 0 ? t("Run a cell: what it cost stands here and under the cell.") : "";
  return { hint, command: null };
}

/** The panel. It draws only while it is seen. */
export class CostlyPanel extends Widget {
  readonly #actions: CostlyActions;
  readonly #options: Options;
  readonly #page: Part<CostlySnapshot>;
  #order: CostOrder = "time";
  readonly #planned = new Planned(() => this.#draw());
  #followed: WatchedNotebook | null = null;

  constructor(actions: CostlyActions, options: Options) {
    super();
    this.#actions = actions;
    this.#options = options;
    this.id = "gorgon-costly";
    this.addClass("jp-Gorgon");
    this.addClass("jp-Gorgon-costly");
    this.title.caption = t("Most Expensive Cells");
    this.#page = costlyPage((message) => this.#take(message));
    this.node.append(this.#page.element);
    options.changed.connect(this.#soon, this);
    this.follow();
  }

  /** Another notebook may be in front. */
  follow(): void {
    const notebook = this.#actions.notebook();
    if (notebook !== this.#followed) {
      this.#followed?.changed.disconnect(this.#soon, this);
      this.#followed = notebook;
      notebook?.changed.connect(this.#soon, this);
    }
    this.#soon();
  }

  override dispose(): void {
    this.#planned.cancel();
    this.#options.changed.disconnect(this.#soon, this);
    super.dispose();
  }

  protected override onAfterShow(): void {
    this.#draw();
  }

  protected override onAfterAttach(): void {
    this.#draw();
  }

  #soon(): void {
    this.#planned.within(SOON_MS);
  }

  #draw(): void {
    if (!this.isVisible) return;
    const notebook = this.#followed?.isDisposed === true ? null : this.#followed;
    const snapshot = costlySnapshot(notebook, this.#order, this.#options, Date.now());
    this.#page.update(snapshot);
    if (snapshot.runningIndex !== null) this.#planned.within(LIVE_MS);
  }

  #take(message: FromCostly): void {
    const notebook = this.#followed;
    if (message.type === "order") {
      this.#order = message.order;
      this.#draw();
      return;
    }
    if (notebook === null || notebook.isDisposed) return;
    if (message.type === "go") this.#actions.go(notebook, message.index);
    else if (message.type === "cost") this.#actions.cost(notebook, message.id);
    else if (message.type === "command" && message.command === "measure") this.#actions.measure(notebook);
  }
}
