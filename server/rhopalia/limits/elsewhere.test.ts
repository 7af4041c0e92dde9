import { expect, test } from "vitest";
import { fixtureHost } from "../../host/fixture.ts";
import { probe } from "../probe.ts";
import { otherLimits } from "./elsewhere.ts";

const machine = () => ({ memoryBytes: 2 ** 34, cores: 10 });

test("off Linux the machine is the limit, unless the environment is tighter", async () => {
  const plain = await probe(otherLimits(fixtureHost({ platform: "darwin" }), machine));
  expect(plain.value("gorgon.limit.memory", { "gorgon.limit.source": "host" })).toBe(2 ** 34);
  expect(plain.value("gorgon.limit.cpu", { "gorgon.limit.source": "host" })).toBe(10);
  const env = { MEM_LIMIT: "1G", CPU_LIMIT: "2" };
  const limited = await probe(otherLimits(fixtureHost({ platform: "win32", env }), machine));
  expect(limited.value("gorgon.limit.memory", { "gorgon.limit.source": "MEM_LIMIT" })).toBe(2 ** 30);
  expect(limited.value("gorgon.limit.cpu", { "gorgon.limit.source": "CPU_LIMIT" })).toBe(2);
});
