/** What came of a verdict: alerts with their life, silences, and the history of both. */
import type { Level } from "./level.ts";
import type { Attributes, Unit } from "./reading.ts";

/** `pending`: crossed, but not for long enough yet. `firing`: it counts. `resolved`: over. */
export type AlertStatus = "pending" | "firing" | "resolved";

/** Somebody has seen it. A level that grows worse takes the acknowledgement back. */
export interface Acknowledgement {
  readonly by: string;
  readonly at: number;
  /** Free text; empty when nothing was said. */
  readonly note: string;
}

/**
 * One alert: one rule on one series, from the first crossing to the end. Complete each time. Times are milliseconds
 * since the epoch. All texts are data, never markup, without control characters and at most 2,000 characters long.
 */
export interface Alert {
  /** Unique for ever; the same from pending to resolved, also across restarts. */
  readonly id: string;
  /** The same for the same rule and series at any time: the key for deduplication. */
  readonly fingerprint: string;
  readonly rule: string;
  readonly title: string;
  readonly metric: string;
  /** Where the rule comes from, as `Rule.origin`. */
  readonly origin: string;
  readonly status: AlertStatus;
  /** WARN, CRIT, or UNKNOWN when the value is missing. While resolved: the worst that it was. */
  readonly level: Level;
  /** The rule's labels and the series' attributes. */
  readonly labels: Attributes;
  /** The value judged last; null while it is missing. For a trend: milliseconds until the target is met. */
  readonly value: number | null;
  readonly unit: Unit;
  /** What is the matter, in one sentence. */
  readonly message: string;
  /** When the threshold was first crossed. */
  readonly pendingSince: number;
  /** When it began to count; null while pending. */
  readonly firingSince: number | null;
  /** When it ended; null while it has not. */
  readonly resolvedAt: number | null;
  /** When level or status last changed. */
  readonly changedAt: number;
  /** How often it went away and came back within the damping's memory; 0 for an alert that does not flap. */
  readonly flaps: number;
  /** Until when its notification is held back because it flaps; null when it is not. */
  readonly heldUntil: number | null;
  /** The silence that covers it; null: none. */
  readonly silencedBy: string | null;
  /** The alert from which this one follows, e.g. that of its host; null: it stands for itself. */
  readonly inhibitedBy: string | null;
  readonly acknowledged: Acknowledgement | null;
  /** Rises with every notification that is due. A face notifies when it grows, and only then. */
  readonly notifications: number;
  /**
   * The worker (`WorkerRole.worker`) whose window shows the notification that came last; null: no window could. Decided in
   * the moment in which `notifications` grew, so that exactly one shows it.
   */
  readonly teller: string | null;
  /** Its cause, e.g. `here memory`: alerts of one cause whose `notifications` grow together are one notification. */
  readonly group: string;
}

/** Keeps alerts quiet for a time; they are still shown. */
export interface Silence {
  readonly id: string;
  /**
   * All must fit an alert: `rule`, or any of its labels, by exact text; a value that ends in `*` fits every text that
   * begins alike. Never empty: a silence that fits everything must say `rule: *`.
   */
  readonly matchers: Attributes;
  readonly startsAt: number;
  readonly endsAt: number;
  readonly author: string;
  readonly comment: string;
}

/** A silence as a user asks for it. */
export type NewSilence = Omit<Silence, "id">;

/** What happened to an alert. */
export type AlertChange =
  | "pending"
  | "firing"
  | "worse"
  | "better"
  | "resolved"
  | "acknowledged"
  | "unacknowledged"
  | "silenced"
  | "unsilenced"
  | "inhibited"
  | "uninhibited";

/** One step in an alert's life, with the value that made it. */
export interface AlertStep {
  readonly time: number;
  readonly change: AlertChange;
  readonly level: Level;
  readonly value: number | null;
  /** Who or what changed it: the crossing in words, a person's name, a silence's comment. */
  readonly cause: string;
}

/** An alert of the past or present with every step, oldest first. */
export interface AlertRecord {
  readonly alert: Alert;
  readonly steps: readonly AlertStep[];
}

/** One thing that a user does to alerts; the leading worker carries it out. */
export type AlertAct =
  | {
      readonly acknowledge: {
        readonly alert: string;
        readonly by: string;
        readonly note: string;
        readonly undo: boolean;
      };
    }
  | { readonly silence: NewSilence }
  /** A silence's id. */
  | { readonly endSilence: string };
