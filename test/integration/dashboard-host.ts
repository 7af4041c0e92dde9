/**
 * The dashboard in a browser page: its bundle and a feed over HTTP on a loopback port, in front of a real worker. What a
 * hub will do for many, this does for one, so that the page's transport is proven without VS Code.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import path from "node:path";
import { Mutes } from "../../extension/bell/mutes.ts";
import { type AnswerSources, answer } from "../../extension/dashboard/answers.ts";
import { DashboardFeed } from "../../extension/dashboard/feed.ts";
import { parseFromDashboard, questionId } from "../../extension/dashboard/messages.ts";
import { Pins } from "../../extension/dashboard/pins.ts";
import { fakeVscode } from "../../extension/testing/vscode.ts";
import { realTimers } from "../../extension/timers.ts";
import type { Connect } from "../../extension/worker/connection.ts";
import { LatestState } from "../../extension/worker/latest.ts";
import { Worker } from "../../extension/worker/worker.ts";
import type { ToDashboard } from "../../protocol/messages/webview.ts";
import { OPTIONS, TestClient } from "../protocol/client.ts";

const root = path.resolve(import.meta.dirname, "../..");
/** A message longer than this is none. */
const MOST_BYTES = 32 * 1024 * 1024;

const FILES: Readonly<Record<string, string>> = {
  "/dashboard.js": "text/javascript",
  "/dashboard.css": "text/css",
  "/codicon.css": "text/css",
  "/codicon.ttf": "font/ttf",
};

/** The page needs its own scripts, styles and feed, and nothing from anywhere else. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'";

/** `words`: the page's sentences by the English ones; empty: English. */
const documentOf = (
  words: Readonly<Record<string, string>>,
): string => `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Gorgon</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="gorgon-feed" content="/feed">
<link rel="stylesheet" href="/codicon.css"><link rel="stylesheet" href="/dashboard.css"></head>
<body><div id="app"></div>
<script type="application/json" id="words">${JSON.stringify(words).replaceAll("<", "\\u003c")}</script>
<script src="/dashboard.js"></script></body></html>`;

/** One page: its feed, and the response that it listens on. */
interface PageLine {
  readonly feed: DashboardFeed;
  response: ServerResponse | null;
}

/** The host, until closed. */
export interface DashboardHost {
  /** With the token in its fragment. */
  readonly url: string;
  readonly worker: Worker;
  readonly latest: LatestState;
  /** Lines sent to pages so far. */
  readonly sent: () => number;
  /** What was refused, in words. */
  readonly logged: readonly string[];
  /** Pages that listen now. */
  readonly listening: () => number;
  /** Ends every line, as a proxy or a restart would. */
  readonly cut: () => void;
  close(): Promise<void>;
}

/** Starts a worker of its own, in a trusted workspace, and serves the page. `yaml` is its user's `gorgon.yaml`. */
export async function hostDashboard({
  words = {},
  yaml = "",
}: { readonly words?: Readonly<Record<string, string>>; readonly yaml?: string } = {}): Promise<DashboardHost> {
  const token = randomBytes(24).toString("base64url");
  const { memento, channel } = fakeVscode();
  const logged: string[] = [];
  const clients: TestClient[] = [];
  const connect: Connect = () => {
    const client = new TestClient();
    clients.push(client);
    return {
      start: async () => {
        const folder = path.join(client.home, "config", "gorgon");
        mkdirSync(folder, { recursive: true });
        writeFileSync(path.join(folder, "gorgon.yaml"), yaml);
        const result = (await client.initialize({ ...OPTIONS, trusted: true })) as {
          capabilities: { experimental: { gorgon: unknown } };
        };
        return result.capabilities.experimental.gorgon;
      },
      stop: () => client.dispose(),
      request: (method, params) => client.connection.sendRequest(method, params),
      notify: (method, params) => client.connection.sendNotification(method, params),
      listen: (method, listener) => void client.connection.onNotification(method, listener),
    };
  };
  const timers = realTimers;
  const launchOptions = () => ({ execArgv: [], initialize: OPTIONS });
  const worker = new Worker({ connect, launchOptions, channel, timers });
  const latest = new LatestState(worker, timers);
  const sources = {
    ...{ worker, latest, timers, mutes: new Mutes(memento), pins: new Pins(memento) },
    mayAct: () => true,
    log: (text: string) => void logged.push(text),
  };
  const refuse = (): Promise<never> => Promise.reject(new Error("This needs VS Code."));
  const answers: AnswerSources = { ...sources, author: "test", deeds: { edit: refuse, save: refuse } };

  const lines = new Map<string, PageLine>();
  let sent = 0;
  const post = (line: PageLine, message: ToDashboard): void => {
    if (line.response === null) return;
    sent += 1;
    line.response.write(`${JSON.stringify(message)}\n`);
  };
  const lineOf = (id: string): PageLine => {
    const known = lines.get(id);
    if (known !== undefined) return known;
    const feed = new DashboardFeed(
      {
        visible: () => line.response !== null,
        post: (snapshot) => {
          post(line, snapshot);
          return Promise.resolve();
        },
      },
      sources,
    );
    const line: PageLine = { feed, response: null };
    lines.set(id, line);
    return line;
  };

  const take = async (line: PageLine, value: unknown): Promise<void> => {
    const message = parseFromDashboard(value);
    const id = questionId(value);
    switch (message?.type) {
      case "ready":
      case "range":
        line.feed.wake(message.range);
        break;
      case "mute":
        await sources.mutes.set(message.rule, message.muted);
        break;
      case "pin":
        await sources.pins.add(message.chart);
        break;
      case "unpin":
        await sources.pins.remove(message.id);
        break;
      case "question":
        try {
          post(line, { type: "answer", id: message.id, ok: true, result: await answer(message.question, answers) });
        } catch (error) {
          post(line, { type: "answer", id: message.id, ok: false, reason: (error as Error).message });
        }
        break;
      default:
        logged.push("refused");
        if (id !== null) post(line, { type: "answer", id, ok: false, reason: "This is no question." });
    }
  };

  const server: Server = createServer((request, response) => {
    void serve(request, response).catch((error: unknown) => {
      logged.push(String(error));
      response.destroy();
    });
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
    const headers = {
      "content-security-policy": POLICY,
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    };
    const type = FILES[pathname];
    if (pathname === "/") {
      response.writeHead(200, { ...headers, "content-type": "text/html; charset=utf-8" }).end(documentOf(words));
    } else if (type !== undefined) {
      const file = readFileSync(path.join(root, "dist/webview", path.basename(pathname)));
      response.writeHead(200, { ...headers, "content-type": type }).end(file);
    } else if (pathname !== "/feed") {
      response.writeHead(pathname === "/favicon.ico" ? 204 : 404).end();
    } else if (!hasToken(request, token)) {
      response.writeHead(401).end();
    } else {
      await feed(request, response, headers);
    }
  }

  async function feed(request: IncomingMessage, response: ServerResponse, headers: object): Promise<void> {
    const line = lineOf(String(request.headers["x-gorgon-page"]));
    if (request.method === "POST") {
      const parts: Buffer[] = [];
      let size = 0;
      for await (const part of request as AsyncIterable<Buffer>) {
        size += part.length;
        if (size > MOST_BYTES) throw new Error("A message without end.");
        parts.push(part);
      }
      response.writeHead(204).end();
      await take(line, JSON.parse(Buffer.concat(parts).toString("utf8")));
      return;
    }
    response.writeHead(200, { ...headers, "content-type": "application/x-ndjson" });
    response.flushHeaders();
    line.response = response;
    response.on("close", () => {
      if (line.response === response) line.response = null;
    });
    // The page may have said `ready` before it could listen.
    line.feed.refresh();
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The host has no port.");
  await worker.start();
  if (worker.status.status !== "running") throw new Error(`The worker does not run: ${worker.status.reason}`);
  return {
    url: `http://127.0.0.1:${String(address.port)}/#token=${token}`,
    ...{ worker, latest, logged },
    sent: () => sent,
    listening: () => [...lines.values()].filter((line) => line.response !== null).length,
    cut: () => {
      for (const line of lines.values()) line.response?.destroy();
    },
    close: async () => {
      for (const line of lines.values()) line.feed.dispose();
      await worker.stop();
      worker.dispose();
      latest.dispose();
      for (const client of clients) await client.dispose();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

function hasToken(request: IncomingMessage, token: string): boolean {
  const given = Buffer.from(request.headers.authorization ?? "");
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
