/** The page of the view *Most Expensive Cells*: draws what the extension sends, and says what was chosen. */
import type { CostlySnapshot, FromCostly } from "../../protocol/messages/costly.ts";
import { speakLanguage } from "../language.ts";
import "./costly.css";
import { costlyPage } from "./page.ts";

interface Host {
  postMessage(message: FromCostly): void;
}

speakLanguage();
const host = (window as unknown as { acquireVsCodeApi(): Host }).acquireVsCodeApi();
const app = document.getElementById("app");
if (app !== null) {
  const page = costlyPage((message) => host.postMessage(message));
  app.append(page.element);
  window.addEventListener("message", ({ data }: MessageEvent<CostlySnapshot | undefined>) => {
    if (data?.type === "snapshot") page.update(data);
  });
  host.postMessage({ type: "ready" });
}
