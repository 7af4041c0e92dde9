/** The dashboard's entrance: connects the page to its feeder and to the clock. */
import { t } from "@vscode/l10n";
import "./nonce.ts";
import "./dashboard.css";
import type { DashboardSnapshot } from "../protocol/messages/webview.ts";
import { createAsker } from "./ask.ts";
import { type PageState, connect } from "./bridge.ts";
import { registerCharts } from "./charts/canvas.ts";
import { registerControls } from "./controls.ts";
import { h, setText } from "./dom.ts";
import { speakLanguage } from "./language.ts";
import { buildPage } from "./page.ts";
import { sentence, messageOf } from "./words.ts";

/** Ages are written in seconds. */
const CLOCK_MS = 1000;

function start(app: HTMLElement): void {
  speakLanguage();
  const bridge = connect();
  document.documentElement.classList.toggle("gorgon-browser", !bridge.inEditor);
  registerControls();
  registerCharts();

  let snapshot: DashboardSnapshot | null = null;
  let state = bridge.load();
  // The worker may be on another machine: its clock counts, ours only measures how long ago it spoke.
  let skew = 0;
  let wokeAt = Date.now();
  const failure = h("p", { class: "failure", role: "alert" });
  let clock: number | undefined;

  const asker = createAsker((message) => bridge.post(message));
  const remember = (change: Partial<PageState>): void => {
    state = { ...state, ...change };
    bridge.save(state);
  };
  const page = buildPage(app, {
    state,
    ask: asker.ask,
    post: (message) => bridge.post(message),
    remember: (change) => {
      remember(change);
      draw();
    },
  });

  function draw(): void {
    if (document.hidden) return;
    try {
      page.draw({ snapshot, now: Date.now() - skew, wokeAt: wokeAt - skew }, state);
      failure.remove();
    } catch (error) {
      // The page goes on with the next snapshot; until then it says that what it shows may be wrong.
      const reason = messageOf(error);
      setText(failure, t("What came last could not be drawn: {0}", sentence(reason)));
      app.prepend(failure);
    }
  }

  function wake(): void {
    window.clearInterval(clock);
    if (document.hidden) return;
    wokeAt = Date.now();
    bridge.post({ type: "ready", range: state.range });
    clock = window.setInterval(draw, CLOCK_MS);
    draw();
  }

  bridge.onMessage((message) => {
    switch (message.type) {
      case "snapshot":
        skew = Date.now() - (message.sentAt ?? Date.now());
        snapshot = message;
        draw();
        break;
      case "answer":
        asker.take(message);
        break;
      case "show":
        remember({ tab: message.tab });
        draw();
        break;
    }
  });
  document.addEventListener("visibilitychange", wake);
  wake();
}

const app = document.getElementById("app");
if (app === null) throw new Error("The page has no element with the id 'app' to build the dashboard in.");
start(app);
