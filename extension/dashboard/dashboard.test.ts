/** The dashboard's panel: its document, its one panel, what it takes from its page. */
import { expect, test } from "vitest";
import { stateChanged } from "../../protocol/messages/worker.ts";
import { Mutes } from "../bell/mutes.ts";
import { fakeWorld } from "../testing/connection.ts";
import { stateOf } from "../testing/states.ts";
import { ManualTimers, settle } from "../testing/timers.ts";
import { fakePanel } from "../testing/faces.ts";
import { fakeVscode } from "../testing/vscode.ts";
import { LatestState } from "../worker/latest.ts";
import { Worker } from "../worker/worker.ts";
import { Dashboard } from "./dashboard.ts";
import { createNonce, dashboardHtml } from "./html.ts";
import { parseFromDashboard } from "./messages.ts";
import { Pins } from "./pins.ts";

async function setUp() {
  const world = fakeWorld();
  const timers = new ManualTimers();
  const fake = fakeVscode();
  const initialize = { protocol: 1, client: "0", logLevel: "info", settings: {}, workspaceFolders: [] } as const;
  const launchOptions = () => ({ execArgv: [], initialize });
  const worker = new Worker({ connect: world.connect, launchOptions, channel: fake.channel, timers });
  const latest = new LatestState(worker, timers);
  const mutes = new Mutes(fake.memento);
  const pins = new Pins(fake.memento);
  const logged: string[] = [];
  const sources = { worker, latest, mutes, pins, timers, log: (text: string) => void logged.push(text) };
  const dashboard = new Dashboard(fake.vs, fake.vs.Uri.file("/ext"), sources);
  world.answer = () => ({ frames: [] });
  await worker.start();
  world.made[0]?.say(stateChanged.method, stateOf());
  return { world, fake, dashboard, mutes, pins, timers, logged };
}

const PAGE = { cspSource: "https://src", script: "https://src/a.js", styles: ["https://src/a.css"], language: "en" };

test("the document carries the page's words as data that cannot end their element, and the language", () => {
  const words = { "All is well": "</script><script>alert(1)</script><!--" };
  const html = dashboardHtml({ ...PAGE, language: "de", words }, "N0NCE");
  expect(html).toContain('<html lang="de">');
  const found = /<script nonce="N0NCE" type="application\/json" id="words">([^<]*)<\/script>/.exec(html)?.[1] ?? "";
  expect(JSON.parse(found)).toEqual(words);
  expect(html.indexOf('id="words"')).toBeLessThan(html.indexOf("a.js"));
  expect(html.match(/<script/g)).toHaveLength(2);
});

test("the document allows its own scripts and styles by nonce and nothing else", () => {
  const html = dashboardHtml(PAGE, "N0NCE");
  const policy = /content="(default-src[^"]*)"/.exec(html)?.[1] ?? "";
  expect(policy).toContain("default-src &#39;none&#39;");
  expect(policy).toContain("script-src &#39;nonce-N0NCE&#39;");
  expect(policy).toContain("style-src https://src &#39;nonce-N0NCE&#39;");
  expect(policy).not.toMatch(/unsafe|\*|connect-src/);
  for (const tag of html.match(/<(script|link)[^>]*>/g) ?? []) expect(tag).toContain('nonce="N0NCE"');
  expect(html).not.toMatch(/ on\w+=| style=/);
});

test("addresses cannot break out of their attribute", () => {
  const html = dashboardHtml({ ...PAGE, language: '"><script>' }, "n");
  expect(html).not.toContain('"><script>');
});

test("every document has a nonce of its own", () => {
  expect(createNonce()).not.toBe(createNonce());
  expect(createNonce().length).toBeGreaterThanOrEqual(22);
});

test("there is one panel: a second command brings it to the front", async () => {
  const { fake, dashboard } = await setUp();
  dashboard.show();
  dashboard.show();
  expect(fake.panels).toHaveLength(1);
  expect(fake.panels[0]?.revealed).toBe(1);
  fake.panels[0]?.panel.dispose();
  dashboard.show();
  expect(fake.panels).toHaveLength(2);
});

test("it may load from dist/webview only, and is not kept alive while hidden", async () => {
  const { fake, dashboard } = await setUp();
  dashboard.show();
  const options = fake.panels[0]?.webview.options as { localResourceRoots: { path: string }[] };
  expect(options.localResourceRoots.map((uri) => uri.path)).toEqual(["/ext/dist/webview"]);
  expect(options).toMatchObject({ enableCommandUris: false });
  expect(options).not.toHaveProperty("retainContextWhenHidden");
});

test("a restored panel gets today's options and document", async () => {
  const { dashboard } = await setUp();
  const old = fakePanel({ localResourceRoots: ["/ext-of-last-week"] });
  await dashboard.deserializeWebviewPanel(old.panel);
  expect(JSON.stringify(old.webview.options)).not.toContain("last-week");
  expect(old.webview.html).toContain("Content-Security-Policy");
});

test("a page that is ready is fed", async () => {
  const { fake, dashboard, timers } = await setUp();
  dashboard.show();
  fake.panels[0]?.send({ type: "ready", range: 15 });
  await timers.advance(0);
  expect(fake.panels[0]?.posted).toHaveLength(1);
});

test("buttons of the page run the commands they stand for", async () => {
  const { fake, dashboard } = await setUp();
  dashboard.show();
  fake.panels[0]?.send({ type: "command", command: "doctor" });
  fake.panels[0]?.send({ type: "command", command: "workbench.action.quit" });
  expect(fake.executed.map((one) => one.command)).toEqual(["gorgon.runDoctor"]);
});

test("the page mutes rules that exist, and no others", async () => {
  const { fake, dashboard, mutes } = await setUp();
  dashboard.show();
  fake.panels[0]?.send({ type: "mute", rule: "cpu", muted: true });
  fake.panels[0]?.send({ type: "mute", rule: "made-up", muted: true });
  await settle();
  expect(mutes.list()).toEqual(["cpu"]);
});

test.each([
  ["nothing", undefined],
  ["a text", "ready"],
  ["an unknown type", { type: "eval", code: "1" }],
  ["a range that is not offered", { type: "range", range: 7 }],
  ["a range as a text", { type: "range", range: "15" }],
  ["an unknown command", { type: "command", command: "__proto__" }],
  ["a rule that is no text", { type: "mute", rule: {}, muted: true }],
  ["a rule that is endless", { type: "mute", rule: "x".repeat(301), muted: true }],
  ["a mute that is neither on nor off", { type: "mute", rule: "cpu", muted: "yes" }],
])("a hostile page's message is ignored: %s", (_name, message) => {
  expect(parseFromDashboard(message)).toBeNull();
});

test("a message keeps nothing but what it may hold", () => {
  expect(parseFromDashboard({ type: "range", range: 60, extra: "x" })).toEqual({ type: "range", range: 60 });
});

test("a tab that is asked for is turned to: at once where the page is seen, else when it wakes, and once", async () => {
  const { fake, dashboard } = await setUp();
  const tabs = () => fake.panels[0]?.posted.filter((one) => (one as { type: string }).type === "show");
  dashboard.show("alerts");
  await settle();
  expect(tabs()).toEqual([]);
  fake.panels[0]?.send({ type: "ready", range: 15 });
  await settle();
  expect(tabs()).toEqual([{ type: "show", tab: "alerts" }]);
  dashboard.show("explore");
  dashboard.show();
  await settle();
  expect(tabs()).toHaveLength(2);
  fake.panels[0]?.turn(false);
  dashboard.show("about");
  fake.panels[0]?.turn(true);
  fake.panels[0]?.send({ type: "ready", range: 15 });
  await settle();
  expect(tabs()?.at(-1)).toEqual({ type: "show", tab: "about" });
  expect(tabs()).toHaveLength(3);
});

test("a question is answered with its id; one of the wrong shape is refused, logged and answered", async () => {
  const { fake, dashboard, timers, world, logged } = await setUp();
  world.answer = () => ({ annotations: [] });
  dashboard.show();
  const answers = () => fake.panels[0]?.posted.filter((one) => (one as { type: string }).type === "answer");
  fake.panels[0]?.send({ type: "question", id: 7, question: { ask: "annotations", from: 1, to: 2 } });
  await timers.advance(0);
  expect(answers()).toEqual([{ type: "answer", id: 7, ok: true, result: [] }]);
  fake.panels[0]?.send({ type: "question", id: 8, question: { ask: "annotations", from: "1" } });
  expect(answers()?.[1]).toMatchObject({ id: 8, ok: false });
  expect(logged.at(-1)).toContain("refused");
});

test("a failure of the worker is answered in its words, and a hidden page gets no answer", async () => {
  const { fake, dashboard, timers, world } = await setUp();
  world.answer = () => Promise.reject(new Error("There is no such alert."));
  dashboard.show();
  const [panel] = fake.panels;
  panel?.send({ type: "question", id: 1, question: { ask: "acknowledge", alert: "a", undo: false } });
  await timers.advance(0);
  expect(panel?.posted).toEqual([{ type: "answer", id: 1, ok: false, reason: "There is no such alert." }]);
  panel?.turn(false);
  panel?.send({ type: "question", id: 2, question: { ask: "settings" } });
  await timers.advance(0);
  expect(panel?.posted).toHaveLength(1);
});

test("nothing is changed from a workspace that is not trusted", async () => {
  const { fake, dashboard, timers, world } = await setUp();
  fake.state.trusted = false;
  dashboard.show();
  fake.panels[0]?.send({ type: "question", id: 1, question: { ask: "endSilence", id: "s" } });
  await timers.advance(0);
  expect(fake.panels[0]?.posted[0]).toMatchObject({ id: 1, ok: false });
  expect(world.made[0]?.asked.map((one) => one.method)).not.toContain("gorgon/silences/end");
});

test("a page that wakes is led to the tab that was asked for, once", async () => {
  const { fake, dashboard, timers } = await setUp();
  dashboard.show("alerts");
  fake.panels[0]?.send({ type: "ready", range: 15 });
  fake.panels[0]?.send({ type: "ready", range: 15 });
  await timers.advance(0);
  const shows = fake.panels[0]?.posted.filter((one) => (one as { type: string }).type === "show");
  expect(shows).toEqual([{ type: "show", tab: "alerts" }]);
});

test("pins are kept for all windows, up to twelve, and what is no chart is left out", async () => {
  const { fake, dashboard, pins } = await setUp();
  dashboard.show();
  const chart = (id: string) => ({ id, series: [{ metric: "a.b", attributes: {} }] });
  for (let index = 0; index < 13; index += 1) {
    fake.panels[0]?.send({ type: "pin", chart: chart(String(index)) });
    await settle();
  }
  expect(pins.list()).toHaveLength(12);
  expect(fake.messages[0]?.text).toContain("12 charts");
  fake.panels[0]?.send({ type: "unpin", id: "0" });
  await settle();
  expect(pins.list()[0]?.id).toBe("1");
  await fake.memento.update("gorgon.pinnedCharts", [chart("good"), { id: "bad", series: "x" }, null]);
  expect(pins.list()).toEqual([chart("good")]);
});
