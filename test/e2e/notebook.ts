/** What a person does and sees in a notebook of the workbench, in terms of its page. Waits for conditions, never for time. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Locator, Page } from "playwright-core";
import { pythonEnv } from "../../scripts/python-env.ts";
import { packJupyter } from "../workbench/jupyter.ts";
import { openFile, until, untilBell } from "./driver.ts";
import { openSession, type Session, type SessionOptions } from "./session.ts";

/** How long a cell may take that does little, milliseconds: the first one starts a kernel. */
const RUN_MS = 60_000;

/** How a notebook's kernel is started. */
export interface KernelOptions {
  /** The kernelspec; default `python3`. */
  readonly spec?: "python3" | "ir";
  /** Added to its environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Put before its command line. */
  readonly wrapper?: readonly string[];
}

/** Writes a notebook whose cells have the ids `cell-0`, `cell-1`, ... */
export function writeNotebook(
  folder: string,
  name: string,
  sources: readonly string[],
  { spec = "python3", ...fixture }: KernelOptions = {},
): void {
  const cells = sources.map((source, index) => ({
    cell_type: "code",
    execution_count: null,
    id: `cell-${String(index)}`,
    metadata: {},
    outputs: [],
    source: source.split(/(?<=\n)/),
  }));
  const language = spec === "ir" ? "R" : "python";
  const kernelspec = { display_name: spec, language, name: spec };
  const metadata = { kernelspec, language_info: { name: language }, fixture };
  writeFileSync(path.join(folder, name), JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1));
}

/**
 * A session with the stand-in for the Jupyter extension, whose kernels run in the environment of the Python package's tests;
 * resolves when Gorgon's worker is there.
 */
export async function openNotebooks(options: SessionOptions): Promise<Session> {
  const settings = { ...options.settings, "jupyterFixture.python": await pythonEnv("test") };
  const session = await openSession({ ...options, settings, extensions: [await packJupyter()] });
  await untilBell(session.page, "numbers in the bell", (face) => /\d %/.test(face.text), 60_000);
  return session;
}

/** A notebook that is open in the page. */
export class NotebookPage {
  readonly page: Page;
  readonly #name: string;

  constructor(page: Page, name: string) {
    this.page = page;
    this.#name = name;
  }

  /** Opens the file by its name and waits until its cells and its kernel are there. */
  static async open(page: Page, name: string, kernel: string | RegExp = /Python 3/): Promise<NotebookPage> {
    await openFile(page, name);
    const notebook = new NotebookPage(page, name);
    await notebook.cell(0).waitFor();
    await page.locator(".kernel-label:visible").filter({ hasText: kernel }).first().waitFor();
    return notebook;
  }

  /** A code cell, by its place among those that are drawn. */
  cell(index: number): Locator {
    return this.page.locator(".notebookOverlay .code-cell-row:visible").nth(index);
  }

  /** The items below a cell, Gorgon's and others, as texts. */
  async items(index: number): Promise<readonly string[]> {
    const texts = await this.cell(index).locator(".cell-status-item").allInnerTexts();
    return texts.map((text) => text.replace(/\s+/g, " ").trim()).filter(Boolean);
  }

  /** Waits until an item below a cell has this text, and answers with all of them. */
  async untilItem(index: number, wanted: RegExp, limitMs = RUN_MS): Promise<readonly string[]> {
    let last: readonly string[] = [];
    try {
      return await until(
        `${String(wanted)} below cell ${String(index)} of ${this.#name}`,
        async () => {
          last = await this.items(index);
          return last.some((text) => wanted.test(text)) ? last : null;
        },
        limitMs,
      );
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      throw new Error(`${message}; there is ${JSON.stringify(last)}`, { cause: error });
    }
  }

  /** An item below a cell, to be clicked. */
  item(index: number, text: string | RegExp): Locator {
    return this.cell(index).locator(".cell-status-item").filter({ hasText: text }).first();
  }

  /** Runs a cell and does not wait. */
  async start(index: number): Promise<void> {
    await this.cell(index).locator(".monaco-editor .view-lines").first().click();
    await this.cell(index).locator(".run-button-container .action-label").first().click();
  }

  /** Runs a cell and waits until VS Code shows that it succeeded, or failed. */
  async run(index: number, limitMs = RUN_MS): Promise<"ok" | "error"> {
    await this.start(index);
    return this.ended(index, limitMs);
  }

  /** Waits for the sign of a cell's end. */
  async ended(index: number, limitMs = RUN_MS): Promise<"ok" | "error"> {
    return until(
      `the end of cell ${String(index)} of ${this.#name}`,
      async () => {
        const cell = this.cell(index);
        const running = await cell
          .locator(".codicon-notebook-state-executing, .codicon-notebook-state-pending")
          .count();
        if (running > 0) return null;
        if ((await cell.locator(".codicon-notebook-state-success").count()) > 0) return "ok";
        return (await cell.locator(".codicon-notebook-state-error").count()) > 0 ? "error" : null;
      },
      limitMs,
    );
  }

  /** Waits until the outputs of the notebook hold a text. */
  async untilOutput(text: string | RegExp): Promise<void> {
    await until(`${String(text)} among the outputs`, async () => {
      for (const frame of this.page.frames()) {
        const found = await frame
          .locator(".output_container")
          .filter({ hasText: text })
          .count()
          .catch(() => 0); // the frame went away
        if (found > 0) return true;
      }
      return null;
    });
  }
}
