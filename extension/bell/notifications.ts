/** One notification for each rule that becomes CRIT, and no other until it has been well for a minute. */
import type * as vscode from "vscode";
import type { Verdict } from "../../protocol/bell.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { COMMANDS } from "../contributions.ts";
import { notification } from "../escape.ts";
import type { Mutes } from "./mutes.ts";

/** A rule that was CRIT less than this ago is the same cause still, milliseconds. */
const SETTLED_MS = 60_000;

/**
 * A window that opens keeps the processor busy by itself. What is CRIT while the worker is younger than this is told
 * only if it still is CRIT afterwards; the status bar shows it at once all the same.
 */
const OPENING_MS = 15_000;

const SHOW = "Show Dashboard";
const MUTE = "Mute";

/** Watches the states go by. A CRIT that was there from the start is news as well, once the window has opened. */
export class Notifications {
  readonly #vs: typeof vscode;
  readonly #mutes: Mutes;
  /** By rule: when it was last seen in a state that is not known to be good. */
  readonly #open = new Map<string, number>();

  constructor(vs: typeof vscode, mutes: Mutes) {
    this.#vs = vs;
    this.#mutes = mutes;
  }

  /** Takes the next state. */
  see(state: WorkerState): void {
    if (state.self.uptimeMs < OPENING_MS) return;
    for (const verdict of state.bell.verdicts) {
      const rule = verdict.rule.id;
      const since = this.#open.get(rule);
      if (verdict.level === "CRIT") {
        this.#open.set(rule, state.time);
        if (since === undefined && this.#wanted(rule)) void this.#notify(verdict);
      } else if (since !== undefined) {
        // Not knowing is not being well.
        if (verdict.level === "UNKNOWN") this.#open.set(rule, state.time);
        else if (state.time - since >= SETTLED_MS) this.#open.delete(rule);
      }
    }
  }

  #wanted(rule: string): boolean {
    const enabled = this.#vs.workspace.getConfiguration("gorgon").get<unknown>("notifications.enabled");
    return enabled !== false && !this.#mutes.has(rule);
  }

  async #notify(verdict: Verdict): Promise<void> {
    const text = notification(`${verdict.rule.title} is CRIT: ${verdict.reason}`);
    const answer = await this.#vs.window.showWarningMessage(`Gorgon: ${text}`, SHOW, MUTE);
    if (answer === SHOW) await this.#vs.commands.executeCommand(COMMANDS.showDashboard);
    if (answer === MUTE) await this.#mutes.set(verdict.rule.id, true);
  }
}
