/** What the plugins of this extension give to each other. */
import { Token } from "@lumino/coreutils";
import type { JupyterDeath } from "../../protocol/messages/jupyter.ts";
import type { Connection } from "./connection.ts";
import type { Guards } from "./guard.ts";
import type { Notebooks } from "./notebooks.ts";
import type { Options } from "./options.ts";

/** What the user has set; and the page's language is known. */
export const IOptions = new Token<Options>("gorgon-jupyter:IOptions");

/** The line to the Jupyter server. */
export const IConnection = new Token<Connection>("gorgon-jupyter:IConnection");

/** The open notebooks. */
export const INotebooks = new Token<Notebooks>("gorgon-jupyter:INotebooks");

/** Answers frozen kernels. */
export const IGuards = new Token<Guards>("gorgon-jupyter:IGuards");

/** Tells all that is known of a death. */
export interface Deaths {
  explain(death: JupyterDeath): void;
}
export const IDeaths = new Token<Deaths>("gorgon-jupyter:IDeaths");

/** Commands by their id. */
export const COMMANDS = {
  panel: "gorgon:show-panel",
  costly: "gorgon:show-most-expensive-cells",
  measure: "gorgon:measure-this-kernel",
  clear: "gorgon:clear-costs",
} as const;
