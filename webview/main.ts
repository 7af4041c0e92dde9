/** The dashboard's entrance: connects the page to its feeder and to the clock. */
import "./nonce.ts";
import "./dashboard.css";
import { type DashboardSnapshot, type RangeMinutes } from "../protocol/messages/webview.ts";
import { connect } from "./bridge.ts";
import { registerCharts } from "./charts/line.ts";
import { registerControls } from "./controls.ts";
import { h, setText } from "./dom.ts";
import { buildPage } from "./page.ts";

const DEFAULT_RANGE: RangeMinutes = 15;
/** Ages are written in seconds. */
const CLOCK_MS = 1000;

function start(app: HTMLElement): void {
  const bridge = connect();
  document.documentElement.classList.toggle("gorgon-browser", !bridge.inEditor);
  registerControls();
  registerCharts();

  let snapshot: DashboardSnapshot | null = null;
  let range = bridge.load()?.range ?? DEFAULT_RANGE;
  // The worker may be on another machine: its clock counts, ours only measures how long ago it spoke.
  let skew = 0;
  let wokeAt = Date.now();
  const failure = h("p", { class: "failure", role: "alert" });
  let clock: number | undefined;

  const page = buildPage(
    app,
    (message) => bridge.post(message),
    range,
    (chosen) => {
      range = chosen;
      bridge.save({ range });
      bridge.post({ type: "range", range });
      draw();
    },
  );

  function draw(): void {
    if (document.hidden) return;
    try {
      page.draw({ snapshot, now: Date.now() - skew, wokeAt: wokeAt - skew }, range);
      failure.remove();
    } catch (error) {
      // The page goes on with the next snapshot; until then it says that what it shows may be wrong.
      setText(failure, `The dashboard could not draw this: ${error instanceof Error ? error.message : String(error)}`);
      app.prepend(failure);
    }
  }

  function wake(): void {
    window.clearInterval(clock);
    if (document.hidden) return;
    wokeAt = Date.now();
    bridge.post({ type: "ready", range });
    clock = window.setInterval(draw, CLOCK_MS);
    draw();
  }

  bridge.onSnapshot((next) => {
    skew = Date.now() - (next.sentAt ?? Date.now());
    snapshot = next;
    draw();
  });
  document.addEventListener("visibilitychange", wake);
  wake();
}

const app = document.getElementById("app");
if (app === null) throw new Error("The page has no element with the id 'app' to build the dashboard in.");
start(app);
