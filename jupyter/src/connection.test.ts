/** The line to the Jupyter server: live, cut, without WebSockets, without Gorgon, of another release, and with hostile messages. */
import { ServerConnection } from "@jupyterlab/services";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Connection, Refused } from "./connection.ts";
import { deathOf, hostOf, kernelOf, runOf, stateOf } from "./testing/told.ts";

/** A WebSocket whose other end the test is. */
class FakeSocket {
  static readonly OPEN = 1;
  static all: FakeSocket[] = [];
  readonly url: string;
  readonly sent: unknown[] = [];
  readyState = 0;
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;

  constructor(url: string) {
    this.url = url;
    FakeSocket.all.push(this);
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }

  close(): void {
    this.readyState = 3;
    this.onclose?.();
  }

  open(): void {
    this.readyState = FakeSocket.OPEN;
    this.onopen?.();
  }

  tell(message: unknown): void {
    this.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("WebSocket", FakeSocket);
  FakeSocket.all = [];
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** A page; `respond` is the server's REST. */
function page(respond: (path: string, init: RequestInit) => Response = () => new Response("", { status: 404 })) {
  const asked: string[] = [];
  const logged: string[] = [];
  const seen = { visible: true };
  const settings = ServerConnection.makeSettings({
    ...{
      baseUrl: "http://hub.example/user/ann/",
      wsUrl: "ws://hub.example/user/ann/",
      token: "s3 cret",
      appendToken: true,
    },
    WebSocket: FakeSocket as unknown as typeof WebSocket,
    fetch: (info: RequestInfo | URL) => {
      const request = info as Request;
      const { pathname, search } = new URL(request.url);
      asked.push(pathname.replace("/user/ann/gorgon/api/", "") + search.replace(/[?&]\d+$/, ""));
      return Promise.resolve(respond(pathname, { method: request.method }));
    },
  });
  const connection = new Connection({ settings, visible: () => seen.visible, log: (text) => logged.push(text) });
  const [changes, records, deaths]: [number[], string[], string[]] = [[], [], []];
  connection.changed.connect(() => changes.push(1));
  connection.recorded.connect((_, { record }) => records.push(record.id));
  connection.died.connect((_, { id }) => deaths.push(id));
  connection.start();
  const socket = () => FakeSocket.all.at(-1) ?? expect.fail("no WebSocket was opened");
  return { connection, asked, logged, seen, socket, changes, records, deaths };
}

test("it goes below the base_url with the token, says whether it is seen, and takes what it is told", () => {
  const { connection, socket, seen, records } = page();
  expect(socket().url).toBe("ws://hub.example/user/ann/gorgon/api/live?token=s3%20cret");
  socket().open();
  expect(socket().sent).toEqual([{ visible: true }]);
  socket().tell({ state: stateOf({ kernels: [kernelOf()] }) });
  expect([connection.status, connection.state?.kernels.length]).toEqual(["live", 1]);
  const run = runOf({ id: "a" });
  socket().tell({ record: run, kernelId: "kernel-1", path: "demo.ipynb" });
  expect(records).toEqual([run.id]);
  seen.visible = false;
  connection.seen();
  expect(socket().sent.at(-1)).toEqual({ visible: false });
});

test("a line that is cut says nothing any more, and is tried again with growing waits", async () => {
  const { connection, socket } = page();
  socket().open();
  socket().tell({ state: stateOf() });
  const opened: number[] = [];
  for (let at = 0; at < 6; at += 1) {
    const before = Date.now();
    const count = FakeSocket.all.length;
    socket().open();
    socket().close();
    expect([connection.status, connection.state]).toEqual(["seeking", null]);
    while (FakeSocket.all.length === count) await vi.advanceTimersByTimeAsync(100);
    opened.push(Date.now() - before);
  }
  expect(Math.max(...opened)).toBeLessThanOrEqual(45_100);
  expect(opened[5]).toBeGreaterThan(opened[0] ?? 0);
});

test("without Gorgon on the server it says so once, and does not ask in a loop", async () => {
  const { connection, socket, asked, logged } = page();
  socket().close();
  await vi.advanceTimersByTimeAsync(200_000);
  expect([connection.status, asked.length, logged.length]).toEqual(["absent", 1, 1]);
});

test("where WebSockets do not get through, it asks, and tells of each death once", async () => {
  let state = stateOf({ deaths: [deathOf({ id: "old" })] });
  const { connection, socket, deaths } = page(() => new Response(JSON.stringify(state)));
  socket().close();
  await vi.advanceTimersByTimeAsync(10);
  expect([connection.status, deaths]).toEqual(["polling", []]);
  state = stateOf({ deaths: [deathOf({ id: "new" }), deathOf({ id: "old" })] });
  for (let at = 0; at < 3; at += 1) {
    await vi.advanceTimersByTimeAsync(3100);
    socket().close();
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(deaths).toEqual(["new"]);
});

test("a death that the state and its own message tell is told once", () => {
  const { socket, deaths } = page();
  socket().open();
  socket().tell({ state: stateOf() });
  socket().tell({ death: deathOf() });
  socket().tell({ state: stateOf({ deaths: [deathOf()] }) });
  expect(deaths).toEqual(["death-1"]);
});

test("a server of another release is not misread", () => {
  const { connection, socket } = page();
  socket().open();
  socket().tell({ state: { ...stateOf(), v: 99 } });
  expect([connection.status, connection.state]).toEqual(["other", null]);
});

test.each([
  "no JSON",
  "null",
  "[]",
  '{"state":7}',
  '{"record":{"v":1}}',
  '{"death":[]}',
  '{"state":{"v":1,"time":"x"}}',
])("what is no message changes nothing: %s", (text) => {
  const { connection, socket, records, deaths } = page();
  socket().open();
  socket().tell(text);
  expect([connection.state, records, deaths]).toEqual([null, [], []]);
});

test("of a state with wrong parts the right ones are taken, and lists have an end", () => {
  const { connection, socket } = page();
  socket().open();
  const host = { ...hostOf(), levels: [7, { id: "cpu", value: "much", points: [["a"], [1, 2]] }], level: "BAD" };
  const kernels = Array.from({ length: 5000 }, (_, at) => ({
    id: `k${String(at)}`,
    guard: { phase: "melted" },
    limit: 4,
  }));
  socket().tell({ state: { ...stateOf(), host, kernels, notes: [1, "a note"], deaths: "none" } });
  expect(connection.state).toMatchObject({
    host: { level: "UNKNOWN", levels: [{ id: "cpu", value: null, points: [[1, 2]] }] },
    deaths: [],
    notes: ["", "a note"],
  });
  expect(connection.state?.kernels.length).toBe(500);
  expect(connection.state?.kernels[0]).toMatchObject({ guard: null, limit: null, level: "UNKNOWN" });
});

test("a refused answer to a frozen kernel comes with the server's reason", async () => {
  const { connection, asked } = page(
    () => new Response(JSON.stringify({ message: "It is not frozen." }), { status: 409 }),
  );
  await expect(connection.answer("kernel-1", "continue")).rejects.toThrow(new Refused("It is not frozen."));
  expect(asked).toEqual(["guard"]);
});

test("runs are asked for by kernel, path and the last one known", async () => {
  const run = runOf({ id: "a" });
  const { connection, asked } = page(() => new Response(JSON.stringify({ records: [run, { v: 2 }] })));
  expect(await connection.records("k 1", "a&b.ipynb", "last")).toMatchObject([{ id: run.id }]);
  expect(asked).toEqual(["records?kernel=k%201&path=a%26b.ipynb&since=last"]);
});
