/** What the notebook side is called: its commands, view, settings and conditions. No texts, so that its own bundle stays small. */

/** Commands of the notebook side by their id; they are part of `COMMANDS`. */
export const NOTEBOOK_COMMANDS = {
  measureKernel: "gorgon.measureKernel",
  chooseKernel: "gorgon.chooseKernel",
  showCellCost: "gorgon.showCellCost",
  showCostlyCells: "gorgon.showCostlyCells",
  whyKernelDied: "gorgon.whyKernelDied",
  restartWithLimit: "gorgon.restartWithLimit",
  answerGuard: "gorgon.answerGuard",
  forgetCells: "gorgon.forgetCellCosts",
} as const;

/** The id of one of them. */
export type NotebookCommand = (typeof NOTEBOOK_COMMANDS)[keyof typeof NOTEBOOK_COMMANDS];

/** The view *Most Expensive Cells*. */
export const CELLS_VIEW = "gorgon.cells";

/** The page of one cell's cost, or of one kernel's death. */
export const PAGE_VIEW = "gorgon.notebookPage";

/** Kinds of documents whose cells a Jupyter kernel runs. */
export const NOTEBOOK_TYPES: readonly string[] = ["jupyter-notebook", "interactive"];

/** What the conditions in package.json may ask for. */
export const NOTEBOOK_CONTEXTS = {
  /** A notebook has been opened in this window. */
  seen: "gorgon.notebooks",
  /** A kernel of this window is held frozen. */
  frozen: "gorgon.kernelFrozen",
  /** A kernel of this window died lately. */
  died: "gorgon.kernelDied",
} as const;

export { SHOWN, type Shown } from "../../protocol/cell.ts";

/** Whether the package is loaded into kernels. */
export const LOADING = ["ask", "always", "never"] as const;
export type Loading = (typeof LOADING)[number];
