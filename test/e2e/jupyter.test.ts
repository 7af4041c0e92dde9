/** The stand-in for the Jupyter extension keeps the rules of the real one: it is what the notebook's cases rest on. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pythonEnv } from "../../scripts/python-env.ts";
import { Access, serveJupyter, type CancellationToken, type Kernel } from "../workbench/fixtures/jupyter/api.ts";
import { Bridge, type Ran } from "../workbench/fixtures/jupyter/bridge.ts";
import { NotebookKernel, type RunMessage } from "../workbench/fixtures/jupyter/kernel.ts";
import { BRIDGE } from "../workbench/jupyter.ts";
import { signal } from "../workbench/processes.ts";
import { until } from "./driver.ts";

const NEVER: CancellationToken = {
  isCancellationRequested: false,
  onCancellationRequested: () => ({ dispose: () => undefined }),
};

/** A token that is cancelled by hand. */
function cancellable(): { readonly token: CancellationToken; readonly cancel: () => void } {
  const listeners: (() => void)[] = [];
  const onCancellationRequested: CancellationToken["onCancellationRequested"] = (listener) => {
    listeners.push(listener);
    return { dispose: () => undefined };
  };
  const token = { isCancellationRequested: false, onCancellationRequested };
  return { token, cancel: () => listeners.forEach((listener) => listener()) };
}

/** A cell that somebody runs. */
interface Running {
  readonly messages: RunMessage[];
  readonly began: Promise<void>;
  readonly ended: Promise<Ran>;
}

function runCell(kernel: NotebookKernel, code: string, metadata = {}): Running {
  const messages: RunMessage[] = [];
  const began = Promise.withResolvers<undefined>();
  const ended = Promise.withResolvers<Ran>();
  kernel.runCell({
    code,
    metadata,
    began: () => began.resolve(undefined),
    heard: (message) => messages.push(message),
    ended: ended.resolve,
  });
  return { messages, began: began.promise, ended: ended.promise };
}

/** What was written to stdout. */
const printed = (run: Running): string =>
  run.messages
    .filter(({ type }) => type === "stream")
    .map(({ content }) => String(content["text"]))
    .join("");

async function read(kernel: Kernel, code: string, token = NEVER): Promise<string> {
  let text = "";
  for await (const { items } of kernel.executeCode(code, token))
    for (const { data } of items) text += new TextDecoder().decode(data);
  return text;
}

describe("the stand-in for the Jupyter extension", () => {
  let folder: string;
  let bridge: Bridge;
  let kernel: NotebookKernel;
  let asked = 0;
  let allowed = true;
  const newApi = (): ReturnType<typeof serveJupyter> =>
    serveJupyter(
      () => (kernel.startedByUser ? kernel : undefined),
      new Access(() => {
        asked += 1;
        return Promise.resolve(allowed);
      }),
    );
  const served = async (): Promise<Kernel> => {
    const found = await newApi().kernels.getKernel("notebook");
    if (!found) throw new Error("the kernel is not there");
    return found;
  };

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "gorgon-jupyter-"));
    bridge = new Bridge(await pythonEnv("test"), BRIDGE);
    kernel = new NotebookKernel(
      "python",
      () => bridge,
      () => ({ spec: "python3", folder, environment: {}, wrapper: [] }),
    );
  });

  afterAll(async () => {
    await bridge.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it("hides the kernel until the user has run a cell", async () => {
    expect(await newApi().kernels.getKernel("notebook")).toBeUndefined();
    const run = runCell(kernel, "print(6 * 7)");
    expect(await run.ended).toEqual({ status: "ok", order: 1 });
    expect(printed(run)).toBe("42\n");
    expect(await served()).toMatchObject({ status: "idle", language: "python" });
  });

  it("tells the kernel which cell runs", async () => {
    const code = "print(get_ipython().get_parent()['metadata']['cellId'])";
    const run = runCell(kernel, code, { cellId: "vscode-notebook-cell:/a.ipynb#W0" });
    await run.ended;
    expect(printed(run)).toBe("vscode-notebook-cell:/a.ipynb#W0\n");
  });

  it("asks once before it runs an extension's code, which is not counted", async () => {
    asked = 0;
    const api = await newApi().kernels.getKernel("notebook");
    if (!api) throw new Error("the kernel is not there");
    expect(await read(api, "print('a')")).toBe("a\n");
    expect(await read(api, "1 / 0")).toContain("ZeroDivisionError");
    expect(asked).toBe(1);
    expect((await runCell(kernel, "pass").ended).order).toBe(3);
  });

  it("refuses for ever where the user said no", async () => {
    allowed = false;
    const api = await served();
    await expect(read(api, "1")).rejects.toMatchObject({ name: "vscode.jupyter.apiAccessRevoked" });
    allowed = true;
    await expect(read(api, "1")).rejects.toMatchObject({ name: "vscode.jupyter.apiAccessRevoked" });
  });

  it("runs an extension's code behind the cells that wait already", async () => {
    const api = await served();
    const cells = [
      runCell(kernel, "import time; time.sleep(0.3); order = 'cell'"),
      runCell(kernel, "order += ' cell'"),
    ];
    expect(await read(api, "print(order)")).toBe("cell cell\n");
    await Promise.all(cells.map(({ ended }) => ended));
  });

  it("interrupts the kernel when running code of an extension is cancelled", async () => {
    const api = await served();
    const { token, cancel } = cancellable();
    const text = read(api, "import time; print('on', flush=True); time.sleep(60)", token);
    await until("a busy kernel", () => (api.status === "busy" ? true : null));
    cancel();
    expect(await text).toContain("KeyboardInterrupt");
  });

  it("interrupts a cell and gives up those behind it", async () => {
    const first = runCell(kernel, "import time; print('on', flush=True); time.sleep(60)");
    const second = runCell(kernel, "print('never')");
    await until("output of the first cell", () => (printed(first) === "on\n" ? true : null));
    await kernel.interrupt();
    expect((await first.ended).status).toBe("error");
    expect((await second.ended).status).toBe("aborted");
  });

  it("says that a kernel died, without a reason, and starts another for the next cell", async () => {
    const statuses: string[] = [];
    const hearing = kernel.onDidChangeStatus((status) => statuses.push(status));
    const run = runCell(kernel, "print('on', flush=True); import time; time.sleep(60)");
    await until("output", () => (printed(run) === "on\n" ? true : null));
    signal(kernel.pid ?? 0, "SIGKILL");
    expect(await run.ended).toEqual({ status: "died", order: null });
    expect(statuses.at(-1)).toBe("dead");
    expect(await runCell(kernel, "print(1)").ended).toEqual({ status: "ok", order: 1 });
    hearing.dispose();
  });

  it("restarts a kernel", async () => {
    const before = kernel.pid;
    const statuses: string[] = [];
    const hearing = kernel.onDidChangeStatus((status) => statuses.push(status));
    await kernel.restart();
    hearing.dispose();
    expect(statuses).toEqual(["restarting", "idle"]);
    expect(kernel.pid).not.toBe(before);
    expect(await runCell(kernel, "1").ended).toEqual({ status: "ok", order: 1 });
  });
});
