/** A look at who leads, from a process that does not want to follow. */
import type { LinkWelcome } from "../../../protocol/messages/leader.ts";
import type { Clock } from "../../host/host.ts";
import { silentLog } from "../../host/log.ts";
import { announced } from "./announcement.ts";
import { LeaderLink } from "./link.ts";

/** Who answered and where, or why nobody did. */
export type Look =
  { readonly leader: LinkWelcome; readonly socket: string } | { readonly leader: null; readonly reason: string };

/** Greets the leader and leaves again. Never rejects; wishes nothing, so the leader's pace stays as it is. */
export async function lookForLeader(
  announcement: string,
  me: Pick<LinkWelcome, "pid" | "version">,
  clock: Clock,
): Promise<Look> {
  try {
    const at = announced(announcement);
    if (at === null) return { leader: null, reason: "" };
    const link = await LeaderLink.open({ at, me, clock, log: silentLog });
    link.close();
    return { leader: link.leader, socket: at.socket };
  } catch (error) {
    return { leader: null, reason: error instanceof Error ? error.message : String(error) };
  }
}
