/** The page's way to whoever feeds it, as an interface: VS Code's webview API, a page that holds it, or HTTP. */
import {
  type FromDashboard,
  RANGES,
  type RangeMinutes,
  TABS,
  type Tab,
  type ToDashboard,
} from "../protocol/messages/webview.ts";
import { httpBridge } from "./bridge-http.ts";

/** What the page remembers while it is hidden and when it is loaded again: navigation only, never data. */
export interface PageState {
  readonly tab: Tab;
  readonly range: RangeMinutes;
  /** What the explorer wants to keep; it alone knows the shape, and checks it. Null: nothing. */
  readonly explore: unknown;
}

/** What every world offers. */
export interface Bridge {
  /** In VS Code, and so with its theme variables. */
  readonly inEditor: boolean;
  post(message: FromDashboard): void;
  onMessage(listener: (message: ToDashboard) => void): void;
  load(): PageState;
  save(state: PageState): void;
}

interface VsCodeApi {
  postMessage(message: FromDashboard): void;
  getState(): unknown;
  setState(state: PageState): void;
}

/**
 * What a page may put on `window` to feed the dashboard without VS Code. Without it messages go to the frame's parent
 * and answers come by `window.postMessage` from the same origin.
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
const DEFAULT_STATE: PageState = { tab: "overview", range: 15, explore: null };

/** Finds the way. To be called once: VS Code gives its API only once. */
export function connect(): Bridge {
  const api = window.acquireVsCodeApi?.();
  if (api !== undefined) {
    return {
      inEditor: true,
      onMessage: listenToWindow(() => true),
      post: (message) => api.postMessage(message),
      load: () => pageState(api.getState()),
      save: (state) => api.setState(state),
    };
  }
  const memory = { inEditor: false, load: storedState, save: storeState };
  const feed = document.querySelector<HTMLMetaElement>('meta[name="gorgon-feed"]')?.content;
  if (feed !== undefined) return { ...memory, ...httpBridge(feed) };
  return {
    ...memory,
    // Only a webview's own shell can reach it; any page may post to a page in a browser.
    onMessage: listenToWindow((event) => event.origin === location.origin),
    post: (message) => {
      if (window.gorgonHost !== undefined) window.gorgonHost.post(message);
      else if (window.parent !== window) window.parent.postMessage(message, location.origin);
    },
  };
}

function listenToWindow(trusts: (event: MessageEvent) => boolean): Bridge["onMessage"] {
  return (listener) => {
    window.addEventListener("message", (event: MessageEvent<unknown>) => {
      if (trusts(event) && isToDashboard(event.data)) listener(event.data);
    });
  };
}

function storedState(): PageState {
  try {
    return pageState(JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? "null"));
  } catch {
    return DEFAULT_STATE;
  }
}

function storeState(state: PageState): void {
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify(state));
  } catch {
    // Storage is refused in private windows; what was chosen is then forgotten on reload.
  }
}

/** What was remembered, part by part: another release may have written it. */
export function pageState(value: unknown): PageState {
  if (typeof value !== "object" || value === null) return DEFAULT_STATE;
  const { tab, range, explore } = value as Partial<Record<string, unknown>>;
  return {
    tab: TABS.find((one) => one === tab) ?? DEFAULT_STATE.tab,
    range: RANGES.find((one) => one === range) ?? DEFAULT_STATE.range,
    explore: explore ?? null,
  };
}

/** The messages that the page takes; each by the fields that it cannot do without. */
export function isToDashboard(data: unknown): data is ToDashboard {
  if (typeof data !== "object" || data === null || !("type" in data)) return false;
  switch (data.type) {
    case "snapshot":
      return "worker" in data;
    case "answer":
      return "id" in data && typeof data.id === "number" && "ok" in data;
    case "show":
      return "tab" in data && TABS.some((tab) => tab === data.tab);
    default:
      return false;
  }
}
