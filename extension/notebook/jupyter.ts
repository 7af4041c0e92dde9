/**
 * The public API of ms-toolsai.jupyter, as far as it is used here, behind errors in words. That extension may be missing. It
 * asks its own user before the first code runs, queues our code behind the user's cells, and tells by the call stack who asks.
 */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";

const JUPYTER = "ms-toolsai.jupyter";
/** The name is part of its API. */
const REVOKED = "vscode.jupyter.apiAccessRevoked";
const ERROR_MIME = "application/vnd.code.notebook.error";
const TEXT_MIMES: readonly string[] = ["application/vnd.code.notebook.stdout", "text/plain"];

/** What a kernel does, as Jupyter says it. */
export type JupyterStatus =
  "unknown" | "starting" | "idle" | "busy" | "terminating" | "restarting" | "autorestarting" | "dead";

interface OutputItem {
  readonly mime: string;
  readonly data: Uint8Array;
}

/** A kernel that the user started. */
export interface JupyterKernel {
  readonly status: JupyterStatus;
  readonly language: string;
  onDidChangeStatus(listener: (status: JupyterStatus) => void): { dispose(): unknown };
  executeCode(code: string, token: vscode.CancellationToken): AsyncIterable<{ readonly items: readonly OutputItem[] }>;
}

interface JupyterApi {
  readonly kernels: { getKernel(uri: vscode.Uri): Thenable<JupyterKernel | undefined> };
}

/** The user, or an administrator, does not let this extension run code in kernels. */
export class JupyterDenied extends Error {}

/** What our code gave back. */
export interface Executed {
  /** Parsed values of outputs of the media type that was asked for. */
  readonly values: readonly unknown[];
  readonly text: string;
}

/** Asks Jupyter. */
export class Jupyter {
  readonly #vs: typeof vscode;

  constructor(vs: typeof vscode) {
    this.#vs = vs;
  }

  /** Whether the extension is there. */
  get installed(): boolean {
    return this.#vs.extensions.getExtension(JUPYTER) !== undefined;
  }

  /** The notebook's kernel; null while the user has not run anything in it. Does not wake the extension unless told to. */
  async kernelOf(notebook: vscode.NotebookDocument, wake: boolean): Promise<JupyterKernel | null> {
    const extension = this.#vs.extensions.getExtension<JupyterApi>(JUPYTER);
    if (extension === undefined || (!extension.isActive && !wake)) return null;
    const api = extension.isActive ? extension.exports : await extension.activate();
    return (await api.kernels.getKernel(notebook.uri)) ?? null;
  }

  /**
   * Runs code in a kernel, behind the user's cells. Never cancelled: that would interrupt the user's cell. Rejects with
   * `JupyterDenied`, or with what the code raised.
   */
  async execute(kernel: JupyterKernel, code: string, mime: string): Promise<Executed> {
    const source = new this.#vs.CancellationTokenSource();
    const values: unknown[] = [];
    const texts: string[] = [];
    try {
      for await (const { items } of kernel.executeCode(code, source.token)) {
        for (const item of items) {
          const text = Buffer.from(item.data).toString("utf8");
          if (item.mime === ERROR_MIME) throw new Error(raised(text));
          if (item.mime === mime) values.push(JSON.parse(text));
          else if (TEXT_MIMES.includes(item.mime)) texts.push(text);
        }
      }
    } catch (error) {
      if (error instanceof Error && error.name === REVOKED) {
        throw new JupyterDenied(t("Jupyter does not let Gorgon run code in kernels."));
      }
      throw error;
    } finally {
      source.dispose();
    }
    return { values, text: texts.join("") };
  }
}

function raised(text: string): string {
  try {
    const { name, message } = JSON.parse(text) as { name?: unknown; message?: unknown };
    return `${String(name)}: ${String(message)}`;
  } catch {
    return t("The kernel raised an error that cannot be read.");
  }
}
