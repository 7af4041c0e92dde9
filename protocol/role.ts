/** What a worker is among those of one user on one host. */

/**
 * `leads`: it senses, writes history and acts for all. `follows`: it shows what the leader senses. `seeks`: it looks for
 * the leader or becomes it, within moments. `alone`: it senses for itself and writes nothing, because it can neither
 * lead nor reach who does.
 */
export type Role = "leads" | "follows" | "seeks" | "alone";

/** The role, since when, and why when it is not as it should be. */
export interface WorkerRole {
  /** This worker's name among all: made at random when it starts. */
  readonly worker: string;
  readonly role: Role;
  /** The leading worker's process; null when none is known. */
  readonly leader: number | null;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Why `alone`, or what the leader lacks, with the mend. Empty when all is well. */
  readonly reason: string;
}
