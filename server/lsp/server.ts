/** The worker's process around its session: the connection, the parent that must live, the signals. */
import { hostname } from "node:os";
import { createConnection, ProposedFeatures } from "vscode-languageserver/node";
import { nodeHost } from "../host/node.ts";
import { Session } from "./session.ts";

/** How long the store may take to flush when the parent has gone, before the process ends anyway. */
const FAREWELL_MS = 2000;

/** Serves one VS Code window over the IPC channel that forked this process. Ends with its parent. */
export function serve(): void {
  const connection = createConnection(ProposedFeatures.all);
  const session = new Session({ connection, host: nodeHost(), nodeName: hostname() });

  let leaving = false;
  const leave = (): void => {
    if (leaving) return;
    leaving = true;
    const end = setTimeout(() => process.exit(1), FAREWELL_MS);
    void session.close().finally(() => {
      clearTimeout(end);
      process.exit(0);
    });
  };
  // The channel closes the moment the parent dies, seconds before a look at its pid would tell.
  process.on("disconnect", leave);
  process.on("SIGTERM", leave);
  process.on("SIGINT", leave);

  session.listen();
  connection.listen();
}
