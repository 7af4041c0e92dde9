/** Cases about being loaded: the manifest as VS Code read it, activation, and the worker behind it. */
import assert from "node:assert/strict";
import { describe, it } from "mocha";
import * as vscode from "vscode";
import { doctorReport, gorgon, until, untilState } from "./host.ts";

interface Manifest {
  readonly version: string;
  readonly extensionKind?: readonly string[];
  readonly capabilities?: { readonly untrustedWorkspaces?: { readonly supported?: unknown } };
}

/** Registers the cases. */
export function activation(): void {
  describe("activation", () => {
    it("happens by itself after the start-up, and measures itself", async () => {
      await until("Gorgon to be active", () => (gorgon().isActive ? true : undefined));
      const { activationMs } = gorgon().exports;
      // Recorded, not judged: how long it took says as much about the machine as about us.
      console.log(`activation took ${activationMs.toFixed(1)} ms`);
      assert.ok(Number.isFinite(activationMs) && activationMs > 0);
    });

    it("starts a worker whose numbers come and go on coming", async () => {
      const first = await untilState("a first state", (state) => state.glance.cpu.busy !== null);
      assert.ok(first.self.rssBytes > 0);
      assert.deepEqual(
        first.sensors.filter((sensor) => !sensor.ok),
        [],
      );
      await untilState("a later state", (state) => state.time > first.time && state.id !== first.id);
    });

    it("runs beside the code and declares what it does without trust", () => {
      const manifest = gorgon().packageJSON as Manifest;
      assert.deepEqual(manifest.extensionKind, ["workspace"]);
      assert.equal(manifest.capabilities?.untrustedWorkspaces?.supported, "limited");
    });

    it("has a doctor whose report opens as a document", async () => {
      await untilState("a first state", () => true);
      const text = await doctorReport();
      assert.ok(text.includes(`Gorgon ${(gorgon().packageJSON as Manifest).version}`), text);
      assert.match(text, /\*\*Worker\*\*: running, pid \d+, Node v?24/);
      assert.match(text, /## Sensors/);
      await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
    });
  });
}
