/** The worker's entrance: a language server when VS Code forked it over IPC, else the command line. */

/** What vscode-languageclient passes to a server that it talks to over IPC. */
const IPC_FLAG = "--node-ipc";

async function main(): Promise<void> {
  if (process.argv.includes(IPC_FLAG)) {
    const { serve } = await import("./lsp/server.ts");
    serve();
    return;
  }
  const [{ runCli }, { processIo }] = await Promise.all([import("./cli/cli.ts"), import("./cli/io.ts")]);
  process.exitCode = await runCli(process.argv.slice(2), processIo());
}

main().catch((error: unknown) => {
  process.stderr.write(`gorgon: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 70;
});
