/** `gorgon bell`: the bell in the terminal, as a live view, plain lines or JSON. */
import type { AlertAct } from "../../protocol/alert.ts";
import type { Level } from "../../protocol/level.ts";
import { runPlainBell } from "../bell/plain.ts";
import { rulesOf } from "../bell/rules.ts";
import { Screen } from "../bell/screen.ts";
import { renderBell, renderStarting } from "../bell/terminal.ts";
import { GUARDIAN } from "../stack.ts";
import { actThroughLeader, author } from "./alert-acts.ts";
import { AlertWatch } from "./alert-source.ts";
import { EXIT_BY_LEVEL, EXIT_OK } from "./exit-codes.ts";
import { runBellScreen } from "./full/bell-screen.ts";
import { Trail } from "./full/trail.ts";
import type { Deed } from "./full/view.ts";
import { type CliIo, HeldLines, styleNow } from "./io.ts";
import { beats, type CliSession, countFlag, openSession } from "./session.ts";

/** Somebody looks at the screen: as often as in VS Code. */
const SCREEN_INTERVAL_MS = 2000;

/** The flags as commander gives them. */
export interface BellFlags {
  readonly iterations?: string;
  readonly interval?: string;
  readonly json?: boolean;
  readonly plain?: boolean;
  readonly workspace?: readonly string[];
}

/** Runs until the iterations are done (exit code by the last level) or until it is ended (exit code 0). */
export async function bellCommand(flags: BellFlags, io: CliIo): Promise<number> {
  const iterations = flags.iterations === undefined ? Infinity : countFlag("--iterations", flags.iterations);
  // With a number of looks the last one is to stay where it can be read.
  if (iterations === Infinity && flags.json !== true && flags.plain !== true && styleNow(io).live) {
    return fullScreen(flags, io);
  }
  const session = await openSession(io, { ...flags, atOnce: iterations !== Infinity });
  try {
    const level = await (flags.plain === true
      ? plain(session, iterations, io)
      : states(session, iterations, flags, io));
    return iterations === Infinity || io.signal?.aborted === true ? EXIT_OK : EXIT_BY_LEVEL[level];
  } finally {
    await session.stack.close();
  }
}

/** The stack runs by itself, with all its crabs, and the screen shows what it says. */
async function fullScreen(flags: BellFlags, io: CliIo): Promise<number> {
  // What is told of an error would stand in the picture.
  const held = new HeldLines();
  const session = await openSession({ ...io, stderr: held }, { ...flags, defaultIntervalMs: SCREEN_INTERVAL_MS });
  const { stack, host } = session;
  const watch = new AlertWatch(host, (foreign) => stack.bell.showForeign(foreign));
  try {
    await stack.start();
    await watch.look();
    await runBellScreen({
      io,
      clock: host.clock,
      trail: new Trail(),
      onState: (listener) => stack.onState(listener),
      state: () => stack.state(),
      whose: () => (watch.leader === null ? "" : "of VS Code"),
      act: async (deed) => {
        const act = actOf(deed, host.clock.now());
        // Whoever leads judges for everybody; where nobody does, this process' own alerts are meant.
        await (watch.leader === null ? stack.act(act) : actThroughLeader(host, act));
        await watch.look();
        return DONE[deed.kind];
      },
    });
    return EXIT_OK;
  } finally {
    watch.dispose();
    await stack.close();
    held.release(io.stderr);
  }
}

/** What is said of a deed that was done. */
const DONE: Readonly<Record<Deed["kind"], string>> = {
  acknowledge: "Done.",
  silence: "Silenced: it stays in the list, but nobody is told of it.",
  endSilence: "The silence has ended.",
};

function actOf(deed: Deed, now: number): AlertAct {
  const by = author();
  switch (deed.kind) {
    case "acknowledge":
      return { acknowledge: { alert: deed.alert, by, note: "", undo: deed.undo } };
    case "silence":
      return {
        silence: { matchers: deed.matchers, startsAt: now, endsAt: now + deed.forMs, author: by, comment: "" },
      };
    case "endSilence":
      return { endSilence: deed.id };
  }
}

function plain({ stack, config, host }: CliSession, iterations: number, io: CliIo): Promise<Level> {
  return runPlainBell({
    hub: stack.hub,
    crab: GUARDIAN,
    iterations,
    intervalMs: config.config.intervalMs,
    write: (text) => io.stdout.write(text),
    clock: host.clock,
    rules: rulesOf(config.config),
    ...(io.signal === undefined ? {} : { signal: io.signal }),
  });
}

async function states(session: CliSession, iterations: number, flags: BellFlags, io: CliIo): Promise<Level> {
  const { stack, config, host } = session;
  const live = flags.json !== true && styleNow(io).live;
  const screen = live ? new Screen(io.stdout) : null;
  let level: Level = "UNKNOWN";
  // Alerts are judged once for everybody, by whoever leads.
  const watch = new AlertWatch(host, (foreign) => stack.bell.showForeign(foreign));
  try {
    await watch.look();
    screen?.draw(renderStarting(styleNow(io)));
    const { intervalMs } = config.config;
    for await (const { state } of beats(stack, host.clock, { count: iterations, intervalMs, signal: io.signal })) {
      level = state.bell.level;
      if (flags.json === true) io.stdout.write(`${JSON.stringify(state)}\n`);
      else if (screen !== null) screen.draw(renderBell(state, styleNow(io)));
      else io.stdout.write(`${renderBell(state, styleNow(io)).join("\n")}\n\n`);
    }
  } finally {
    watch.dispose();
    screen?.end();
  }
  return level;
}
