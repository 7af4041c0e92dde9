/** All the leader's crabs as a follower has them: they come, change and go with what the leader says. */
import type { CrabCard, CrabCount } from "../../../protocol/messages/leader.ts";
import type { Snapshot } from "../../../protocol/reading.ts";
import type { Crab } from "../../crabs/crab.ts";
import type { Log } from "../../host/log.ts";
import { RelayCrab } from "./relay.ts";

/** Keeps one relay a crab, the same one over a change of leaders. */
export class Relays {
  readonly #log: Log;
  readonly #collect: (crab: string) => Promise<string>;
  readonly #relays = new Map<string, RelayCrab>();

  /** `collect` makes the leader poll; it resolves with the snapshot's id once the snapshot has come. */
  constructor(log: Log, collect: (crab: string) => Promise<string>) {
    this.#log = log;
    this.#collect = collect;
  }

  get all(): readonly Crab[] {
    return [...this.#relays.values()];
  }

  /** Takes the leader's list. True when a crab came or went. */
  update(cards: readonly CrabCard[]): boolean {
    let changed = false;
    const names = new Set(cards.map(({ name }) => name));
    for (const name of [...this.#relays.keys()]) {
      if (!names.has(name)) changed = this.#relays.delete(name);
    }
    for (const card of cards) {
      const relay = this.#relays.get(card.name);
      if (relay === undefined) {
        this.#relays.set(card.name, new RelayCrab({ card, log: this.#log, collect: this.#collect }));
        changed = true;
      } else {
        relay.update(card);
      }
    }
    return changed;
  }

  receive(snapshot: Snapshot, stats: CrabCount): void {
    this.#relays.get(snapshot.crab)?.receive(snapshot, stats);
  }

  /** Forgets all: this worker senses for itself now. */
  clear(): void {
    this.#relays.clear();
  }
}
