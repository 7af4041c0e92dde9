/** Loads the language client when it is first needed: it is half a megabyte that activation must not wait for. */
import type * as clientModule from "./client.ts";
import type { Connect } from "./connection.ts";

/** `client.ts` is bundled into a file of its own beside the extension's. */
export const connectLazily: Connect = (options) => {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- the bundle is CommonJS; its neighbour loads on demand
  const client = require("./client.cjs") as typeof clientModule;
  return client.connect(options);
};
