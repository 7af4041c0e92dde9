/** A proposed configuration comes into an editor as one edit, with the cursor at what is new. */
import type * as vscode from "vscode";
import { expect, test } from "vitest";
import type { ConfigEdit } from "../../protocol/config.ts";
import { fakeVscode } from "../testing/vscode.ts";
import { applyConfigEdit, difference, EditRefused } from "./edit.ts";
import { CONFIG_FILES } from "./selector.ts";

const PATH = "/home/me/gorgon.yaml";
const EDIT: ConfigEdit = { path: PATH, exists: true, text: "a: 1\nrules:\n  - id: x\nb: 2\n", line: 2, id: "x" };

/** An editor with one document; `takes` says whether it takes edits. */
function editor(text: string, takes = true) {
  const { vs } = fakeVscode();
  const done: string[] = [];
  let now = text;
  const shown: { selection?: unknown } = {};
  class Position {
    readonly line: number;
    readonly character: number;
    constructor(line: number, character: number) {
      this.line = line;
      this.character = character;
    }
  }
  class Range {
    readonly start: unknown;
    readonly end: unknown;
    constructor(start: unknown, end: unknown) {
      this.start = start;
      this.end = end;
    }
  }
  const document = { getText: () => now, positionAt: (offset: number) => offset };
  const parts = {
    Position,
    Range,
    Selection: Range,
    TextEditorRevealType: { InCenterIfOutsideViewport: 2 },
    WorkspaceEdit: class {
      readonly steps: (() => void)[] = [];
      createFile(uri: vscode.Uri): void {
        this.steps.push(() => done.push(`made ${uri.fsPath}`));
      }
      replace(_uri: unknown, { start, end }: { start: number; end: number }, piece: string): void {
        this.steps.push(() => {
          now = now.slice(0, start) + piece + now.slice(end);
          done.push(`replaced ${String(start)} to ${String(end)}`);
        });
      }
    },
    workspace: {
      openTextDocument: () => Promise.resolve(document),
      applyEdit: (edit: { steps: (() => void)[] }) => {
        if (takes) for (const step of edit.steps) step();
        return Promise.resolve(takes);
      },
    },
    window: { showTextDocument: () => Promise.resolve(Object.assign(shown, { revealRange: () => undefined })) },
  };
  return { vs: { ...vs, ...parts } as unknown as typeof vscode, done, shown, text: () => now };
}

test("only what differs is replaced, in one edit, and the cursor stands at the rule", async () => {
  const { vs, done, shown, text } = editor("a: 1\nb: 2\n");
  await applyConfigEdit(vs, EDIT);
  expect(text()).toBe(EDIT.text);
  expect(done).toEqual(["replaced 5 to 5"]);
  expect(shown.selection).toMatchObject({ start: { line: 2, character: 0 } });
});

test("a file that is not there is made", async () => {
  const { vs, done, text } = editor("");
  await applyConfigEdit(vs, { ...EDIT, exists: false });
  expect(done).toEqual([`made ${PATH}`, "replaced 0 to 0"]);
  expect(text()).toBe(EDIT.text);
});

test("an edit that the editor does not take is told", async () => {
  await expect(applyConfigEdit(editor("a: 1\n", false).vs, EDIT)).rejects.toThrow(EditRefused);
});

test.each([
  ["", "", 0, 0, ""],
  ["ab", "aXb", 1, 1, "X"],
  ["aab", "aaab", 2, 2, "a"],
  ["abc", "ac", 1, 2, ""],
  ["same", "same", 4, 4, ""],
])("the difference of %j and %j is one piece", (before, after, from, to, text) => {
  expect(difference(before, after)).toEqual({ from, to, text });
});

test("the worker gets the text of gorgon.yaml on the disk, and of nothing else", () => {
  expect(CONFIG_FILES).toEqual([{ scheme: "file", language: "yaml", pattern: "**/gorgon.yaml" }]);
});
