/**
 * The floors of the house, top to bottom, and the lint zones made from them. A file imports only from floors below
 * its own and from its own folder; the few sideways imports are listed with their reason.
 */

/** Folders by floor, highest first. Folders of one floor do not know each other. */
export const FLOORS: readonly (readonly string[])[] = [
  // JupyterLab's front end draws with what the dashboard draws with.
  ["jupyter/src"],
  [
    "extension",
    "webview",
    "server/lsp",
    "server/http",
    "server/cli",
    "server/mcp",
    "server/main.ts",
    "server/index.ts",
  ],
  ["server/stack.ts", "server/senses.ts", "server/kernels.ts", "server/history.ts"],
  ["server/responder", "server/herald", "server/analyzer", "server/arms"],
  ["server/bell", "server/mai", "server/helpdesk"],
  ["server/octopus"],
  ["server/crabs", "server/rhopalia"],
  ["server/host", "server/config", "server/wire", "server/redact", "server/version.ts"],
  ["protocol"],
];

/** Imports within one floor that are meant, with the reason. */
export const SIDEWAYS: readonly { readonly from: string; readonly to: string; readonly why: string }[] = [
  { from: "server/main.ts", to: "server/lsp", why: "picks the mode" },
  { from: "server/main.ts", to: "server/cli", why: "picks the mode" },
  {
    from: "server/cli",
    to: "server/lsp",
    why: "the CLI and the language server show the same state and doctor report",
  },
  { from: "server/stack.ts", to: "server/senses.ts", why: "the assembly of the crabs is a file of its own" },
  { from: "server/stack.ts", to: "server/kernels.ts", why: "so is that of kernels" },
  { from: "server/stack.ts", to: "server/history.ts", why: "and that of the store" },
  { from: "server/crabs", to: "server/rhopalia", why: "a crab owns sensors" },
  { from: "server/config", to: "server/wire", why: "configuration is checked against the schemas" },
  { from: "server/config", to: "server/host", why: "configuration files are read through the host" },
];

/** The faces outside the worker, and what they know: the words, never the stack. */
export const OUTSIDE_WORKER: Readonly<Record<string, readonly string[]>> = {
  extension: ["protocol"],
  webview: ["protocol"],
  "jupyter/src": ["protocol", "webview"],
};

/** One zone of `import-x/no-restricted-paths`: files in `target` may not import from `from`. */
export interface Zone {
  readonly target: string;
  readonly from: string;
  readonly message: string;
}

/** Every forbidden pair of folders. */
export function zones(): Zone[] {
  const found: Zone[] = [];
  const ranked = FLOORS.flatMap((folders, floor) => folders.map((folder) => ({ folder, floor })));
  for (const target of ranked) {
    for (const from of ranked) {
      if (target.folder === from.folder) continue;
      const outside = OUTSIDE_WORKER[target.folder]?.includes(from.folder) === false;
      const below = from.floor > target.floor;
      const sideways = SIDEWAYS.some((one) => one.from === target.folder && one.to === from.folder);
      if (!outside && (below || sideways)) continue;
      found.push({
        target: `./${target.folder}`,
        from: `./${from.folder}`,
        message: `${target.folder} stands on a floor that does not know ${from.folder} (docs/architecture.md, Floors).`,
      });
    }
  }
  return found;
}
