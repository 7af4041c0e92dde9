/** Twenty days of samples in tiers of a fixed size. */
import { statSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../../host/manual-clock.ts";
import { ask } from "./contract.ts";
import { DEFAULT_TIERS } from "./tiers.ts";
import { live, stores } from "./testing.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);

const disk = stores();

describe("the tiers", () => {
  it("hold to their size, the oldest first, and the file stops growing", async () => {
    const clock = new ManualClock(START);
    const small = DEFAULT_TIERS.map(({ ageMs }) => ({ ageMs, bytes: 60_000 }));
    const store = disk.open(clock, { tiers: small });
    const count = await live(store, clock, 10 * DAY);
    const first = (await store.query(ask()))[0]?.times[0] ?? 0;
    expect(first).toBeGreaterThan(START);
    await store.close();
    const bytes = statSync(disk.file).size;
    const again = disk.open(clock, { tiers: small });
    await live(again, clock, 10 * DAY, count);
    await again.close();
    expect(statSync(disk.file).size).toBeLessThan(bytes * 1.3);
    const last = disk.open(clock, { tiers: small });
    expect((await last.query(ask()))[0]?.times.at(-1)).toBe(clock.now() - 10_000);
  });
});
