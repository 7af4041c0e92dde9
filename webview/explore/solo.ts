/** Explore on a page of its own, fed by the sample worker: for pictures, tests and the frame-time bench. Never shipped. */
import "../nonce.ts";
import "../dashboard.css";
import type { FromDashboard, Question } from "../../protocol/messages/webview.ts";
import { registerCharts } from "../charts/canvas.ts";
import { onThemeChange, readPalette } from "../charts/palette.ts";
import { speakLanguage } from "../language.ts";
import { type ExploreState, explorePart } from "./explore.ts";
import { type ExplorePage, sampleAsk } from "../preview/explore-sample.ts";
import { sampleSnapshot } from "../preview/sample.ts";

declare global {
  interface Window {
    explorePage: ExplorePage;
    exploreAsked: Question[];
    explorePosted: FromDashboard[];
    exploreSaved: ExploreState | null;
  }
}

const app = document.getElementById("app");
if (app === null) throw new Error("The page has no element with the id 'app'.");
const { state, sample, frozenAt, everyMs, mayAct } = window.explorePage;
const now = (): number => frozenAt ?? Date.now();
window.exploreAsked = [];
window.explorePosted = [];
window.exploreSaved = null;
speakLanguage();
registerCharts();
const part = explorePart({
  ask: sampleAsk({ ...sample, now, asked: (question) => void window.exploreAsked.push(question) }),
  post: (message) => void window.explorePosted.push(message),
  state,
  save: (next) => {
    window.exploreSaved = next;
  },
});
const page = document.createElement("div");
page.className = "page";
page.append(part.element);
app.append(page);
const tick = (): void => part.update({ ...sampleSnapshot({ now: now() }), mayAct }, now());
tick();
part.show(true);
onThemeChange(() => part.retheme(readPalette()));
if (everyMs > 0) window.setInterval(tick, everyMs);
