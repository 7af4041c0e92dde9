/** For tests of alerts: a machine with one metric of several series, a bell on it, a clock that stands still. */
import type { Alert } from "../../../protocol/alert.ts";
import type { Rule } from "../../../protocol/bell.ts";
import type { Attributes } from "../../../protocol/reading.ts";
import { CrabGuardian } from "../../crabs/guardian.ts";
import { silentLog } from "../../host/log.ts";
import { ManualClock } from "../../host/manual-clock.ts";
import { Octopus } from "../../octopus/octopus.ts";
import type { SeriesStore } from "../../octopus/store/store.ts";
import { Bell } from "../bell.ts";
import { ScriptedSensor } from "../testing.ts";

/** A gauge in no unit. */
export const METRIC = "test.load.utilization";

/** WARN at 0.7, CRIT at 0.9, at once, unless said otherwise. */
export function rule(over: Partial<Rule> = {}): Rule {
  return {
    id: "load",
    title: "Load",
    metric: METRIC,
    match: {},
    direction: "above",
    warn: 0.7,
    crit: 0.9,
    origin: "user file",
    ...over,
  };
}

/** A node whose values the test sets and whose time it passes. */
export function alertMachine(options: {
  readonly rules?: readonly Rule[];
  readonly metrics?: readonly string[];
  readonly clock?: ManualClock;
  readonly store?: (clock: ManualClock) => SeriesStore;
}) {
  const { rules = [rule()], metrics = [METRIC], clock = new ManualClock() } = options;
  const sensor = new ScriptedSensor("load", metrics);
  const store = options.store?.(clock);
  const hub = new Octopus({ node: "here", clock, ...(store === undefined ? {} : { store }) });
  hub.register(
    new CrabGuardian({ name: "guardian", node: "here", sensors: [sensor], clock, intervalMs: 2000, jitter: 0 }),
  );
  const bell = new Bell({ hub, rules, clock, log: silentLog });
  const alerts = (): readonly Alert[] => bell.state().alerts;
  return {
    clock,
    sensor,
    hub,
    bell,
    alerts,
    /** The one alert there is. */
    alert: (): Alert => {
      const [one, ...more] = alerts().filter(({ status }) => status !== "resolved");
      if (one === undefined || more.length > 0) throw new Error(`${String(alerts().length)} alerts, not one`);
      return one;
    },
    /** The steps of the newest record. */
    steps: () => bell.book.history({ from: 0, to: Infinity, rule: "", limit: 10 })[0]?.steps ?? [],
    /** Sets the value (null: there is none) and passes time, polled every 2 s. */
    hold: async (value: number | null, milliseconds: number, attributes: Attributes = {}): Promise<void> => {
      sensor.next = value === null ? [] : [{ metric: metrics[0] ?? METRIC, attributes, value }];
      for (let passed = 0; passed < milliseconds; passed += 2000) {
        await hub.collectOnce();
        await clock.advanceAsync(Math.min(2000, milliseconds - passed));
      }
    },
    close: async (): Promise<void> => {
      bell.dispose();
      await hub.close();
    },
  };
}
