/** The gate lets in those who know the token, and nobody else. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, get, type IncomingHttpHeaders, type Server } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openGate, type Gate } from "./gate.ts";

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

function ask(url: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    get(url, { headers }, (res) => {
      let body = "";
      res.setEncoding("utf8").on("data", (text: string) => (body += text));
      res.on("end", () => resolve({ status: res.statusCode ?? 0, body, headers: res.headers }));
    }).on("error", reject);
  });
}

/** Asks for a WebSocket and answers with everything the server says until it closes. */
function upgrade(port: number, cookie: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect(port, "127.0.0.1", () =>
      socket.write(
        `GET /socket HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nCookie: ${cookie}\r\n\r\n`,
      ),
    );
    socket.setEncoding("utf8").on("data", (text: string) => (heard += text));
    socket.on("close", () => resolve(heard));
    socket.on("error", reject);
  });
}

describe("the gate", () => {
  let folder: string;
  let inner: Server;
  let gate: Gate;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), "gorgon-gate-"));
    inner = createServer((req, res) => res.writeHead(200, { "set-cookie": "own=1" }).end(`inside ${req.url ?? ""}`));
    inner.on("upgrade", (req, socket) => socket.end(`HTTP/1.1 101 Switching Protocols\r\n\r\nhello ${req.url ?? ""}`));
    // Windows has named pipes for this.
    const socketPath =
      process.platform === "win32" ? `\\\\.\\pipe\\${path.basename(folder)}` : path.join(folder, "inner.sock");
    await new Promise<void>((resolve) => inner.listen(socketPath, () => resolve()));
    gate = await openGate(socketPath, 0);
  });

  afterEach(async () => {
    await gate.close();
    await new Promise((resolve) => inner.close(resolve));
    rmSync(folder, { recursive: true });
  });

  it("refuses a visitor without the token and says where to find it", async () => {
    const answer = await ask(`${gate.origin}/?folder=/`);
    expect(answer.status).toBe(403);
    expect(answer.body).toContain("in the terminal");
    expect((await ask(`${gate.origin}/?token=wrong`)).status).toBe(403);
  });

  it("lets the token in, keeps it from the workbench, and remembers the visitor", async () => {
    const first = await ask(`${gate.origin}/a?folder=/x&token=${gate.token}`);
    expect(first).toMatchObject({ status: 200, body: "inside /a?folder=%2Fx" });
    const cookies = first.headers["set-cookie"] ?? [];
    expect(cookies[0]).toBe("own=1");
    expect(cookies[1]).toMatch(/HttpOnly; SameSite=Strict$/);
    const again = await ask(`${gate.origin}/b`, { cookie: `other=1; ${cookies[1]?.split(";")[0] ?? ""}` });
    expect(again.body).toBe("inside /b");
  });

  it("refuses a WebSocket without the cookie and carries one that has it", async () => {
    expect(await upgrade(gate.port, "none=1")).toMatch(/^HTTP\/1.1 403/);
    expect(await upgrade(gate.port, `gorgon-gate-${String(gate.port)}=${gate.token}`)).toContain("hello /socket");
  });

  it("answers 502 when the workbench has gone", async () => {
    const lost = await openGate(path.join(folder, "nothing.sock"), 0);
    expect((await ask(`${lost.origin}/?token=${lost.token}`)).status).toBe(502);
    await lost.close();
  });
});
