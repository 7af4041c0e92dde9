/** The Jupyter extension played by a test: allowed, denied, not started, or with cells queued before ours. */
import { Signal } from "../signal.ts";
import type { JupyterStatus } from "../notebook/jupyter.ts";
import type { FakeNotebooks } from "./notebooks.ts";

/** One output item as the API gives it. */
export interface PlayedItem {
  readonly mime: string;
  readonly value: unknown;
}

/** A kernel that runs what it is given, when the test lets it. */
export class FakeJupyter {
  status: JupyterStatus = "idle";
  language = "python";
  /** No kernel was started by the user. */
  started = true;
  denied = false;
  /** What was run. */
  readonly ran: string[] = [];
  /** What the next code gives back. */
  answer: (code: string) => readonly PlayedItem[] = () => [];
  readonly #status = new Signal<JupyterStatus>();
  #queue: Promise<void> = Promise.resolve();

  constructor(notebooks: FakeNotebooks) {
    const kernel = {
      ...{ language: "", onDidChangeStatus: (listener: (status: JupyterStatus) => void) => this.#status.on(listener) },
      executeCode: (code: string) => this.#execute(code),
    };
    Object.defineProperties(kernel, {
      status: { get: () => this.status },
      language: { get: () => this.language },
    });
    const exports = { kernels: { getKernel: () => Promise.resolve(this.started ? kernel : undefined) } };
    notebooks.extensions.set("ms-toolsai.jupyter", {
      isActive: true,
      exports,
      activate: () => Promise.resolve(exports),
    });
  }

  /** The kernel's next status. */
  become(status: JupyterStatus): void {
    this.status = status;
    this.#status.fire(status);
  }

  /** Cells stand before our code; the result lets them end. */
  hold(): () => void {
    let go = (): void => undefined;
    this.#queue = new Promise((resolve) => (go = resolve));
    this.status = "busy";
    return () => {
      this.status = "idle";
      go();
    };
  }

  async *#execute(code: string) {
    if (this.denied)
      throw Object.assign(new Error("Access has been revoked"), { name: "vscode.jupyter.apiAccessRevoked" });
    await this.#queue;
    this.ran.push(code);
    yield {
      items: this.answer(code).map(({ mime, value }) => ({
        mime,
        data: Buffer.from(typeof value === "string" ? value : JSON.stringify(value)),
      })),
    };
  }
}
