/** Shows a cell: brings its notebook to the front, scrolls to it also where the notebook draws only what is seen, and selects it. */
import type { JupyterFrontEnd } from "@jupyterlab/application";
import type { WatchedNotebook } from "./notebook.ts";

/** Leads to the cell at this place; does nothing where there is none any more. */
export async function revealCell(app: JupyterFrontEnd, notebook: WatchedNotebook, index: number): Promise<void> {
  const { panel } = notebook;
  if (panel.isDisposed) return;
  app.shell.activateById(panel.id);
  const { content } = panel;
  const cell = content.widgets[index];
  if (cell === undefined) return;
  content.mode = "command";
  content.activeCellIndex = index;
  content.deselectAll();
  // Of a long notebook that was just opened the last cells are drawn seconds later.
  if (!cell.isAttached) content.renderCellOutputs(index);
  await content.scrollToCell(cell, "center");
  content.node.focus();
}

/** The place of the cell with this id; -1 without one. */
export function indexOf(notebook: WatchedNotebook, cellId: string): number {
  return notebook.panel.content.widgets.findIndex((cell) => cell.model.id === cellId);
}
