/** Which rules' notifications are muted in this workspace. */
import type * as vscode from "vscode";
import { Signal, type Disposable } from "../signal.ts";

const KEY = "gorgon.mutedRules";

/** Kept in the workspace's state, so that a mute survives the window. */
export class Mutes implements Disposable {
  readonly onChange = new Signal<void>();
  readonly #memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  /** The muted rules' ids, sorted. */
  list(): readonly string[] {
    const value: unknown = this.#memory.get(KEY);
    return Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : [];
  }

  has(rule: string): boolean {
    return this.list().includes(rule);
  }

  /** Mutes a rule, or lifts its mute. */
  async set(rule: string, muted: boolean): Promise<void> {
    if (this.has(rule) === muted) return;
    const others = this.list().filter((one) => one !== rule);
    await this.#memory.update(KEY, muted ? [...others, rule].sort() : others);
    this.onChange.fire();
  }

  dispose(): void {
    this.onChange.dispose();
  }
}
