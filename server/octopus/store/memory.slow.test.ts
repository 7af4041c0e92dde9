/** The store in memory gives random samples back as they were. */
import { describe } from "vitest";
import { ManualClock } from "../../host/manual-clock.ts";
import { randomSamples } from "./contract.ts";
import { MemoryStore } from "./memory.ts";

describe("the store in memory", () => {
  randomSamples(
    (start, options) => {
      const clock = new ManualClock(start);
      return { clock, store: new MemoryStore({ clock, ...options }) };
    },
    (store) => store.flush(),
  );
});
