/**
 * What a person meets in a notebook: Gorgon's VSIX in a real VS Code workbench beside a real ipykernel. The Jupyter extension
 * is stood in for by a fixture under its id.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { findJupyter, packJupyter } from "../workbench/jupyter.ts";
import { NotebookPage, writeNotebook } from "./notebook.ts";
import { openSession, type Session } from "./session.ts";

const SETTINGS = {
  "workbench.colorTheme": "Dark Modern",
  "gorgon.interval": 1,
  "gorgon.cpu.warn": 99,
  "gorgon.cpu.crit": 100,
  "gorgon.rate.adaptive": false,
};

describe("Gorgon in a notebook", () => {
  let session: Session;
  let open = false;

  beforeAll(async () => {
    const settings = { ...SETTINGS, "jupyterFixture.python": findJupyter() };
    session = await openSession({
      settings,
      extensions: [await packJupyter()],
      viewport: { width: 1280, height: 1000 },
    });
    open = true;
  });

  afterAll(async () => {
    if (open) await session.close();
  });

  afterEach(async ({ task }) => {
    if (open && task.result?.state === "fail")
      await session.shot(`failed-notebook-${task.name.split(" ").slice(0, 4).join("-")}`);
  });

  it("runs cells against a real ipykernel", async () => {
    const { page, folder } = session;
    writeNotebook(folder, "first.ipynb", ["print('hello', 6 * 7)", "1 / 0", "import time; time.sleep(0.5)"]);
    const notebook = await NotebookPage.open(page, "first.ipynb");
    expect(await notebook.run(0)).toBe("ok");
    await notebook.untilOutput("hello 42");
    expect(await notebook.run(1)).toBe("error");
    await notebook.untilOutput("ZeroDivisionError");
    expect(await notebook.run(2)).toBe("ok");
    await session.shot("notebook-first");
  });
});
