/** The library stands alone. */
import { expect, it } from "vitest";
import * as gorgon from "gorgon";

it("gives sensors, crab, octopus, stores and the bell to whoever imports it, without VS Code", async () => {
  const clock = new gorgon.ManualClock();
  const hub = new gorgon.Octopus({ node: "here", clock });
  hub.register(
    new gorgon.CrabGuardian({ name: "a", node: "here", clock, sensors: gorgon.hostSensors(gorgon.nodeHost()) }),
  );
  const bell = new gorgon.Bell({
    hub,
    clock,
    log: gorgon.silentLog,
    rules: gorgon.rulesOf(gorgon.defaultConfig().config),
  });
  expect(bell.state().level).toBe("UNKNOWN");
  expect(() => hub.get("b")).toThrow(gorgon.UnknownCrab);
  bell.dispose();
  await hub.close();
});

it("speaks the words of the protocol too", () => {
  expect(gorgon.formatRatio(0.614)).toBe("61.4 %");
  expect(gorgon.worst(["OK", "CRIT"])).toBe("CRIT");
});
