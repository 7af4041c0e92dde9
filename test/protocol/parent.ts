/** A parent to be killed: forks the worker named by its argument, shakes hands and tells the worker's pid. */
import { fork } from "node:child_process";
import { createMessageConnection, IPCMessageReader, IPCMessageWriter } from "vscode-languageserver/node";
import { PROTOCOL_VERSION } from "../../protocol/version.ts";

const child = fork(process.argv[2] ?? "", ["--node-ipc"], { silent: true });
const connection = createMessageConnection(new IPCMessageReader(child), new IPCMessageWriter(child));
connection.listen();
await connection.sendRequest("initialize", {
  processId: process.pid,
  rootUri: null,
  capabilities: {},
  initializationOptions: {
    protocol: PROTOCOL_VERSION,
    client: "test",
    logLevel: "info",
    settings: { historyEnabled: false },
    workspaceFolders: [],
  },
});
await connection.sendNotification("initialized", {});
process.send?.(child.pid);
