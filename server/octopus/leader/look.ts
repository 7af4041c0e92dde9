/** A look at who leads, from a process that does not want to follow. */
import type { KernelsState } from "../../../protocol/kernel.ts";
import type { LinkWelcome } from "../../../protocol/messages/leader.ts";
import type { Clock } from "../../host/host.ts";
import { silentLog } from "../../host/log.ts";
import { announced } from "./announcement.ts";
import { LeaderLink } from "./link.ts";

/** The leader's word on kernels comes with the greeting, unless it does not watch any. */
const WORD_MS = 500;

/** Who answered and where, or why nobody did. */
export type Look =
  | {
      readonly leader: LinkWelcome;
      readonly socket: string;
      /** Null: it watches none, or has only just begun. */
      readonly kernels: KernelsState | null;
    }
  | { readonly leader: null; readonly reason: string };

/** Greets the leader and leaves again. Never rejects; wishes nothing, so the leader's pace stays as it is. */
export async function lookForLeader(
  announcement: string,
  me: Pick<LinkWelcome, "pid" | "version">,
  clock: Clock,
): Promise<Look> {
  try {
    const at = announced(announcement);
    if (at === null) return { leader: null, reason: "" };
    let heard: (state: KernelsState | null) => void = () => undefined;
    const word = new Promise<KernelsState | null>((resolve) => (heard = resolve));
    const link = await LeaderLink.open({ at, me, clock, log: silentLog, onKernels: (state) => heard(state) });
    link.onEnd(() => heard(null));
    const late = clock.schedule(() => heard(null), WORD_MS);
    const kernels = await word;
    late.dispose();
    link.close();
    return { leader: link.leader, socket: at.socket, kernels };
  } catch (error) {
    return { leader: null, reason: error instanceof Error ? error.message : String(error) };
  }
}
