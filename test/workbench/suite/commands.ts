/** Cases about the commands: all are there, and the dashboard opens once. */
import assert from "node:assert/strict";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import { COMMANDS, DASHBOARD_VIEW, VIEWS } from "../../../extension/contributions.ts";
import { gorgon, until, untilState } from "./host.ts";

function dashboards(): vscode.Tab[] {
  return vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter((tab) => tab.input instanceof vscode.TabInputWebview && tab.input.viewType.endsWith(DASHBOARD_VIEW));
}

/** Registers the cases. */
export function commands(): void {
  describe("commands", () => {
    it("are registered, each with a title in the palette", async () => {
      await gorgon().activate();
      const known = new Set(await vscode.commands.getCommands(true));
      const manifest = gorgon().packageJSON as {
        contributes: { commands: readonly { command: string; title: string; category: string }[] };
      };
      for (const id of Object.values(COMMANDS)) {
        assert.ok(known.has(id), `${id} is not registered`);
        const shown = manifest.contributes.commands.find((one) => one.command === id);
        assert.equal(shown?.category, "Gorgon", `${id} is not in the palette under Gorgon`);
      }
    });

    it("bring each of its views to the front", async () => {
      const known = new Set(await vscode.commands.getCommands(false));
      for (const view of Object.values(VIEWS)) {
        assert.ok(known.has(`${view}.focus`), `${view} is not there`);
        await vscode.commands.executeCommand(`${view}.focus`);
      }
      await vscode.commands.executeCommand("workbench.view.explorer");
    });

    it("open one dashboard, however often they are asked, and open it again after it was closed", async () => {
      await vscode.commands.executeCommand(COMMANDS.showDashboard);
      const [tab] = await until("the dashboard's tab", () => (dashboards().length > 0 ? dashboards() : undefined));
      await vscode.commands.executeCommand(COMMANDS.showDashboard);
      assert.equal(dashboards().length, 1);
      assert.match(tab?.label ?? "", /Gorgon/);
      await vscode.window.tabGroups.close(dashboards());
      assert.equal(dashboards().length, 0);
      await vscode.commands.executeCommand(COMMANDS.showDashboard);
      await until("the dashboard's tab again", () => (dashboards().length === 1 ? true : undefined));
      await vscode.window.tabGroups.close(dashboards());
    });

    it("restart the worker, which then answers again", async () => {
      const before = await untilState("a state before", () => true);
      await vscode.commands.executeCommand(COMMANDS.restartWorker);
      const after = await untilState("a state of another process", (state) => state.self.pid !== before.self.pid);
      assert.notEqual(after.self.pid, before.self.pid);
    });

    it("poll at once, without waiting for the interval", async () => {
      const before = await untilState("a state before", () => true);
      await vscode.commands.executeCommand(COMMANDS.pollNow);
      assert.ok((gorgon().exports.state()?.time ?? 0) > before.time);
    });
  });
}
