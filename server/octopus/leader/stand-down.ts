/** What is to be waited for between taking the lock and leading: a leader that does not know yet that it lost it. */
import type { LinkWelcome } from "../../../protocol/messages/leader.ts";
import type { Clock } from "../../host/host.ts";
import { silentLog } from "../../host/log.ts";
import { announced } from "./announcement.ts";
import { LeaderLink, LeaderRefused } from "./link.ts";

/** A leader looks at its lock every second. */
const STAND_DOWN_MS = 3000;
const PAUSE_MS = 150;

/**
 * Somebody who removes the lock's file lets two hold a lock. A leader that still answers is given the time to notice
 * that it has lost its own. Resolves at once where the last leader is dead, and never rejects.
 */
export async function untilStoodDown(
  announcement: string,
  me: Pick<LinkWelcome, "pid" | "version">,
  clock: Clock,
  goesOn: () => boolean,
): Promise<void> {
  const began = clock.monotonic();
  while (goesOn() && clock.monotonic() - began < STAND_DOWN_MS) {
    try {
      const at = announced(announcement);
      if (at === null || at.pid === me.pid) return;
      const link = await LeaderLink.open({ at, me, clock, log: silentLog });
      link.close();
    } catch (error) {
      // Nobody answers there, as it should be. A leader that refuses is alive.
      if (!(error instanceof LeaderRefused)) return;
    }
    await new Promise<void>((resolve) => void clock.schedule(resolve, PAUSE_MS));
  }
}
