/** A window of VS Code with a worker behind it, both played by the test. */
import { stateChanged } from "../../protocol/messages/worker.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { LatestState } from "../worker/latest.ts";
import { Worker } from "../worker/worker.ts";
import { fakeWorld } from "./connection.ts";
import { ManualTimers, settle } from "./timers.ts";
import { fakeVscode } from "./vscode.ts";

/** Everything a part of the extension is made from; `say` is a new state from the worker. */
export function fakeWindow() {
  const world = fakeWorld();
  const timers = new ManualTimers();
  const fake = fakeVscode();
  const initialize = { protocol: 1, client: "0", logLevel: "info", settings: {}, workspaceFolders: [] } as const;
  const launchOptions = () => ({ execArgv: [], initialize });
  const worker = new Worker({ connect: world.connect, launchOptions, channel: fake.channel, timers });
  const latest = new LatestState(worker, timers);
  const say = async (state: WorkerState): Promise<void> => {
    world.made.at(-1)?.say(stateChanged.method, state);
    await settle();
  };
  /** What the worker was asked by this name, in order. */
  const asked = (message: { readonly method: string }): unknown[] =>
    world.made.flatMap((one) =>
      one.asked.filter(({ method }) => method === message.method).map(({ params }) => params),
    );
  return { world, timers, fake, vs: fake.vs, worker, latest, say, asked };
}
