/** The page's one line to Gorgon's part of the Jupyter server: live over a WebSocket, by asking where that does not get through. */
import { URLExt } from "@jupyterlab/coreutils";
import { ServerConnection } from "@jupyterlab/services";
import { Signal, type ISignal } from "@lumino/signaling";
import { t } from "@vscode/l10n";
import { parseRecords } from "../../protocol/cell-parse.ts";
import type { CellRecord } from "../../protocol/cell.ts";
import type { GuardAnswer } from "../../protocol/kernel.ts";
import type { FromPage, JupyterDeath, JupyterState } from "../../protocol/messages/jupyter.ts";
import { OtherVersion, parseState, parseToPage } from "./parse.ts";

/** Waits between tries, milliseconds: the last one stays. */
const BACKOFF_MS = [500, 1000, 2000, 5000, 10_000, 30_000] as const;
/** Where the server has no part of Gorgon it is asked again so seldom: it would have to be started anew. */
const ABSENT_MS = 300_000;
/** How often it is asked where the WebSocket does not get through; while nobody looks, so seldom. Milliseconds. */
const POLL_MS = 3000;
const POLL_HIDDEN_MS = 30_000;
/** A WebSocket that is not open by then is given up, milliseconds. */
const OPEN_MS = 10_000;

/**
 * `seeking`: not reached yet, or not any more. `live`, `polling`: it answers. `absent`: the server has no part of Gorgon.
 * `other`: it is of another release.
 */
export type ConnectionStatus = "seeking" | "live" | "polling" | "absent" | "other";

/** A run that ended, with Jupyter's names of its kernel and notebook. */
export interface ToldRecord {
  readonly record: CellRecord;
  readonly kernelId: string;
  readonly path: string;
}

/** The server refused, with its reason. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** What it needs of the browser. */
export interface ConnectionParts {
  readonly settings: ServerConnection.ISettings;
  /** Whether anybody sees the page. */
  readonly visible: () => boolean;
  /** For the one who looks into the browser's console. */
  readonly log: (message: string) => void;
}

/** Connects when it is made, and again until it is disposed. */
export class Connection {
  readonly #parts: ConnectionParts;
  readonly #changed = new Signal<this, void>(this);
  readonly #recorded = new Signal<this, ToldRecord>(this);
  readonly #died = new Signal<this, JupyterDeath>(this);
  #status: ConnectionStatus = "seeking";
  #state: JupyterState | null = null;
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #tries = 0;
  #seenDeaths: Set<string> | null = null;
  #disposed = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** The state or the status is another. */
  get changed(): ISignal<this, void> {
    return this.#changed;
  }

  /** A run ended somewhere on this server. */
  get recorded(): ISignal<this, ToldRecord> {
    return this.#recorded;
  }

  /** A kernel died just now; not one of those that had died before the page was there. */
  get died(): ISignal<this, JupyterDeath> {
    return this.#died;
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  /** The newest; null before the first, and while the server is not reached. */
  get state(): JupyterState | null {
    return this.#state;
  }

  /** Connects. */
  start(): void {
    this.#connect();
  }

  /** To be called when the page is shown or hidden. */
  seen(): void {
    const { visible } = this.#parts;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#say({ visible: visible() });
    else if (visible() && this.#status !== "absent" && this.#socket === null) this.#wait(0);
  }

  /** Runs of this kernel and of those that ran the notebook before it, oldest first. Empty where the server does not answer. */
  async records(kernel: string, path: string, since: string | null): Promise<readonly CellRecord[]> {
    if (this.#status === "absent" || this.#status === "other") return [];
    const query = URLExt.objectToQueryString({ kernel, path, ...(since === null ? {} : { since }) });
    try {
      const response = await this.#request(`records${query}`, {});
      return response.ok ? parseRecords(await response.json()) : [];
    } catch (error) {
      this.#parts.log(`Gorgon: the runs of ${path} are not to be had: ${String(error)}`);
      return [];
    }
  }

  /** Answers a frozen kernel. Rejects with Refused. */
  async answer(kernel: string, answer: GuardAnswer): Promise<void> {
    const response = await this.#request("guard", { method: "POST", body: JSON.stringify({ kernel, answer }) });
    if (response.ok) return;
    const said: unknown = await response.json().catch(() => null);
    const message = typeof said === "object" && said !== null && "message" in said ? said.message : null;
    throw new Refused(typeof message === "string" ? message : t("The server answered {0}.", response.status));
  }

  dispose(): void {
    this.#disposed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket?.close();
    Signal.clearData(this);
  }

  #request(what: string, init: RequestInit): Promise<Response> {
    const { settings } = this.#parts;
    return ServerConnection.makeRequest(URLExt.join(settings.baseUrl, "gorgon/api", what), init, settings);
  }

  #say(message: FromPage): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #wait(milliseconds: number): void {
    if (this.#disposed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#connect();
    }, milliseconds);
  }

  #connect(): void {
    if (this.#disposed || this.#socket !== null) return;
    const { settings, visible } = this.#parts;
    // A path ending in a slash is joined as such: the query must not be one of its segments.
    const address = URLExt.join(settings.wsUrl, "gorgon/api/live");
    const token = settings.appendToken && settings.token !== "" ? `?token=${encodeURIComponent(settings.token)}` : "";
    const socket = new settings.WebSocket(`${address}${token}`);
    this.#socket = socket;
    let opened = false;
    const late = setTimeout(() => socket.close(), OPEN_MS);
    socket.onopen = () => {
      opened = true;
      clearTimeout(late);
      this.#say({ visible: visible() });
    };
    socket.onmessage = ({ data }: MessageEvent<unknown>) => this.#take(data);
    socket.onclose = () => {
      clearTimeout(late);
      if (this.#socket === socket) this.#socket = null;
      if (this.#disposed) return;
      if (opened) this.#lost();
      else void this.#ask();
    };
  }

  /** The line is cut: what it said last is old. */
  #lost(): void {
    if (this.#status === "other") return;
    const wait = BACKOFF_MS[Math.min(this.#tries, BACKOFF_MS.length - 1)] ?? 0;
    this.#tries += 1;
    this.#become("seeking", null);
    // All pages of a server that was started anew would come at one moment.
    this.#wait(wait * (0.5 + Math.random()));
  }

  /** The WebSocket did not open: asks in the plain way, which also tells why. */
  async #ask(): Promise<void> {
    try {
      const response = await this.#request("state", {});
      if (response.status === 404) {
        if (this.#status !== "absent") {
          this.#parts.log(
            "Gorgon: this Jupyter server has no gorgon-jupyter; what kernels say themselves is shown still.",
          );
        }
        this.#become("absent", null);
        this.#wait(ABSENT_MS);
        return;
      }
      const state = response.ok ? parseState(await response.json()) : null;
      if (state === null) {
        this.#lost();
        return;
      }
      this.#tries = 0;
      this.#became(state, "polling");
      this.#wait(this.#parts.visible() ? POLL_MS : POLL_HIDDEN_MS);
    } catch (error) {
      if (error instanceof OtherVersion) this.#become("other", null);
      else this.#lost();
    }
  }

  #take(data: unknown): void {
    if (typeof data !== "string") return;
    try {
      const message = parseToPage(JSON.parse(data));
      if (message === null) return;
      this.#tries = 0;
      if ("state" in message) this.#became(message.state, "live");
      else if ("record" in message) this.#recorded.emit(message);
      else this.#tell(message.death);
    } catch (error) {
      if (!(error instanceof OtherVersion)) {
        this.#parts.log(`Gorgon: the server sent what is no message: ${String(error)}`);
        return;
      }
      this.#become("other", null);
      this.#socket?.close();
    }
  }

  #became(state: JupyterState, status: ConnectionStatus): void {
    const before = this.#seenDeaths;
    // What had died before the page was there is history: it is shown, but nobody is interrupted for it.
    if (before === null) this.#seenDeaths = new Set(state.deaths.map(({ id }) => id));
    this.#become(status, state);
    if (before !== null) for (const death of state.deaths) this.#tell(death);
  }

  #tell(death: JupyterDeath): void {
    this.#seenDeaths ??= new Set();
    if (this.#seenDeaths.has(death.id)) return;
    this.#seenDeaths.add(death.id);
    this.#died.emit(death);
  }

  #become(status: ConnectionStatus, state: JupyterState | null): void {
    if (status === this.#status && state === null && this.#state === null) return;
    this.#status = status;
    this.#state = state;
    this.#changed.emit();
  }
}
