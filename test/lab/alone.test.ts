/** Where less is there: a server whose part of Gorgon is switched off, and a run without any browser. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { parseRecord } from "../../protocol/cell-parse.ts";
import { pythonEnv } from "../../scripts/python-env.ts";
import { until } from "../e2e/driver.ts";
import { bell, command, dialog, panel, untilBell, untilText } from "./driver.ts";
import { hold, writeNotebook } from "./files.ts";
import { wheelPlaces } from "./install.ts";
import { openSession, ownFaults, type Session } from "./session.ts";

/** A notebook file as it was saved. */
interface Saved {
  readonly cells: readonly { readonly metadata: { readonly gorgon?: unknown } }[];
}

describe("Gorgon without its part of the Jupyter server", () => {
  let session: Session;
  let open = false;

  beforeAll(async () => {
    session = await openSession({
      config: { ServerApp: { jpserver_extensions: { gorgon: false } } },
      settings: { "gorgon-jupyter:options": { persist: true } },
    });
    open = true;
  });

  afterAll(async () => {
    if (open) await session.close();
  });

  afterEach(async ({ task }) => {
    if (open && task.result?.state === "fail") await session.shot("failed-alone");
  });

  it("shows what the kernel itself tells, loaded by hand, and says what is missing and how to mend it", async () => {
    const { page } = session;
    const notebook = await session.open("alone.ipynb", ["%load_ext gorgon", hold(100), "import os; os._exit(3)"]);
    expect(await untilBell(page, /cells only/)).toMatch(/cells only/);
    await bell(page).click();
    await untilText("the mend", /has no gorgon-jupyter.*pip install/, 30_000, () => panel(page).innerText());
    await session.shot("alone");
    await notebook.run(0);
    await notebook.run(1);
    await notebook.untilFooter(1, /peak \d+ MiB \(\+(99\.\d|10\d)\)/);
    // The user wants the costs in the file.
    await command(page, "docmanager:save");
    const file = path.join(session.server.folder, "alone.ipynb");
    const kept = await until("the cost in the file", () => {
      const { cells } = JSON.parse(readFileSync(file, "utf8")) as Saved;
      return parseRecord(cells[1]?.metadata.gorgon);
    });
    expect(kept.cell.id).toBe("cell-1");
    expect(kept.kernel.host).toBe("");
    // Nobody is there who could say why: Lab's own dialog stands.
    await notebook.start(2);
    await dialog(page, "Kernel Restarting").waitFor({ timeout: 60_000 });
    await dialog(page, "Kernel Restarting").getByRole("button", { name: "Ok" }).click();
    await notebook.ready();
  });

  it("throws nothing, and leaves no process behind", async () => {
    expect(ownFaults(session.faults)).toEqual([]);
    open = false;
    const { killed, left } = await session.close();
    expect(killed).toEqual([]);
    expect(left).toEqual([]);
  });
});

describe("a notebook that nbclient runs", () => {
  it("leaves a record of each cell in the file that GORGON_LOG names", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "gorgon-nbclient-"));
    try {
      writeNotebook(folder, "batch.ipynb", ["%load_ext gorgon", hold(100), "y = 2"]);
      const log = path.join(folder, "cells.jsonl");
      const python = await pythonEnv("lab");
      const env = {
        ...process.env,
        ...wheelPlaces(),
        GORGON_LOG: log,
        JUPYTER_RUNTIME_DIR: folder,
        HOME: folder,
      };
      const args = ["-c", "from nbclient.cli import main; main()", "--inplace", path.join(folder, "batch.ipynb")];
      await promisify(execFile)(python, args, { env, timeout: 120_000 });
      const lines = readFileSync(log, "utf8").trim().split("\n");
      const records = lines.map((line) => parseRecord(JSON.parse(line)));
      expect(records.map((record) => record?.cell.executionCount)).toEqual([2, 3]);
      const peak = records[0]?.measures.peakDeltaBytes;
      expect(peak?.quality).toBe("exact");
      expect(Math.round((peak?.value ?? 0) / 2 ** 20)).toBeGreaterThanOrEqual(99);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
