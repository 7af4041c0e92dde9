/** What the notebook side adds to package.json: commands, settings, menus, its view and a step of the walkthrough. */
import {
  CELLS_VIEW,
  LOADING,
  NOTEBOOK_COMMANDS,
  NOTEBOOK_CONTEXTS,
  NOTEBOOK_TYPES,
  SHOWN,
  type NotebookCommand,
} from "./names.ts";

const jupyter = NOTEBOOK_TYPES.map((type) => `notebookType == ${type}`).join(" || ");

/** In the order of the README. */
export const NOTEBOOK_COMMAND_LIST = [
  {
    command: NOTEBOOK_COMMANDS.measureKernel,
    title: "Measure This Kernel…",
    icon: "$(pulse)",
    enablement: "isWorkspaceTrusted",
    help: "Loads Gorgon's package into the notebook's kernel, after asking once, so that every cell's cost is exact.",
  },
  {
    command: NOTEBOOK_COMMANDS.chooseKernel,
    title: "Choose This Notebook's Kernel Process…",
    help: "Says which process runs the notebook's cells, where Gorgon cannot tell it by itself.",
  },
  {
    command: NOTEBOOK_COMMANDS.showCellCost,
    title: "Show Cell Cost",
    icon: "$(dashboard)",
    help: "Opens everything that was measured of a cell's run, beside the run before. A click under the cell does the same.",
  },
  {
    command: NOTEBOOK_COMMANDS.showCostlyCells,
    title: "Show Most Expensive Cells",
    icon: "$(flame)",
    help: "Opens the view with the notebook's cells by time, memory or CPU.",
  },
  {
    command: NOTEBOOK_COMMANDS.whyKernelDied,
    title: "Why Did the Kernel Die?",
    help: "Opens what is known of a kernel's end: the cause, what speaks for it, and what can be done.",
  },
  {
    command: NOTEBOOK_COMMANDS.restartWithLimit,
    title: "Restart Kernel with a Memory Limit…",
    enablement: "isWorkspaceTrusted",
    help: "Restarts the notebook's kernel and has its memory guarded: a cell that would cross the limit is stopped.",
  },
  {
    command: NOTEBOOK_COMMANDS.answerGuard,
    title: "Answer Frozen Kernel…",
    enablement: "isWorkspaceTrusted",
    help: "Lets a kernel that its memory guard froze continue, interrupts its cell, or ends it.",
  },
  {
    command: NOTEBOOK_COMMANDS.forgetCells,
    title: "Forget Cell Costs of This Notebook",
    help: "Removes what Gorgon keeps of this notebook's runs in this workspace.",
  },
] as const;

/** Settings of cells, without the prefix `gorgon.`. */
export const NOTEBOOK_SETTINGS = {
  "notebook.enabled": {
    type: "boolean",
    default: true,
    markdownDescription:
      "Shows under each cell of a notebook what its last run cost. Off, notebooks are left alone and none of it is loaded.",
  },
  "notebook.show": {
    type: "array",
    default: ["time", "cpu", "memory", "gpu", "disk", "previous"],
    choices: SHOWN,
    markdownDescription:
      "What stands under a cell; `time` where VS Code's own does not say as much. Whatever is left out is still measured and in the " +
      "table that a click opens. Costs nothing.",
  },
  "notebook.minWall": {
    type: "number",
    default: 0,
    minimum: 0,
    maximum: 3600,
    markdownDescription:
      "Seconds that a run must have taken for its cost to stand under the cell; WARN, CRIT and errors always do. Costs nothing.",
  },
  "notebook.warn": {
    type: "number",
    default: 80,
    minimum: 1,
    maximum: 100,
    markdownDescription:
      "A cell looks like a warning when its peak of memory is at or over this percentage of what its kernel may use. Costs nothing.",
  },
  "notebook.crit": {
    type: "number",
    default: 95,
    minimum: 1,
    maximum: 100,
    markdownDescription:
      "A cell looks like an error when its peak of memory is at or over this percentage of what its kernel may use. Costs nothing.",
  },
  "notebook.load": {
    type: "string",
    default: "ask",
    choices: LOADING,
    markdownDescription:
      "Whether Gorgon's package is loaded into the kernels of notebooks, which makes the numbers exact (docs/footprint.md says what that costs). " +
      "`ask`: when you run `Gorgon: Measure This Kernel` and agree. `always`: at the first run of each kernel. `never`: cells are " +
      "measured from outside, as samples. Jupyter asks once by itself.",
  },
} as const;

/** Where a command stands in a menu. */
interface NotebookMenuEntry {
  readonly command: NotebookCommand;
  readonly when: string;
  readonly group: string;
}

/** Entries of `menus`, by place. */
export function notebookMenus(): Readonly<Record<string, readonly NotebookMenuEntry[]>> {
  const { measureKernel, showCellCost, showCostlyCells, answerGuard, whyKernelDied, forgetCells } = NOTEBOOK_COMMANDS;
  const enabled = "config.gorgon.notebook.enabled";
  const here = `(${jupyter}) && ${enabled}`;
  return {
    "notebook/toolbar": [
      { command: measureKernel, when: `notebookType == jupyter-notebook && ${enabled}`, group: "status@1" },
      { command: showCostlyCells, when: `notebookType == jupyter-notebook && ${enabled}`, group: "status@2" },
    ],
    "notebook/cell/title": [{ command: showCellCost, when: `${here} && notebookCellType == code`, group: "gorgon@1" }],
    "view/title": [
      { command: measureKernel, when: `view == ${CELLS_VIEW}`, group: "navigation@1" },
      { command: whyKernelDied, when: `view == ${CELLS_VIEW} && ${NOTEBOOK_CONTEXTS.died}`, group: "1_kernel@1" },
      { command: answerGuard, when: `view == ${CELLS_VIEW} && ${NOTEBOOK_CONTEXTS.frozen}`, group: "1_kernel@2" },
      { command: forgetCells, when: `view == ${CELLS_VIEW}`, group: "2_forget@1" },
    ],
  };
}
