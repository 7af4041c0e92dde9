/** The window of time that Explore shows: following now or fixed, zoomed, panned, and in which steps it is asked for. */

/** Follows now over `span` milliseconds, or stands still from `from` to `to`, milliseconds since the epoch. */
export type TimeWindow =
  { readonly live: true; readonly span: number } | { readonly live: false; readonly from: number; readonly to: number };

/** From and to, milliseconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The ranges that are offered, shortest first. */
export const SPANS: readonly { readonly span: number; readonly text: string }[] = [
  { span: 5 * MINUTE, text: "5 min" },
  { span: 15 * MINUTE, text: "15 min" },
  { span: HOUR, text: "1 h" },
  { span: 6 * HOUR, text: "6 h" },
  { span: DAY, text: "24 h" },
  { span: 7 * DAY, text: "7 d" },
  { span: 30 * DAY, text: "30 d" },
];
export const DEFAULT_SPAN = 15 * MINUTE;

/** Nearer than this nothing more is to be seen: samples are seconds apart. */
const SHORTEST = 30 * SECOND;
/** History is kept no longer, whatever its tiers. */
const LONGEST = 400 * DAY;
/** The window's ends at this moment. */
export function spanOf(window: TimeWindow, now: number): Span {
  return window.live ? { from: now - window.span, to: now } : { from: window.from, to: window.to };
}

/**
 * Makes the window `factor` times as wide, with `anchor` (milliseconds since the epoch) staying in its place; without
 * one the middle, or now while it follows.
 */
export function zoomed(window: TimeWindow, now: number, factor: number, anchor?: number): TimeWindow {
  const { from, to } = spanOf(window, now);
  const span = clampSpan((to - from) * factor);
  if (window.live && anchor === undefined) return { live: true, span };
  const fixed = anchor ?? (from + to) / 2;
  const start = fixed - ((fixed - from) / (to - from)) * span;
  return settled({ from: start, to: start + span }, now);
}

/** Moves the window by a share of its width, to the left when negative. At now it follows again. */
export function panned(window: TimeWindow, now: number, share: number): TimeWindow {
  const { from, to } = spanOf(window, now);
  const by = (to - from) * share;
  return settled({ from: from + by, to: to + by }, now);
}

/** The window that a person drew, from either side. */
export function selected(a: number, b: number, now: number): TimeWindow {
  const from = Math.min(a, b);
  const span = clampSpan(Math.abs(b - a));
  return { live: false, from, to: Math.min(from + span, Math.max(now, from + SHORTEST)) };
}

/** Follows now, as wide as it is. */
export function followed(window: TimeWindow, now: number): TimeWindow {
  const { from, to } = spanOf(window, now);
  return { live: true, span: clampSpan(to - from) };
}

/** The future is empty: a window that reaches it follows now. */
function settled({ from, to }: Span, now: number): TimeWindow {
  return to >= now ? { live: true, span: clampSpan(to - from) } : { live: false, from, to };
}

function clampSpan(span: number): number {
  return Math.min(LONGEST, Math.max(SHORTEST, span));
}

/** What was remembered; null when it is no window. */
export function parseWindow(value: unknown): TimeWindow | null {
  if (typeof value !== "object" || value === null) return null;
  const { live, span, from, to } = value as Record<string, unknown>;
  if (live === true && isTime(span)) return { live, span: clampSpan(span) };
  if (live === false && isTime(from) && isTime(to) && to - from >= SHORTEST && to - from <= LONGEST) {
    return { live, from, to };
  }
  return null;
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
