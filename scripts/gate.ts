/**
 * The gate before the browser workbench: whoever reaches the workbench can run programs as its user, and 127.0.0.1 is
 * open to every user of the machine. The workbench itself listens on a socket in a private folder; the gate lets in
 * those who know the token in the printed address.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

/** An open gate. */
export interface Gate {
  /** `http://127.0.0.1:PORT`, without the token. */
  readonly origin: string;
  readonly port: number;
  readonly token: string;
  /** Closes the port and every connection through it. */
  close(): Promise<void>;
}

const REFUSAL =
  "This workbench belongs to the user who started it.\n" +
  "Open the whole address that stands in the terminal, with its token.\n";

function same(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function cookie(req: IncomingMessage, name: string): string {
  for (const pair of (req.headers.cookie ?? "").split(";")) {
    const [key, value] = pair.trim().split("=", 2);
    if (key === name && value !== undefined) return value;
  }
  return "";
}

/** The address without the token, and the token that stood in it. */
function takeToken(address: string): { readonly address: string; readonly token: string } {
  const url = new URL(address, "http://gate");
  const token = url.searchParams.get("token");
  if (token === null) return { address, token: "" };
  url.searchParams.delete("token");
  return { address: url.pathname + url.search, token };
}

/**
 * Opens a gate on 127.0.0.1 before the server at `socketPath`. Port 0 takes a free one.
 * Rejects with the system's error when the port is taken.
 */
export async function openGate(socketPath: string, port: number): Promise<Gate> {
  const token = randomBytes(24).toString("base64url");
  const sockets = new Set<Socket>();
  // Browsers keep cookies by host, not by port: the port in the name keeps two workbenches apart.
  let name = "";

  function admit(req: IncomingMessage): { readonly address: string; readonly fresh: boolean } | null {
    let asked: ReturnType<typeof takeToken>;
    try {
      asked = takeToken(req.url ?? "/");
    } catch {
      return null;
    }
    if (same(cookie(req, name), token)) return { address: asked.address, fresh: false };
    return same(asked.token, token) ? { address: asked.address, fresh: true } : null;
  }

  const server = createServer((req: IncomingMessage, res: ServerResponse) => {
    const admitted = admit(req);
    if (!admitted) {
      res.writeHead(403, { "content-type": "text/plain; charset=utf-8" }).end(REFUSAL);
      return;
    }
    const onward = request(
      { socketPath, method: req.method, path: admitted.address, headers: req.headers },
      (answer) => {
        const headers = { ...answer.headers };
        if (admitted.fresh) {
          const set = `${name}=${token}; Path=/; HttpOnly; SameSite=Strict`;
          headers["set-cookie"] = [...(headers["set-cookie"] ?? []), set];
        }
        res.writeHead(answer.statusCode ?? 502, headers);
        answer.pipe(res);
      },
    );
    onward.on("error", () => {
      if (!res.headersSent) res.writeHead(502, { "content-type": "text/plain" });
      res.end("The workbench does not answer (yet).\n");
    });
    res.on("close", () => onward.destroy());
    req.pipe(onward);
  });

  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });

  server.on("upgrade", (req: IncomingMessage, socket: Socket, head: Buffer) => {
    const admitted = admit(req);
    if (!admitted) {
      socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
      return;
    }
    const onward = connect(socketPath, () => {
      const lines = [`${req.method ?? "GET"} ${admitted.address} HTTP/1.1`];
      for (let i = 0; i + 1 < req.rawHeaders.length; i += 2) {
        lines.push(`${req.rawHeaders[i] ?? ""}: ${req.rawHeaders[i + 1] ?? ""}`);
      }
      onward.write(`${lines.join("\r\n")}\r\n\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on("error", () => socket.destroy());
    socket.on("error", () => onward.destroy());
    socket.on("close", () => onward.destroy());
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const bound = (server.address() as AddressInfo).port;
  name = `gorgon-gate-${String(bound)}`;
  return {
    origin: `http://127.0.0.1:${String(bound)}`,
    port: bound,
    token,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
