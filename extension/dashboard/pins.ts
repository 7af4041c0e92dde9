/** The charts that the user put on the dashboard's overview; kept for all windows. */
import type * as vscode from "vscode";
import { MOST_PINS, type PinnedChart } from "../../protocol/messages/webview.ts";
import { Signal, type Disposable } from "../signal.ts";
import { parseChart } from "./questions.ts";

const KEY = "gorgon.pinnedCharts";

/** In the order in which they were put there. */
export class Pins implements Disposable {
  readonly onChange = new Signal<void>();
  readonly #memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  /** What another release wrote may be anything: only what is a chart counts. */
  list(): readonly PinnedChart[] {
    const value: unknown = this.#memory.get(KEY);
    return Array.isArray(value) ? value.flatMap((one) => parseChart(one) ?? []).slice(0, MOST_PINS) : [];
  }

  /** Puts a chart there, or replaces the one with its id. Answers whether there was room. */
  async add(chart: PinnedChart): Promise<boolean> {
    const pins = this.list();
    const known = pins.some((one) => one.id === chart.id);
    if (!known && pins.length >= MOST_PINS) return false;
    await this.#keep(known ? pins.map((one) => (one.id === chart.id ? chart : one)) : [...pins, chart]);
    return true;
  }

  /** Takes a chart off. */
  async remove(id: string): Promise<void> {
    await this.#keep(this.list().filter((one) => one.id !== id));
  }

  dispose(): void {
    this.onChange.dispose();
  }

  async #keep(pins: readonly PinnedChart[]): Promise<void> {
    await this.#memory.update(KEY, pins);
    this.onChange.fire();
  }
}
