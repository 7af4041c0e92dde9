/** Cases about the settings: their defaults, and what happens to a wrong one. */
import assert from "node:assert/strict";
import { afterEach, describe, it } from "mocha";
import * as vscode from "vscode";
import { SETTINGS } from "../../../extension/contributions.ts";
import type { WorkerState } from "../../../protocol/state.ts";
import { untilState } from "./host.ts";

const GLOBAL = vscode.ConfigurationTarget.Global;

/** Registers the cases. */
export function settings(): void {
  describe("settings", () => {
    afterEach(async () => {
      await vscode.workspace.getConfiguration("gorgon").update("cpu.warn", undefined, GLOBAL);
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    });

    it("have the defaults that the documentation names", () => {
      const configuration = vscode.workspace.getConfiguration("gorgon");
      for (const [key, setting] of Object.entries(SETTINGS)) {
        assert.deepEqual(configuration.inspect(key)?.defaultValue, setting.default, `gorgon.${key}`);
      }
    });

    it("take effect at once", async () => {
      await vscode.workspace.getConfiguration("gorgon").update("cpu.warn", 33, GLOBAL);
      await untilState("a rule with the new threshold", (state) =>
        state.bell.verdicts.some((verdict) => verdict.rule.id === "cpu" && verdict.rule.warn === 0.33),
      );
    });

    it("that are wrong are refused by name, with the value and what is allowed, and the last good one stays", async () => {
      await vscode.workspace.getConfiguration("gorgon").update("cpu.warn", 44, GLOBAL);
      const hasWarn = (state: WorkerState, warn: number): boolean =>
        state.bell.verdicts.some(({ rule }) => rule.id === "cpu" && rule.warn === warn);
      await untilState("the good value", (state) => hasWarn(state, 0.44));
      await vscode.workspace.getConfiguration("gorgon").update("cpu.warn", "hot", GLOBAL);
      const { problems } = await untilState(
        "the refusal",
        (state) => state.problems.length > 0 && hasWarn(state, 0.44),
      );
      assert.match(problems[0]?.key ?? "", /cpu\.warn/);
      assert.match(problems[0]?.value ?? "", /hot/);
      assert.match(problems[0]?.message ?? "", /number|percent/i);
    });
  });
}
