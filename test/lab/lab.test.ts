/** What a person meets in JupyterLab 4: the bell, the cells, the most expensive of them. The cases share one server. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { untilBell } from "./driver.ts";
import { hold } from "./files.ts";
import { openSession, type Session } from "./session.ts";

describe("Gorgon in JupyterLab", () => {
  let session: Session;
  let open = false;

  beforeAll(async () => {
    session = await openSession({
      viewport: { width: 1280, height: 900 },
      config: { Gorgon: { measure_kernels: true } },
    });
    open = true;
  });

  afterAll(async () => {
    if (open) await session.close();
  });

  afterEach(async ({ task }) => {
    if (open && task.result?.state === "fail") {
      await session.shot(`failed-${task.name.split(" ").slice(0, 6).join("-")}`);
    }
  });

  it("says in the status bar how the machine is, and under a cell what it cost", async () => {
    const notebook = await session.open("first.ipynb", ["1 + 1", hold(200), "1 / 0"]);
    await untilBell(session.page, /OK|WARN|CRIT/);
    await notebook.run(1);
    await notebook.untilFooter(1, /peak 2\d\d MiB \(\+20\d\)/);
    await session.shot("first");
    expect(session.faults).toEqual([]);
  });
});
