/** `Gorgon: Measure This Kernel`: asks once, sends the package to the kernel, again at each start of it, and fetches what a remote one keeps. */
import type * as vscode from "vscode";
import { t } from "@vscode/l10n";
import type { CellRecord } from "../../protocol/cell.ts";
import { formatThreshold } from "../../protocol/format.ts";
import { notification } from "../escape.ts";
import type { Disposable } from "../signal.ts";
import type { Timers } from "../timers.ts";
import { JupyterDenied, type Jupyter, type JupyterKernel, type JupyterStatus } from "./jupyter.ts";
import { drainCode, LOADED_MIME, loadCode, pidCode, pidIn, RECORDS_MIME } from "./kernel-code.ts";
import { languageOf, type KernelBindings } from "./kernels.ts";
import { readLoading } from "./options.ts";
import { parseKernel, parseRecords } from "../../protocol/cell-parse.ts";
import type { RunReporter } from "./reporter.ts";
import type { RunTracker } from "./tracker.ts";

/** Where the user's word for this workspace is kept. */
const CONSENT_KEY = "gorgon.measureKernels";
/** After the last run, before a remote kernel is asked for its records, milliseconds. */
const DRAIN_MS = 500;
/** Of a limit that was crossed, what is offered as the next one. */
const NEXT_LIMIT = 0.8;
const JUPYTER_RESTART = "jupyter.restartkernel";
const JUPYTER_ACCESS = "jupyter.manageAccessToKernels";

/** What it is made from. */
export interface MeasuringParts {
  readonly vs: typeof vscode;
  readonly timers: Timers;
  readonly memory: vscode.Memento;
  readonly jupyter: Jupyter;
  readonly tracker: RunTracker;
  readonly kernels: KernelBindings;
  readonly reporter: RunReporter;
  readonly extensionUri: vscode.Uri;
  readonly hostName: string;
  readonly take: (record: CellRecord) => void;
  readonly log: (message: string) => void;
}

/** A notebook's kernel as Jupyter has it. The object outlives restarts. */
interface Followed {
  readonly kernel: JupyterKernel;
  readonly status: { dispose(): unknown };
  /** The package is in it, or its process is known. */
  loaded: boolean;
  /** It is on its way there, or failed since the kernel's start: not tried again by itself. */
  tried: boolean;
  /** On another machine: nobody here sees its records. */
  remote: boolean;
  lastRecord: string | null;
  cancelDrain: (() => void) | null;
}

/** Follows the notebooks' kernels. */
export class Measuring implements Disposable {
  readonly #parts: MeasuringParts;
  readonly #followed = new Map<vscode.NotebookDocument, Followed>();
  readonly #subscriptions: readonly { dispose(): unknown }[];
  /** Limits that the next start of a kernel is to get. */
  readonly #limits = new Map<vscode.NotebookDocument, string>();
  #denied = false;

  constructor(parts: MeasuringParts) {
    this.#parts = parts;
    const { vs, tracker } = parts;
    this.#subscriptions = [
      tracker.onStart.on(({ cell }) => void this.#follow(cell.notebook)),
      tracker.onIdle.on((notebook) => this.#idle(notebook)),
      vs.workspace.onDidCloseNotebookDocument((notebook) => this.#forget(notebook)),
    ];
  }

  /** From a command. Says how it went; rejects with the reason in words. */
  async measure(notebook: vscode.NotebookDocument): Promise<void> {
    const { vs, jupyter, memory } = this.#parts;
    if (!vs.workspace.isTrusted) {
      throw new Error(t("This workspace is not trusted, so no code of Gorgon's runs in its kernels. Trust it first."));
    }
    if (readLoading(vs) === "never") {
      throw new Error(t("The setting gorgon.notebook.load says never. Set it to ask, and choose this again."));
    }
    if (!jupyter.installed) {
      throw new Error(t("This needs the Jupyter extension. Without it, run %load_ext gorgon in a cell."));
    }
    const followed = await this.#follow(notebook, true);
    if (followed === null) {
      throw new Error(t("No kernel runs for this notebook yet. Run a cell, and choose this again."));
    }
    const always = await this.#askUser(followed.kernel);
    if (always === null) return;
    if (always) await memory.update(CONSENT_KEY, true);
    try {
      await this.#load(notebook, followed, true);
    } catch (error) {
      if (error instanceof JupyterDenied) void this.#explainDenial(error.message);
      else throw error;
    }
  }

  /** Restarts the kernel; its memory is guarded from its next start on. */
  async restartWithLimit(notebook: vscode.NotebookDocument, crossed: number | null): Promise<void> {
    const { vs } = this.#parts;
    const value = crossed === null ? "" : formatThreshold(Math.floor(crossed * NEXT_LIMIT), "By").replace(" ", "");
    const limit = await vs.window.showInputBox({
      ...{ title: t("Gorgon: Restart Kernel with a Memory Limit"), value },
      prompt: t("A cell that would cross it is stopped, and the kernel lives on. All variables are lost now."),
      placeHolder: "12GiB",
      validateInput: (text) =>
        /^\d+(\.\d+)?\s*[KMGT]i?B$/i.test(text.trim()) ? undefined : t("A size, e.g. 12GiB or 800MiB."),
    });
    if (limit === undefined) return;
    this.#limits.set(notebook, limit.trim().replaceAll(" ", ""));
    // Its restart is to be seen.
    await this.#follow(notebook, true);
    await vs.window.showNotebookDocument(notebook);
    await vs.commands.executeCommand(JUPYTER_RESTART);
    if (this.#mayLoad()) return;
    const measure = t("Measure This Kernel");
    const text = t(
      "Gorgon: The limit is kept by Gorgon's package in the kernel, or by %gorgon limit {0} in a cell.",
      limit,
    );
    if ((await vs.window.showInformationMessage(text, measure)) === measure) await this.measure(notebook);
  }

  dispose(): void {
    for (const notebook of [...this.#followed.keys()]) this.#forget(notebook);
    for (const one of this.#subscriptions) one.dispose();
  }

  /** Without a gesture only where the user has agreed to that. */
  #mayLoad(): boolean {
    const { vs, memory } = this.#parts;
    if (!vs.workspace.isTrusted || this.#denied) return false;
    const loading = readLoading(vs);
    return loading === "always" || (loading === "ask" && memory.get(CONSENT_KEY) === true);
  }

  /** The kernel of a notebook, followed from now on. Asks Jupyter for no right. */
  async #follow(notebook: vscode.NotebookDocument, wake = false): Promise<Followed | null> {
    const { jupyter, log } = this.#parts;
    let kernel: JupyterKernel | null = null;
    try {
      kernel = await jupyter.kernelOf(notebook, wake);
    } catch (error) {
      log(`Jupyter did not tell of a notebook's kernel: ${String(error)}`);
    }
    const known = this.#followed.get(notebook);
    if (kernel === null || notebook.isClosed) return known ?? null;
    if (known?.kernel === kernel) {
      this.#loadIfWanted(notebook, known);
      return known;
    }
    if (known !== undefined) this.#forget(notebook);
    const followed: Followed = {
      kernel,
      status: kernel.onDidChangeStatus((status) => this.#see(notebook, status)),
      ...{ loaded: false, tried: false, remote: false, lastRecord: null, cancelDrain: null },
    };
    this.#followed.set(notebook, followed);
    if (!wake) this.#loadIfWanted(notebook, followed);
    return followed;
  }

  #forget(notebook: vscode.NotebookDocument): void {
    const followed = this.#followed.get(notebook);
    followed?.status.dispose();
    followed?.cancelDrain?.();
    this.#followed.delete(notebook);
  }

  #see(notebook: vscode.NotebookDocument, status: JupyterStatus): void {
    const followed = this.#followed.get(notebook);
    if (followed === undefined) return;
    const { kernels, reporter, tracker } = this.#parts;
    switch (status) {
      case "restarting":
      case "terminating": {
        // These two the user asked for; the others say that it broke.
        const binding = kernels.of(notebook);
        if (binding !== null) reporter.leaving(binding);
        this.#reset(followed);
        tracker.stop(notebook);
        kernels.unbind(notebook);
        break;
      }
      case "autorestarting":
      case "dead":
        // Who died is still to be told: the binding goes when the worker says so.
        this.#reset(followed);
        tracker.stop(notebook);
        break;
      case "idle":
        this.#loadIfWanted(notebook, followed);
        break;
      case "busy":
      case "starting":
      case "unknown":
        break;
    }
  }

  #reset(followed: Followed): void {
    followed.loaded = false;
    followed.tried = false;
    followed.lastRecord = null;
    followed.cancelDrain?.();
    followed.cancelDrain = null;
  }

  #loadIfWanted(notebook: vscode.NotebookDocument, followed: Followed): void {
    if (followed.loaded || followed.tried || !this.#mayLoad()) return;
    // The user's own %load_ext is as good.
    if (this.#parts.kernels.of(notebook)?.state?.measured === true && !this.#limits.has(notebook)) return;
    this.#load(notebook, followed, false).catch((error: unknown) => {
      if (error instanceof JupyterDenied) this.#denied = true;
      this.#parts.log(`The package was not loaded: ${String(error)}`);
    });
  }

  /** True: in this workspace always; false: this once; null: not at all. */
  async #askUser(kernel: JupyterKernel): Promise<boolean | null> {
    const { vs, memory } = this.#parts;
    if (memory.get(CONSENT_KEY) === true || readLoading(vs) === "always") return false;
    const python = isPython(kernel);
    const detail = python
      ? t(
          "Gorgon's package is sent to the kernel as code and loaded there; nothing is installed. It counts what each cell uses, and neither source code nor variables leave the kernel. Jupyter will ask whether Gorgon may run code.",
        )
      : t(
          "The kernel is asked once for its process number; then it is measured from outside. Jupyter will ask whether Gorgon may run code.",
        );
    const always = t("Always in This Workspace");
    const once = t("This Time");
    const question = t("Measure the kernel of this notebook?");
    const answer = await vs.window.showInformationMessage(question, { modal: true, detail }, always, once);
    return answer === always ? true : answer === once ? false : null;
  }

  async #load(notebook: vscode.NotebookDocument, followed: Followed, asked: boolean): Promise<void> {
    const { vs, tracker } = this.#parts;
    followed.tried = true;
    const { kernel } = followed;
    const waits = kernel.status === "busy" || tracker.runningIn(notebook) !== null;
    const title = waits
      ? t("Gorgon: waiting for the cells that run; then this kernel is measured")
      : t("Gorgon: loading its package into the kernel");
    // Nothing here can be cancelled: Jupyter would interrupt the user's cell.
    const location = asked && waits ? vs.ProgressLocation.Notification : vs.ProgressLocation.Window;
    const said = await vs.window.withProgress({ location, title, cancellable: false }, () =>
      isPython(kernel) ? this.#loadPython(notebook, followed) : this.#findProcess(notebook, followed),
    );
    this.#denied = false;
    followed.loaded = true;
    if (asked) void vs.window.showInformationMessage(said);
  }

  async #loadPython(notebook: vscode.NotebookDocument, followed: Followed): Promise<string> {
    const { jupyter, kernels, hostName, log } = this.#parts;
    const limit = this.#limits.get(notebook) ?? null;
    const { values } = await jupyter.execute(followed.kernel, loadCode(await this.#archive(), limit), LOADED_MIME);
    const [answer] = values;
    const { how, reason, kernel: process, version } = (answer ?? {}) as Record<string, unknown>;
    const kernel = parseKernel(process);
    if (how === "foreign") {
      throw new Error(
        t("Another package called gorgon is installed in this kernel. Remove it, and choose this again."),
      );
    }
    if (kernel === null) {
      throw new Error(t("The kernel did not load Gorgon's package: {0}", plainReason(reason)));
    }
    this.#limits.delete(notebook);
    followed.remote = kernel.host !== hostName;
    if (!followed.remote) kernels.bind(notebook, kernel, "asked");
    log(`The package runs in the kernel: ${String(how)}, version ${String(version)}, pid ${String(kernel.pid)}.`);
    if (followed.remote) this.#drainSoon(notebook, followed);
    return t("Gorgon: This kernel is measured; the next cells say exactly what they cost.");
  }

  async #findProcess(notebook: vscode.NotebookDocument, followed: Followed): Promise<string> {
    const { jupyter, kernels } = this.#parts;
    const language = languageOf(notebook) || followed.kernel.language.toLowerCase();
    const code = pidCode(language);
    if (code === null) {
      throw new Error(
        t("Gorgon does not know how to ask a kernel of {0} for its process. Choose it by hand.", language),
      );
    }
    const { text } = await jupyter.execute(followed.kernel, code, "");
    const pid = pidIn(text);
    const found = kernels.state.kernels.find((one) => one.kernel.pid === pid);
    if (found === undefined) {
      throw new Error(t("The kernel's process is not on this machine, so it cannot be measured from here."));
    }
    kernels.bind(notebook, found.kernel, "asked");
    return t("Gorgon: This kernel is measured from outside, as samples.");
  }

  /** The package as it is in this release, base64. */
  async #archive(): Promise<string> {
    const { vs, extensionUri } = this.#parts;
    const uri = vs.Uri.joinPath(extensionUri, "dist", "python", "gorgon.zip");
    try {
      return Buffer.from(await vs.workspace.fs.readFile(uri)).toString("base64");
    } catch {
      throw new Error(t("{0} is missing. Reinstall the extension.", uri.fsPath));
    }
  }

  #idle(notebook: vscode.NotebookDocument): void {
    const followed = this.#followed.get(notebook);
    if (followed?.remote === true && followed.loaded) this.#drainSoon(notebook, followed);
  }

  /** A remote kernel's records come when nothing waits: our question stands in the same queue as the cells. */
  #drainSoon(notebook: vscode.NotebookDocument, followed: Followed): void {
    const { timers, tracker, log } = this.#parts;
    followed.cancelDrain?.();
    followed.cancelDrain = timers.after(DRAIN_MS, () => {
      followed.cancelDrain = null;
      if (tracker.runningIn(notebook) !== null) return;
      if (tracker.hasQueued(notebook)) {
        this.#drainSoon(notebook, followed);
        return;
      }
      this.#drain(followed).catch((error: unknown) => log(`A remote kernel's records were not read: ${String(error)}`));
    });
  }

  async #drain(followed: Followed): Promise<void> {
    const { jupyter, take } = this.#parts;
    const { values } = await jupyter.execute(followed.kernel, drainCode(followed.lastRecord), RECORDS_MIME);
    for (const record of values.flatMap(parseRecords)) {
      take(record);
      followed.lastRecord = record.id;
    }
  }

  async #explainDenial(reason: string): Promise<void> {
    const { vs } = this.#parts;
    const manage = t("Manage Access");
    const text = t(
      "Gorgon: {0} Cells are measured from outside until you allow it: Jupyter: Manage Access To Jupyter Kernels.",
      reason,
    );
    if ((await vs.window.showWarningMessage(notification(text, 400), manage)) === manage) {
      await vs.commands.executeCommand(JUPYTER_ACCESS);
    }
  }
}

function isPython(kernel: JupyterKernel): boolean {
  return kernel.language.toLowerCase() === "python";
}

function plainReason(reason: unknown): string {
  return typeof reason === "string" && reason !== "" ? notification(reason, 200) : t("it gave no reason");
}
