/**
 * The page fed over HTTP: messages to it are lines of JSON in one long response, messages from it are POSTs to the same
 * address, both with the page's own number and a token. Hidden, it listens to nothing; a lost line is said and mended.
 */
import { t } from "@vscode/l10n";
import type { DashboardSnapshot, FromDashboard, ToDashboard } from "../protocol/messages/webview.ts";
import { type Bridge, isToDashboard } from "./bridge.ts";

/** Where the token is kept while the tab lives; it comes in the address's fragment, which no server ever sees. */
const TOKEN_KEY = "gorgon.token";
/** Waits between two tries, milliseconds. */
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
/** One line longer than this is no message of ours. */
const MOST_CHARACTERS = 64 * 1024 * 1024;

/** The bridge to a feed at this address. */
export function httpBridge(feed: string): Pick<Bridge, "post" | "onMessage"> {
  const headers = { authorization: `Bearer ${takeToken()}`, "x-gorgon-page": pageNumber() };
  const listeners = new Set<(message: ToDashboard) => void>();
  const tell = (message: ToDashboard): void => listeners.forEach((listener) => listener(message));
  let last: DashboardSnapshot | null = null;

  /** What is known stays, and that nobody feeds the page any more is said. */
  function lost(reason: string): void {
    const nothing = { type: "snapshot", range: 15, state: null, history: null, muted: [] } as const;
    tell({ ...(last ?? nothing), sentAt: Date.now(), worker: { status: "down", reason } });
  }

  async function listen(signal: AbortSignal): Promise<void> {
    const response = await fetch(feed, { headers, signal, cache: "no-store" });
    if (!response.ok || response.body === null) throw new Error(refusal(response.status));
    for await (const line of linesOf(response.body)) {
      const message: unknown = JSON.parse(line);
      if (!isToDashboard(message)) continue;
      if (message.type === "snapshot") last = message;
      tell(message);
    }
    throw new Error(t("Gorgon ended the connection."));
  }

  async function follow(signal: AbortSignal): Promise<void> {
    const over = (): boolean => signal.aborted;
    let wait = FIRST_RETRY_MS;
    while (!over()) {
      const began = Date.now();
      try {
        await listen(signal);
      } catch (error) {
        if (over()) return;
        if (Date.now() - began > LAST_RETRY_MS) wait = FIRST_RETRY_MS;
        // What `fetch` throws for a network that fails, and what reading throws for a line that is cut.
        const reason = error instanceof TypeError ? t("Gorgon cannot be reached.") : (error as Error).message;
        lost([reason, t("The page tries again by itself.")].join(" "));
      }
      await rest(wait, signal);
      wait = Math.min(2 * wait, LAST_RETRY_MS);
    }
  }

  let stop: AbortController | null = null;
  const attend = (): void => {
    stop?.abort();
    stop = null;
    if (document.hidden) return;
    stop = new AbortController();
    void follow(stop.signal);
  };
  return {
    onMessage: (listener) => {
      listeners.add(listener);
      if (listeners.size > 1) return;
      document.addEventListener("visibilitychange", attend);
      attend();
    },
    post: (message) => {
      if (message.type === "question" && message.question.ask === "save") {
        download(message.question.name, message.question.base64);
        tell({ type: "answer", id: message.id, ok: true, result: { saved: true } });
        return;
      }
      void say(message);
    },
  };

  async function say(message: FromDashboard): Promise<void> {
    let reason = t("Gorgon cannot be reached. Try again.");
    try {
      const body = JSON.stringify(message);
      const response = await fetch(feed, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body,
      });
      if (response.ok) return;
      reason = refusal(response.status);
    } catch {
      // The line to listen on is lost as well, and says so.
    }
    if (message.type === "question") tell({ type: "answer", id: message.id, ok: false, reason });
  }
}

function refusal(status: number): string {
  if (status === 401 || status === 403)
    return t("This page's token is not valid any more. Open the page anew from where its link came.");
  return t("Gorgon answered with HTTP {0}.", status);
}

function takeToken(): string {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  try {
    if (given === null) return sessionStorage.getItem(TOKEN_KEY) ?? "";
    sessionStorage.setItem(TOKEN_KEY, given);
    // Out of the address, so that it is in no bookmark and no picture of the screen.
    history.replaceState(null, "", location.pathname + location.search);
  } catch {
    // Without storage the token lives as long as the page.
  }
  return given ?? "";
}

function pageNumber(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > MOST_CHARACTERS) throw new Error(t("Gorgon sent a line without end."));
      for (const line of lines) if (line !== "") yield line;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function download(name: string, base64: string): void {
  const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes]));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
