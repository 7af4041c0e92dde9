/**
 * The wheel under a real JupyterHub: servers behind its proxy below /user/NAME/, each as its user's own account, with the hub's
 * memory limit and the hub's log-in.
 */
import { randomBytes } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { request, type RequestOptions } from "node:http";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ARTIFACTS } from "../e2e/session.ts";
import { until } from "../e2e/driver.ts";
import { here } from "../platforms.ts";
import { findChromium, openBrowser, openPage, type WorkbenchPage } from "../workbench/browser.ts";
import { bell, dialog, NotebookPage, panel, untilBell, untilText } from "./driver.ts";
import { hold, type CellFile } from "./files.ts";
import { accountOf, startHub, type HubUser, type JupyterHub } from "./hub.ts";
import { wheelPlaces } from "./install.ts";
import { ownFaults } from "./session.ts";

const KILL = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)";
const LOG_IN_MS = 90_000;
/** Those of its connection file, and one for what its children print. */
const IPYKERNEL_PORTS = 6;
/** What begins a WebSocket. */
const UPGRADE = {
  Connection: "Upgrade",
  Upgrade: "websocket",
  "Sec-WebSocket-Version": "13",
  "Sec-WebSocket-Key": randomBytes(16).toString("base64"),
};

/** As far as it is read here. */
interface State {
  readonly kernels: readonly { readonly id: string; readonly path: string; readonly pid: number | null }[];
  readonly deaths: readonly { readonly path: string }[];
  readonly notes: readonly string[];
}

/** The ports at which a process listens, TCP and UDP. */
function listensAt(pid: number): readonly number[] {
  const folder = `/proc/${String(pid)}`;
  const sockets = new Set(
    readdirSync(`${folder}/fd`).flatMap((name) => {
      try {
        return /^socket:\[(\d+)\]$/.exec(readlinkSync(`${folder}/fd/${name}`))?.[1] ?? [];
      } catch {
        return []; // it was closed meanwhile
      }
    }),
  );
  const found = ["tcp", "tcp6", "udp", "udp6"].flatMap((kind) =>
    readFileSync(`${folder}/net/${kind}`, "utf8")
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      // A TCP socket listens in state 0A; of UDP any that is bound receives.
      .filter(([, , , state, , , , , , inode = ""]) => sockets.has(inode) && (state === "0A" || kind.startsWith("udp")))
      .map(([, local = ""]) => parseInt(local.split(":")[1] ?? "", 16)),
  );
  return found.sort((a, b) => a - b);
}

/** With what status a request ends; 101 where it got a WebSocket. fetch() makes none. */
function statusOf(address: string, options: RequestOptions = {}, body = ""): Promise<number> {
  return new Promise((resolve, reject) => {
    // A connection of its own: the server may close one that was to become a WebSocket.
    const asked = request(address, { ...options, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("upgrade", (_, socket) => {
      socket.destroy();
      resolve(101);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

describe("Gorgon under a JupyterHub", () => {
  let hub: JupyterHub;
  let browser: Browser;
  let first: HubUser;
  let second: HubUser;
  let view: WorkbenchPage;
  let other: WorkbenchPage;
  let open = false;
  /** Addresses of the WebSockets from which the first user's page heard something of Gorgon. */
  const live = new Set<string>();

  beforeAll(async () => {
    findChromium();
    hub = await startHub({
      places: wheelPlaces(),
      memory: "1G",
      config: { Gorgon: { measure_kernels: true } },
      args: ["--Gorgon.prometheus=True", "--LabApp.expose_app_in_browser=True"],
    });
    [first, second] = hub.users;
    open = true;
    browser = await openBrowser(hub.profile);
    view = await openPage(browser, { width: 1280, height: 900 });
    other = await openPage(browser);
    view.page.on("websocket", (socket) => {
      if (socket.url().includes("/gorgon/")) socket.on("framereceived", () => live.add(socket.url()));
    });
  });

  afterAll(async () => {
    if (!open) return;
    await browser.close();
    await hub.stop();
  });

  afterEach(async ({ task }) => {
    if (!open || task.result?.state !== "fail") return;
    const name = task.name
      .split(" ")
      .slice(0, 6)
      .join("-")
      .replaceAll(/[^\w-]/g, "");
    await view.page.screenshot({ path: path.join(ARTIFACTS, `lab-failed-hub-${name}.png`) });
    console.error(hub.output().slice(-8000));
  });

  /** As a person does: name, password, and the wait for the server. */
  async function logIn({ page }: WorkbenchPage, user: HubUser): Promise<void> {
    await page.goto(hub.address);
    await page.locator("#username_input").fill(user.name);
    await page.locator("#password_input").fill(hub.password);
    await page.locator("#login_submit").click();
    await bell(page).waitFor({ timeout: LOG_IN_MS });
  }

  async function openNotebook(
    user: HubUser,
    name: string,
    cells: readonly (string | CellFile)[],
  ): Promise<NotebookPage> {
    hub.write(user, name, cells);
    const { page } = user === first ? view : other;
    return NotebookPage.open(page, `${hub.serverAddress(user)}lab/tree/${name}?reset`);
  }

  /** Asks a server with a token of the hub, or as nobody. */
  const ask = (user: HubUser, what: string, token?: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${hub.serverAddress(user)}${what}`, {
      ...init,
      redirect: "manual",
      headers: token === undefined ? {} : { Authorization: `token ${token}` },
    });

  const stateOf = async (user: HubUser): Promise<State> =>
    (await (await ask(user, "gorgon/api/state", hub.tokens.prometheus)).json()) as State;

  it("has the bell in JupyterLab once somebody has logged in", async () => {
    const { page } = view;
    await logIn(view, first);
    expect(page.url()).toBe(`${hub.serverAddress(first)}lab`);
    await untilBell(page, /OK|WARN|CRIT/);
    expect(
      await bell(page).evaluate(
        (button: { closest(of: string): unknown }) => button.closest("#jp-main-statusbar") !== null,
      ),
    ).toBe(true);
  });

  it("measures every kernel by the hub's one setting, against the hub's limit", async () => {
    const notebook = await openNotebook(first, "limit.ipynb", ["x = 1", hold(100), hold(870)]);
    await notebook.run(1);
    expect(await notebook.untilFooter(1, /peak \d+ MiB \(\+(99\.\d|10\d)\)/)).not.toMatch(/WARN|CRIT/);
    await notebook.run(2);
    await notebook.untilFooter(2, /WARN peak \d+ MiB.*, 9\d(\.\d)? % of limit/);
    await notebook.footer(2).locator(".jp-Gorgon-line").first().click();
    await untilText("the limit's name", /% of 1(\.00)? GiB \(MEM_LIMIT\)/, 20_000, () =>
      notebook.footer(2).innerText(),
    );
    await bell(view.page).click();
    await untilText(
      "the server's size and the kernel's",
      /MEM_LIMIT, by this server and its kernels.*limit\.ipynb.*of 1\.00 GiB.*\(MEM_LIMIT\)/,
      30_000,
      () => panel(view.page).innerText(),
    );
    expect((await stateOf(first)).notes).toEqual([]);
    // Not by asking again and again: the proxy lets the WebSocket through.
    expect([...live]).toEqual([`${hub.serverAddress(first).replace("http", "ws")}gorgon/api/live`]);
  });

  it("says why a kernel died", async () => {
    const { page } = view;
    const notebook = await openNotebook(first, "killed.ipynb", ["x = 1", KILL]);
    await notebook.run(0);
    await notebook.untilFooter(0, /\d m?s/);
    await notebook.start(1);
    const told = dialog(page, "Why the kernel of killed.ipynb died");
    await told.waitFor({ timeout: 60_000 });
    expect(await page.locator(".jp-Dialog").count()).toBe(1);
    const text = await told.innerText();
    expect(text).toMatch(/killed by SIGKILL/);
    expect(text).toMatch(/The Jupyter server, which had started it, was told/);
    expect(text).toMatch(/Cell that ran\s+Cell 2/);
    expect(text).toMatch(/1\.00 GiB, MEM_LIMIT/);
    await told.getByRole("button", { name: "Close" }).click();
    await notebook.untilFooter(1, /killed by SIGKILL/);
    await notebook.ready();
  });

  it("keeps the users apart", async () => {
    await logIn(other, second);
    const notebook = await openNotebook(second, "mine.ipynb", ["x = 1"]);
    await notebook.run(0);
    await notebook.untilFooter(0, /\d m?s/);
    const theirs = await stateOf(second);
    expect(theirs.kernels.map(({ path: of }) => of)).toEqual(["mine.ipynb"]);
    expect(theirs.deaths).toEqual([]);
    await bell(other.page).click();
    const text = await untilText("their panel", /mine\.ipynb/, 30_000, () => panel(other.page).innerText());
    expect(text).not.toMatch(/killed\.ipynb|limit\.ipynb/);
    const ours = await stateOf(first);
    expect(ours.kernels.map(({ path: of }) => of).sort()).toEqual(["killed.ipynb", "limit.ipynb"]);
    expect(ours.deaths.map(({ path: of }) => of)).toEqual(["killed.ipynb"]);
    // Who is logged in as somebody else is refused.
    for (const what of ["gorgon/api/state", "gorgon/api/records?path=killed.ipynb", "gorgon/metrics"]) {
      const address = `${hub.serverAddress(first)}${what}`;
      expect([what, (await other.context.request.get(address)).status()]).toEqual([what, 403]);
    }
  });

  it("refuses who has not logged in, at the proxy and at the server's own port", async () => {
    const [port] = listensAt(hub.serverProcess(first)?.pid ?? 0);
    const direct = `http://127.0.0.1:${String(port)}/user/${first.name}/`;
    const [kernel] = (await stateOf(first)).kernels;
    const guard = JSON.stringify({ kernel: kernel?.id, answer: "end" });
    for (const address of [hub.serverAddress(first), direct]) {
      for (const what of ["gorgon/api/state", "gorgon/api/records?path=killed.ipynb", "gorgon/metrics"]) {
        expect([what, await statusOf(address + what)]).toEqual([what, 403]);
      }
      expect(await statusOf(`${address}gorgon/api/live`, { headers: UPGRADE })).toBe(403);
      expect(await statusOf(`${address}gorgon/api/guard`, { method: "POST" }, guard)).toBe(403);
    }
  });

  it("is scraped with a token of the hub that may see the server, and with no other", async () => {
    const response = await ask(first, "gorgon/metrics", hub.tokens.prometheus);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toMatch(/^application\/openmetrics-text/);
    const text = await response.text();
    expect(text).toMatch(/limit\.ipynb/);
    expect(text.trimEnd()).toMatch(/# EOF$/);
    expect((await ask(first, "gorgon/metrics", hub.tokens.stranger)).status).toBe(403);
    expect((await ask(first, "gorgon/api/state", hub.tokens.stranger)).status).toBe(403);
  });

  it("opens no port: the server has its one, kernels those that they have without Gorgon", async () => {
    for (const user of hub.users) {
      const server = hub.serverProcess(user)?.pid ?? 0;
      expect(listensAt(server)).toHaveLength(1);
      const { kernels } = await stateOf(user);
      expect(kernels.length).toBeGreaterThan(0);
      for (const { pid, command } of hub.processesOf(user)) {
        if (pid === server) continue;
        const kernel = kernels.some((one) => one.pid === pid);
        expect([command, listensAt(pid).length]).toEqual([command, kernel ? IPYKERNEL_PORTS : 0]);
      }
    }
  });

  it.runIf(here("two-users"))("[two-users] runs as each user's own account, whose files nobody else may read", () => {
    for (const user of hub.users) {
      for (const { pid, command } of hub.processesOf(user))
        expect([command, accountOf(pid)]).toEqual([command, user.uid]);
      const folder = path.join(hub.temporary, `gorgon-${String(user.uid)}`);
      const names = ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })];
      const kinds = new Map(
        names.map((name) => {
          const found = lstatSync(path.join(folder, name));
          expect([name, found.uid, (found.mode & 0o777).toString(8)]).toEqual([
            name,
            user.uid,
            found.isDirectory() ? "700" : "600",
          ]);
          return [path.extname(name), found.isSocket() ? "socket" : "file"];
        }),
      );
      expect(kinds.get(".sock")).toBe("socket");
      expect(kinds.get(".token")).toBe("file");
      expect(kinds.get(".json")).toBe("file");
    }
    expect(first.uid).not.toBe(second.uid);
  });

  it("takes its files away when somebody stops their server", async () => {
    const { page } = other;
    const folder = path.join(hub.temporary, `gorgon-${String(second.uid)}`);
    const ours = String(hub.serverProcess(second)?.pid);
    const files = (): readonly string[] =>
      readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.includes(`/server-${ours}-`));
    expect(files()).toHaveLength(3);
    await page.goto(`${hub.address}hub/home`);
    await page.locator("#stop").click();
    await until("no process of theirs", () => (hub.processesOf(second).length === 0 ? true : null), 60_000);
    expect(files()).toEqual([]);
    expect((await stateOf(first)).kernels).toHaveLength(2);
  });

  it("throws nothing, and leaves no process behind", async () => {
    for (const { faults, external } of [view, other]) {
      expect(ownFaults(faults)).toEqual([]);
      expect(external).toEqual([]);
    }
    open = false;
    await browser.close();
    const { killed, left } = await hub.stop();
    expect(killed).toEqual([]);
    expect(left).toEqual([]);
  });
});
