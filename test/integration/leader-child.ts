/** A whole worker stack in a process of its own, on a machine that may pretend: another user, machine id or mounts. */
import { nodeHost } from "../../server/host/node.ts";
import { loadConfig } from "../../server/config/load.ts";
import { leveledLog } from "../../server/host/log.ts";
import { statePaths } from "../../server/host/paths.ts";
import { doctorReport } from "../../server/lsp/doctor.ts";
import { provisionalFacts } from "../../server/rhopalia/facts.ts";
import { createStack } from "../../server/stack.ts";
import type { DoctorReport } from "../../protocol/doctor.ts";
import type { WorkerState } from "../../protocol/state.ts";

/** What it pretends. */
export interface StackTask {
  /** Beside the parent's own environment. */
  readonly env: Readonly<Record<string, string>>;
  /** The user to act as, by number; the parent must be root. */
  readonly user?: number;
  /** Files that read differently, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What it says: once, when it is known who leads. */
export interface StackNews {
  readonly state: WorkerState;
  readonly lastSnapshot: string;
  readonly paths: { readonly folder: string; readonly moved: string };
  readonly report: DoctorReport;
}

async function run(task: StackTask): Promise<void> {
  if (task.user !== undefined) {
    // All modules are loaded by now: the other user may not be allowed to read them.
    process.setgroups?.([]);
    process.setgid?.(task.user);
    process.setuid?.(task.user);
  }
  const real = nodeHost();
  const env = { ...process.env, ...task.env };
  const text = (path: string) => task.files?.[path] ?? real.files.text(path);
  const host = { ...real, env, files: { ...real.files, text } };
  const config = await loadConfig({ host, defaultIntervalMs: 500, previous: null });
  const paths = await statePaths(host);
  const log = leveledLog(
    () => undefined,
    () => "off",
  );
  const stack = createStack({ host, log, config, facts: provisionalFacts(), paths, nodeName: "here" });
  process.on("disconnect", () => {
    void stack.close().finally(() => process.exit(0));
  });
  await stack.start();
  const [snapshot] = await stack.hub.collectOnce();
  await stack.hub.store.flush();
  const report = await doctorReport({ host, stack, config, version: "test" });
  const state = stack.state();
  if (state === null) throw new Error("no poll has ended");
  const { folder, moved } = paths;
  const news: StackNews = { state, lastSnapshot: snapshot?.id ?? "", paths: { folder, moved }, report };
  process.send?.(news);
}

await run(JSON.parse(process.argv[2] ?? "{}") as StackTask);
