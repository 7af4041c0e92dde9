/** Shows the bell on the whole terminal until a key or a signal ends it. */
import type { WorkerState } from "../../../protocol/state.ts";
import type { Clock, Disposable } from "../../host/host.ts";
import { type CliIo, styleNow } from "../io.ts";
import { bellFrame } from "./bell-frame.ts";
import type { Key } from "./keys.ts";
import { FullTerminal } from "./terminal.ts";
import type { Trail } from "./trail.ts";
import { type Deed, FIRST_VIEW, press } from "./view.ts";

/** What the screen needs. */
export interface BellScreenOptions {
  readonly io: CliIo;
  readonly clock: Clock;
  readonly trail: Trail;
  /** Calls the listener with every state. */
  readonly onState: (listener: (state: WorkerState) => void) => Disposable;
  /** The newest state; asked when something other than the machine changed. */
  readonly state: () => WorkerState | null;
  /** Whose alerts are shown, e.g. `of the leading window`; empty for this process' own. */
  readonly whose: () => string;
  /** Carries a deed out; resolves with what came of it, in words. Rejects in words too. */
  readonly act: (deed: Deed) => Promise<string>;
}

/** Takes the terminal; resolves when the person has had enough, with the terminal as it was found. */
export function runBellScreen(options: BellScreenOptions): Promise<void> {
  const { io, clock, trail } = options;
  return new Promise((resolve) => {
    let view = FIRST_VIEW;
    let state: WorkerState | null = null;
    let over = false;
    const draw = () => {
      if (over) return;
      const frame = { state, trail, view, rows: terminal.rows, whose: options.whose(), hasKeys: terminal.hasKeys };
      terminal.draw(bellFrame(frame, styleNow(io)));
    };
    const end = () => {
      if (over) return;
      over = true;
      subscription.dispose();
      io.signal?.removeEventListener("abort", end);
      terminal.close();
      resolve();
    };
    const act = async (deed: Deed) => {
      const message = await options.act(deed).catch((error: unknown) => wordsOf(error));
      view = { ...view, message };
      state = options.state() ?? state;
      draw();
    };
    const onKey = (key: Key) => {
      const { alerts = [], silences = [] } = state?.bell ?? {};
      const pressed = press(view, key, { alerts, silences });
      view = pressed.view;
      if (pressed.wish === "quit") {
        end();
        return;
      }
      if (pressed.wish !== null) void act(pressed.wish);
      draw();
    };
    const terminal = new FullTerminal(io, clock, { onKey, onRedraw: draw });
    const subscription = options.onState((next) => {
      state = next;
      trail.add(next);
      draw();
    });
    io.signal?.addEventListener("abort", end, { once: true });
    if (io.signal?.aborted === true) end();
    else draw();
  });
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
