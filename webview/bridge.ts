/** The page's way to whoever feeds it: VS Code's webview API, or, in a browser, the page that holds it. */
import { type DashboardSnapshot, type FromDashboard, RANGES, type RangeMinutes } from "../protocol/messages/webview.ts";

/** What the page remembers while VS Code keeps its panel: navigation only, never data. */
export interface PageState {
  readonly range: RangeMinutes;
}

/** What both worlds offer. */
export interface Bridge {
  /** In VS Code, and so with its theme variables. */
  readonly inEditor: boolean;
  post(message: FromDashboard): void;
  onSnapshot(listener: (snapshot: DashboardSnapshot) => void): void;
  load(): PageState | null;
  save(state: PageState): void;
}

interface VsCodeApi {
  postMessage(message: FromDashboard): void;
  getState(): unknown;
  setState(state: PageState): void;
}

/**
 * What a page may put on `window` to feed the dashboard without VS Code. Without it messages go to the frame's parent
 * and snapshots come by `window.postMessage` from the same origin.
 */
export interface BrowserHost {
  post(message: FromDashboard): void;
}

declare global {
  interface Window {
    acquireVsCodeApi?: () => VsCodeApi;
    gorgonHost?: BrowserHost;
  }
}

const STORAGE_KEY = "gorgon.dashboard";

/** Finds the way. To be called once: VS Code gives its API only once. */
export function connect(): Bridge {
  const api = window.acquireVsCodeApi?.();
  const onSnapshot = (listener: (snapshot: DashboardSnapshot) => void): void => {
    window.addEventListener("message", (event: MessageEvent<unknown>) => {
      // Only a webview's own shell can reach it; any page may post to a page in a browser.
      if (api === undefined && event.origin !== location.origin) return;
      if (isSnapshot(event.data)) listener(event.data);
    });
  };
  if (api !== undefined) {
    return {
      inEditor: true,
      onSnapshot,
      post: (message) => api.postMessage(message),
      load: () => pageState(api.getState()),
      save: (state) => api.setState(state),
    };
  }
  return {
    inEditor: false,
    onSnapshot,
    post: (message) => {
      if (window.gorgonHost !== undefined) window.gorgonHost.post(message);
      else if (window.parent !== window) window.parent.postMessage(message, location.origin);
    },
    load: () => stored(),
    save: (state) => {
      try {
        sessionStorage.setItem(STORAGE_KEY, JSON.stringify(state));
      } catch {
        // Storage is refused in private windows; the range is then forgotten on reload.
      }
    },
  };
}

function stored(): PageState | null {
  try {
    return pageState(JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null"));
  } catch {
    return null;
  }
}

function pageState(value: unknown): PageState | null {
  if (typeof value !== "object" || value === null || !("range" in value)) return null;
  const range = RANGES.find((one) => one === value.range);
  return range === undefined ? null : { range };
}

function isSnapshot(data: unknown): data is DashboardSnapshot {
  return typeof data === "object" && data !== null && "type" in data && data.type === "snapshot" && "worker" in data;
}
