/** gorgon.yaml as a language, over the real channel: what an editor gets from the real worker while somebody types. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type {
  CodeAction,
  CompletionItem,
  Diagnostic,
  DocumentSymbol,
  Hover,
  PublishDiagnosticsParams,
} from "vscode-languageserver/node";
import type { NewRule } from "../../protocol/config.ts";
import type { ClientContext } from "../../protocol/settings.ts";
import {
  collectNow,
  getSettingOrigins,
  proposeConfigEdit,
  setContext,
  stateChanged,
} from "../../protocol/messages/worker.ts";
import { TestClient } from "./client.ts";

const clients: Editor[] = [];

/** A client with an open document. */
class Editor extends TestClient {
  readonly file: string;
  readonly uri: string;
  readonly folder: string;
  #version = 1;

  constructor(where: "user" | "workspace") {
    super();
    clients.push(this);
    this.folder = path.join(this.home, "project");
    const own = path.join(this.home, "config", "gorgon");
    for (const folder of [this.folder, own]) mkdirSync(folder, { recursive: true });
    this.file = path.join(where === "user" ? own : this.folder, "gorgon.yaml");
    this.uri = pathToFileURL(this.file).href;
  }

  get context(): ClientContext {
    return { settings: {}, trusted: true, workspaceFolders: [{ name: "project", path: this.folder }] };
  }

  /** The diagnostics of the document that come next and satisfy the condition. */
  diagnostics(condition: (found: readonly Diagnostic[]) => boolean = () => true): Promise<readonly Diagnostic[]> {
    return new Promise((resolve) => {
      const subscription = this.connection.onNotification(
        "textDocument/publishDiagnostics",
        ({ uri, diagnostics }: PublishDiagnosticsParams) => {
          if (uri !== this.uri || !condition(diagnostics)) return;
          subscription.dispose();
          resolve(diagnostics);
        },
      );
    });
  }

  open(text: string): Promise<void> {
    const textDocument = { uri: this.uri, languageId: "yaml", version: this.#version, text };
    return this.connection.sendNotification("textDocument/didOpen", { textDocument });
  }

  type(text: string): Promise<void> {
    const textDocument = { uri: this.uri, version: ++this.#version };
    return this.connection.sendNotification("textDocument/didChange", { textDocument, contentChanges: [{ text }] });
  }

  save(text: string): Promise<void> {
    writeFileSync(this.file, text);
    return this.connection.sendNotification("textDocument/didSave", { textDocument: { uri: this.uri } });
  }

  ask<R>(method: string, line: number, character: number): Promise<R> {
    const params = { textDocument: { uri: this.uri }, position: { line, character } };
    return this.connection.sendRequest<R>(`textDocument/${method}`, params);
  }
}

/** An editor that knows Markdown could get that; this worker sends plain text. */
const textOf = (diagnostic: Diagnostic | undefined): string =>
  typeof diagnostic?.message === "string" ? diagnostic.message : "";

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.dispose()));
});

const RULE = "rules:\n  - id: load\n    metric: system.cpu.load_average.1m\n    warn: 1000\n";

describe("a configuration file in the editor", () => {
  it("has its mistakes marked while it is typed, before anything is saved, and none of it takes effect", async () => {
    const editor = new Editor("user");
    await editor.initializeWith(editor.context);
    const first = editor.diagnostics();
    await editor.open("rules:\n  - id: load\n    metrik: system.cpu.load_average.1m\n    warn: 1\n    for: -5m\n");
    const found = await first;
    const marks = found.map(({ range: { start, end }, message }) => [
      start.line,
      start.character,
      end.character,
      message,
    ]);
    expect(marks).toEqual([
      [2, 4, 10, expect.stringMatching(/not known\. Did you mean metric\?/)],
      [1, 4, expect.any(Number), expect.stringMatching(/name of a metric/)],
      [4, 9, 12, expect.stringMatching(/time like 30s/)],
    ]);
    const mended = editor.diagnostics((now) => now.length === 0);
    await editor.type(RULE);
    expect(await mended).toEqual([]);
    const { bell } = await editor.send(collectNow, null);
    expect(bell.verdicts.some(({ rule }) => rule.id === "load")).toBe(false);
    expect(existsSync(editor.file)).toBe(false);
  });

  it("offers a mend for what was probably meant", async () => {
    const editor = new Editor("user");
    await editor.initializeWith(editor.context);
    const marked = editor.diagnostics();
    await editor.open(RULE.replace("1m", "1n"));
    const [diagnostic] = await marked;
    expect(diagnostic).toMatchObject({ severity: 2, range: { start: { line: 2, character: 12 } } });
    const actions = await editor.connection.sendRequest<CodeAction[]>("textDocument/codeAction", {
      textDocument: { uri: editor.uri },
      range: diagnostic?.range,
      context: { diagnostics: [diagnostic] },
    });
    expect(actions[0]).toMatchObject({
      title: "Change to system.cpu.load_average.1m",
      isPreferred: true,
      edit: { changes: { [editor.uri]: [{ range: diagnostic?.range, newText: "system.cpu.load_average.1m" }] } },
    });
  });

  it("completes metrics, and attributes from the series of this machine", async () => {
    const editor = new Editor("workspace");
    const sensed = editor.next(stateChanged, ({ glance }) => glance.cpu.busy !== null);
    await editor.initializeWith({ ...editor.context, settings: { interval: 0.5 } });
    await sensed;
    await editor.open("rules:\n  - id: a\n    metric: system.mem\n    match: { \n\n");
    const metrics = await editor.ask<CompletionItem[]>("completion", 2, 22);
    expect(metrics.map(({ label }) => label)).toContain("system.memory.utilization");
    await editor.type("rules:\n  - id: a\n    metric: system.memory.usage\n    match: {  }\n");
    const attributes = await editor.ask<CompletionItem[]>("completion", 3, 13);
    expect(attributes.map(({ label }) => label)).toContain("system.memory.state");
    // A workspace may not set what holds for the host.
    await editor.type("\n");
    const keys = await editor.ask<CompletionItem[]>("completion", 0, 0);
    expect(keys.map(({ label }) => label)).toEqual(["rules", "watches"]);
  });

  it("shows a metric's value now, and how far it is from a threshold", async () => {
    const editor = new Editor("user");
    const sensed = editor.next(stateChanged);
    await editor.initializeWith(editor.context);
    await sensed;
    await editor.open(RULE);
    const metric = await editor.ask<Hover>("hover", 2, 20);
    expect(metric).toMatchObject({
      contents: { kind: "markdown", value: expect.stringMatching(/load[^]*read .* ago/) as string },
      range: { start: { line: 2, character: 12 }, end: { line: 2, character: 38 } },
    });
    const threshold = await editor.ask<Hover>("hover", 3, 11);
    expect(threshold.contents).toMatchObject({ value: expect.stringMatching(/under it, read/) as string });
    const symbols = await editor.ask<DocumentSymbol[]>("documentSymbol", 0, 0);
    expect(symbols).toMatchObject([
      { name: "rules", children: [{ name: "load", detail: "system.cpu.load_average.1m" }] },
    ]);
  });

  it("takes effect when it is saved, without waiting for the next look at the disk", async () => {
    const editor = new Editor("workspace");
    await editor.initializeWith(editor.context);
    await editor.send(collectNow, null);
    await editor.open(RULE);
    // A watcher that polls every 3 s could not tell so soon of a file that appeared now.
    const told = editor.next(stateChanged, ({ bell }) => bell.verdicts.some(({ rule }) => rule.id === "load"));
    await editor.save(RULE);
    await told;
    expect(editor.log.some((line) => line.includes("was saved"))).toBe(true);
    const kept = editor.next(stateChanged, ({ problems }) => problems.length > 0);
    await editor.save(RULE.replace("warn: 1000", "warn: high"));
    const { bell, problems } = await kept;
    expect(bell.verdicts.find(({ rule }) => rule.id === "load")?.rule.warn).toBe(1000);
    expect(problems).toMatchObject([
      { key: "rules.load.warn", range: { line: 4, column: 11, endLine: 4, endColumn: 15 } },
    ]);
  });

  it("of a workspace that is not trusted has diagnostics and no effect, and says so until it is trusted", async () => {
    const editor = new Editor("workspace");
    await editor.initializeWith({ settings: {}, trusted: false, workspaceFolders: [] });
    const idle = editor.diagnostics();
    await editor.open(RULE.replace("1000", "high"));
    expect(await idle).toMatchObject([
      { severity: 3, message: expect.stringMatching(/not trusted/) as string },
      { severity: 1, message: expect.stringMatching(/number in the metric's unit/) as string },
    ]);
    await editor.save(RULE);
    const before = await editor.send(collectNow, null);
    expect(before.bell.verdicts.some(({ rule }) => rule.id === "load")).toBe(false);
    const trusted = editor.diagnostics((found) => found.every(({ severity }) => severity !== 3));
    await editor.send(setContext, editor.context);
    await trusted;
  });

  it("that is hostile costs little, and the worker goes on", async () => {
    const editor = new Editor("user");
    await editor.initializeWith(editor.context);
    await editor.open("");
    for (const [text, reason] of [
      ["#".repeat(10 * 1024 * 1024), /larger than 1 MiB/],
      ["rules: &a\n  - *a\n", /its own anchor/],
      [`a: ${"[".repeat(100_000)}`, /nested too deeply/],
      ["interval: 2s\0", /U\+0000/],
    ] as const) {
      const marked = editor.diagnostics((found) => reason.test(textOf(found[0])));
      await editor.type(text);
      expect(await marked).toHaveLength(1);
    }
    expect((await editor.send(collectNow, null)).bell.verdicts.length).toBeGreaterThan(2);
  });

  it("that is no gorgon.yaml is neither read nor kept", async () => {
    const editor = new Editor("user");
    await editor.initializeWith(editor.context);
    const uri = pathToFileURL(path.join(editor.folder, "secret.yaml")).href;
    const textDocument = { uri, languageId: "yaml", version: 1, text: "interval: 2s\n" };
    await editor.connection.sendNotification("textDocument/didOpen", { textDocument });
    const hover = { textDocument: { uri }, position: { line: 0, character: 2 } };
    expect(await editor.connection.sendRequest("textDocument/hover", hover)).toBeNull();
  });
});

describe("a rule that a face proposes", () => {
  const rule: NewRule = {
    title: "Load",
    metric: "system.cpu.load_average.1m",
    match: {},
    direction: "above",
    warn: 8,
    crit: null,
    forMs: 300_000,
  };

  it("is added to the text as it stands in the editor, under a free id, and nothing is written", async () => {
    const editor = new Editor("user");
    writeFileSync(editor.file, "interval: 2s # mine\n");
    await editor.initializeWith(editor.context);
    const disk = await editor.send(proposeConfigEdit, { add: { rule } });
    expect(disk).toMatchObject({ path: editor.file, exists: true, line: 2, id: "load" });
    expect(disk.text).toMatch(/^interval: 2s # mine\nrules:\n {2}- id: load\n[^]*for: 5m\n$/);
    await editor.open(RULE);
    const open = await editor.send(proposeConfigEdit, { add: { rule } });
    expect(open).toMatchObject({ id: "load-2", line: 4 });
    expect(open.text.startsWith(RULE)).toBe(true);
    expect(readFileSync(editor.file, "utf8")).toBe("interval: 2s # mine\n");
  });

  it("is refused from a workspace that is not trusted, and where it would not be taken", async () => {
    const editor = new Editor("user");
    await editor.initializeWith({ settings: {}, workspaceFolders: [] });
    await expect(editor.send(proposeConfigEdit, { add: { rule } })).rejects.toThrow(/not trusted/);
    await editor.send(setContext, editor.context);
    const wrong = { ...rule, warnClear: 9 };
    await expect(editor.send(proposeConfigEdit, { add: { rule: wrong } })).rejects.toThrow(/good side/);
    await expect(editor.send(proposeConfigEdit, { add: { rule: 1 as unknown as NewRule } })).rejects.toThrow(
      /proposal/,
    );
    await editor.open("rules: [");
    await expect(editor.send(proposeConfigEdit, { add: { rule } })).rejects.toThrow(/mistake in line 1/);
  });
});

it("every setting tells where it came from", async () => {
  const editor = new Editor("user");
  writeFileSync(editor.file, `history: { days: 3 }\n${RULE}`);
  await editor.initializeWith({ ...editor.context, settings: { interval: 1 } });
  const { settings } = await editor.send(getSettingOrigins, null);
  expect(settings.find(({ key }) => key === "interval")).toMatchObject({ origin: "setting", where: "gorgon.interval" });
  expect(settings.find(({ key }) => key === "history.days")).toMatchObject({ origin: "user file", where: editor.file });
  expect(settings.find(({ key }) => key === "rules.load")).toMatchObject({ origin: "user file" });
});
