/** What one window and those that follow it wish, taken together: the leader does for each what it would do alone. */
import type { Rule } from "../../../protocol/bell.ts";
import { GPU_PARTS, type GpuPart, type LinkWindow, type LinkWish } from "../../../protocol/messages/leader.ts";

/** The wishes of all windows as one. */
export interface Wishes {
  /** The smallest interval that any wishes, milliseconds. */
  readonly intervalMs: number;
  /** The rules of the other windows' trusted workspaces that are not this one's too, each once. */
  readonly rules: readonly Rule[];
  /** What of the GPUs any needs. */
  readonly gpu: readonly GpuPart[];
  /** How long history is kept: as this window wishes, or as long as any other where this one wishes none; null: not. */
  readonly historyMs: number | null;
  /** The worker whose window shows a notification that comes now; null: none of them can. */
  readonly teller: string | null;
}

/** Puts `own` and the wishes of those that follow together. */
export function togetherOf(own: LinkWish, others: readonly LinkWish[]): Wishes {
  const all = [own, ...others];
  // A workspace that is open in two windows has its rules in both wishes.
  const nameOf = ({ origin, id }: Rule) => JSON.stringify([origin, id]);
  const mine = new Set(own.rules.map(nameOf));
  const rules = new Map(others.flatMap((wish) => wish.rules.map((rule) => [nameOf(rule), rule] as const)));
  const kept = others.flatMap(({ historyMs }) => historyMs ?? []);
  return {
    intervalMs: Math.min(...all.map(({ intervalMs }) => intervalMs)),
    rules: [...rules].filter(([name]) => !mine.has(name)).map(([, rule]) => rule),
    gpu: GPU_PARTS.filter((part) => all.some(({ gpu }) => gpu.includes(part))),
    historyMs: own.historyMs ?? (kept.length === 0 ? null : Math.max(...kept)),
    teller: tellerOf(all.map(({ window }) => window)),
  };
}

/**
 * Of those that show notifications the one that somebody looks at; of two that say so the one that got the focus last, because
 * the loss of a focus is told late. Without one the first, which is the leader's own.
 */
function tellerOf(windows: readonly LinkWindow[]): string | null {
  const able = windows.filter(({ notifies }) => notifies);
  const since = ({ focusedAt }: LinkWindow) => focusedAt ?? -Infinity;
  const [first, ...others] = able;
  if (first === undefined) return null;
  return others.reduce((top, one) => (since(one) > since(top) ? one : top), first).worker;
}
