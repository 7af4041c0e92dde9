/** Configuration as faces see and change it. */
import type { Rule } from "./bell.ts";

/** One value in force. */
export interface SettingOrigin {
  /** The dotted key, e.g. `bell.cpu.warn`. */
  readonly key: string;
  /** As a person would write it, e.g. `70 %`. */
  readonly value: string;
  /** From strongest to weakest: flag, environment, setting, workspace file, user file, default. */
  readonly origin: "flag" | "environment" | "setting" | "workspace file" | "user file" | "default";
  /** The file, variable or setting; empty for defaults. */
  readonly where: string;
}

/** A rule as a face proposes it; the worker gives it an id that is free, made from the title. */
export type NewRule = Omit<Rule, "id" | "origin">;

/** A process to watch by its name pattern, as `watches` in `gorgon.yaml` has it. */
export interface NewWatch {
  readonly title: string;
  /** A program's name; `*` stands for any text. */
  readonly name: string;
}

/** A file as it would be. */
export interface ConfigEdit {
  readonly path: string;
  /** Whether the file is there already. */
  readonly exists: boolean;
  /** The whole text. */
  readonly text: string;
  /** Where the added part begins, counted from 0, to put the cursor there. */
  readonly line: number;
  /** The id that was given. */
  readonly id: string;
}
