/** Keeps the worker told whether somebody can be looking, and whether the window shows notifications. */
import type * as vscode from "vscode";
import type { Attention } from "../../protocol/attention.ts";
import { attentionChanged } from "../../protocol/messages/worker.ts";
import type { Signal } from "../signal.ts";
import type { Timers } from "../timers.ts";
import type { Worker } from "./worker.ts";

/** Who comes back wants fresh numbers; a focus that wanders through windows is not followed step by step. */
const GAINED_MS = 100;
/** A look at another window is no absence. */
const LOST_MS = 5000;

/** What the dashboard tells. */
export interface Visibility {
  readonly visible: boolean;
  readonly onVisible: Signal<void>;
}

/** Follows the window until disposed. */
export class AttentionTeller implements vscode.Disposable {
  readonly #vs: typeof vscode;
  readonly #worker: Worker;
  readonly #dashboard: Visibility;
  readonly #timers: Timers;
  readonly #subscriptions: { dispose(): unknown }[];
  #sent = "";
  #cancel: () => void = () => undefined;

  constructor(parts: { vs: typeof vscode; worker: Worker; dashboard: Visibility; timers: Timers }) {
    const { vs, worker, dashboard, timers } = parts;
    this.#vs = vs;
    this.#worker = worker;
    this.#dashboard = dashboard;
    this.#timers = timers;
    this.#subscriptions = [
      vs.window.onDidChangeWindowState(() => this.#soon()),
      dashboard.onVisible.on(() => this.#soon()),
      vs.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("gorgon.notifications")) this.#soon();
      }),
      worker.onStatus.on(({ status }) => {
        if (status !== "running") return;
        // A new worker knows nothing yet.
        this.#sent = "";
        this.#after(GAINED_MS);
      }),
    ];
  }

  dispose(): void {
    this.#cancel();
    for (const one of this.#subscriptions) one.dispose();
  }

  #attention(): Attention {
    const enabled = this.#vs.workspace.getConfiguration("gorgon").get<unknown>("notifications.enabled");
    const { focused } = this.#vs.window.state;
    return { focused, dashboardVisible: this.#dashboard.visible, notifies: enabled !== false };
  }

  #soon(): void {
    const { focused, dashboardVisible } = this.#attention();
    this.#after(focused || dashboardVisible ? GAINED_MS : LOST_MS);
  }

  #after(milliseconds: number): void {
    this.#cancel();
    this.#cancel = this.#timers.after(milliseconds, () => void this.#tell());
  }

  async #tell(): Promise<void> {
    const attention = this.#attention();
    const text = JSON.stringify(attention);
    if (text === this.#sent || this.#worker.status.status !== "running") return;
    this.#sent = text;
    try {
      await this.#worker.tell(attentionChanged, attention);
    } catch {
      this.#sent = ""; // The worker went; the next one is told at its start.
    }
  }
}
