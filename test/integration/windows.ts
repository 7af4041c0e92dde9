/** Windows of one user as real processes, and what each of their workers told. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach } from "vitest";
import { collectNow, stateChanged } from "../../protocol/messages/worker.ts";
import type { ClientContext } from "../../protocol/settings.ts";
import type { WorkerState } from "../../protocol/state.ts";
import { TestClient } from "../protocol/client.ts";

/** Somebody leads again within this time. */
export const TAKEOVER_MS = 5000;

/** What happens at a change of leaders is looked at often. */
export const soon = { timeout: TAKEOVER_MS, interval: 10 };

/** A window's worker, and every state it told. */
export class Window {
  readonly client: TestClient;
  readonly states: WorkerState[] = [];

  constructor(home: string, env: Readonly<Record<string, string>> = {}) {
    this.client = new TestClient({ home, env });
    this.client.connection.onNotification(stateChanged.method, (state: WorkerState) => void this.states.push(state));
  }

  async open(context: Partial<ClientContext> = {}): Promise<this> {
    await this.client.initializeWith({ settings: { interval: 0.5 }, ...context });
    await this.client.send(collectNow, null);
    return this;
  }

  get last(): WorkerState | undefined {
    return this.states.at(-1);
  }

  get role(): string {
    return this.last?.role?.role ?? "";
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.client.child.kill(signal);
    await this.client.ended;
  }
}

/** The windows of a test file: a home for each test, and an end for each window. Make it once, outside of any test. */
export class Windows {
  /** The home of this test's user. */
  home = "";
  readonly #open: Window[] = [];

  constructor() {
    beforeEach(() => {
      this.home = mkdtempSync(path.join(tmpdir(), "gorgon-windows-"));
    });
    afterEach(async () => {
      await Promise.all(this.#open.splice(0).map(({ client }) => client.dispose({ keepHome: true })));
      rmSync(this.home, { recursive: true, force: true });
    });
  }

  open(context?: Partial<ClientContext>, env?: Readonly<Record<string, string>>): Promise<Window> {
    const one = new Window(this.home, env);
    this.#open.push(one);
    return one.open(context);
  }
}
