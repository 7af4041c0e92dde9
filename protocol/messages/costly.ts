/** The messages between the extension and the view *Most Expensive Cells*. Each snapshot is complete. */
import type { Level } from "../level.ts";

/** What the cells are compared by. */
export const COST_ORDERS = ["time", "memory", "cpu"] as const;
export type CostOrder = (typeof COST_ORDERS)[number];

/** One cell on the strip: its place in the notebook, from 0, what it cost in milliseconds or bytes, and its level. */
export type CostMark = readonly [index: number, value: number, level: Level];

/** One of the most expensive cells. All texts are plain, already short, and data. */
export interface CostRow {
  /** VS Code's name of the cell. */
  readonly id: string;
  readonly index: number;
  /** `Cell 12 [7]`, or the name that the user gave it. */
  readonly name: string;
  /** Its first line of code. It does not leave the window. */
  readonly code: string;
  /** The value it is ordered by, written. */
  readonly value: string;
  /** The other values, written. */
  readonly others: string;
  /** 0..1 of the most expensive one. */
  readonly part: number;
  readonly level: Level;
  readonly failed: boolean;
}

/** What the page may ask to be done, beside a button. */
export type CostlyCommand = "measure" | "choose";

/** Everything the view shows. */
export interface CostlySnapshot {
  readonly type: "snapshot";
  /** The notebook's file; empty where there is none. */
  readonly file: string;
  readonly order: CostOrder;
  /** Cells of the notebook, text among them. */
  readonly cells: number;
  readonly marks: readonly CostMark[];
  /** Most expensive first. */
  readonly rows: readonly CostRow[];
  /** How many cells more have a cost. */
  readonly more: number;
  /** What runs now, in one sentence; empty while nothing does. */
  readonly running: string;
  /** The place of the running cell; null while nothing runs. */
  readonly runningIndex: number | null;
  /** Why there is nothing to show, or what would be better; empty where nothing is to be said. */
  readonly hint: string;
  readonly command: CostlyCommand | null;
}

/** What the page says. `go`: shows the notebook at a cell. `cost`: opens all that was measured of it. */
export type FromCostly =
  | { readonly type: "ready" }
  | { readonly type: "order"; readonly order: CostOrder }
  | { readonly type: "go"; readonly index: number }
  | { readonly type: "cost"; readonly id: string }
  | { readonly type: "command"; readonly command: CostlyCommand };
