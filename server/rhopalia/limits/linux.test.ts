import { describe, expect, test } from "vitest";
import { nodeHost } from "../../host/node.ts";
import { probe, probeTwice, recorded } from "../probe.ts";
import { Malformed } from "../rhopalium.ts";
import { linuxLimits } from "./linux.ts";

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const POD = "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podd3c1.slice";

async function limits(name: string, env: Record<string, string> = {}) {
  const machine = recorded(`limits/${name}`, { env });
  const found = await probe(linuxLimits(machine.host));
  const limit = (metric: string) => {
    const one = found.readings.find((reading) => reading.metric === `gorgon.limit.${metric}`);
    return one === undefined ? null : [one.value, one.attributes["gorgon.limit.source"]];
  };
  const ofGroup = (metric: string, cgroup: string) => found.value(metric, { "gorgon.cgroup": cgroup });
  return { ...machine, found, limit, ofGroup };
}

describe("the limits sensor on version 2 of control groups", () => {
  test("names the machine where nothing is tighter", async () => {
    const { limit, ofGroup, found } = await limits("v2-plain");
    expect(limit("memory")).toEqual([16303412 * 1024, "host"]);
    expect(limit("cpu")).toEqual([8, "host"]);
    expect(limit("files")).toEqual([1024, "rlimit nofile"]);
    expect(limit("processes")).toEqual([63449, "rlimit nproc"]);
    expect(ofGroup("gorgon.oom.kills", "host")).toBe(3);
    expect(found.values("gorgon.cgroup.cpu.periods", "gorgon.cgroup")).toEqual([]);
  });

  test("of nested groups finds each resource's tightest, wherever it is", async () => {
    const { limit, ofGroup } = await limits("v2-nested");
    expect(limit("memory")).toEqual([2 * GIB, "cgroup /jobs/batch.slice"]);
    expect(limit("cpu")).toEqual([1.5, "cgroup /jobs/batch.slice/run-7"]);
    expect(limit("processes")).toEqual([300, "cgroup /jobs/batch.slice"]);
    expect(ofGroup("gorgon.cgroup.cpu.throttled.periods", "/jobs/batch.slice/run-7")).toBe(250);
    expect(ofGroup("gorgon.cgroup.cpu.throttled.time", "/jobs/batch.slice/run-7")).toBe(42.5);
    expect(ofGroup("gorgon.cgroup.cpu.throttled.periods", "/jobs")).toBe(10);
    // A group without a quota is never made to wait.
    expect(ofGroup("gorgon.cgroup.cpu.periods", "/jobs/batch.slice")).toBeUndefined();
    expect(ofGroup("gorgon.oom.kills", "/jobs")).toBe(4);
  });

  test("in a Docker container sees the container's limits, and the CPUs it may use", async () => {
    const { limit, ofGroup, host } = await limits("v2-docker");
    expect(limit("memory")).toEqual([512 * MIB, "cgroup /"]);
    expect(limit("cpu")).toEqual([1.5, "cgroup /"]);
    expect(limit("processes")).toEqual([128, "cgroup /"]);
    expect(ofGroup("gorgon.oom.kills", "/")).toBe(2);
    expect(ofGroup("gorgon.oom.kills", "host")).toBe(17);
    host.write("/sys/fs/cgroup/cpu.max", "max 100000\n");
    const found = await probe(linuxLimits(host));
    expect(found.value("gorgon.limit.cpu", { "gorgon.limit.source": "cpu affinity" })).toBe(4);
  });

  test("in a user's slice of systemd finds what is set on the slice, and the address space", async () => {
    const { limit, host } = await limits("v2-user-slice");
    expect(limit("memory")).toEqual([10 * GIB, "cgroup /user.slice/user-1000.slice"]);
    expect(limit("cpu")).toEqual([6, "cgroup /user.slice/user-1000.slice"]);
    host.write("/sys/fs/cgroup/user.slice/user-1000.slice/memory.max", "max\n");
    host.write("/proc/self/limits", "Max address space         8589934592           unlimited            bytes     \n");
    const found = await probe(linuxLimits(host));
    expect(found.value("gorgon.limit.memory", { "gorgon.limit.source": "rlimit address space" })).toBe(8 * GIB);
    expect(found.values("gorgon.limit.files", "gorgon.limit.source")).toEqual([]);
  });

  test("in a Kubernetes pod finds the container's limits within the pod's", async () => {
    const { limit, ofGroup } = await limits("v2-kubernetes");
    const container = `${POD}/cri-containerd-5f2a.scope`;
    expect(limit("memory")).toEqual([3 * GIB, `cgroup ${container}`]);
    expect(limit("cpu")).toEqual([0.5, `cgroup ${container}`]);
    expect(limit("processes")).toEqual([4096, `cgroup ${POD}`]);
    expect(ofGroup("gorgon.oom.kills", container)).toBe(5);
    expect(ofGroup("gorgon.oom.kills", POD)).toBe(6);
  });
});

describe("the limits sensor on version 1 of control groups", () => {
  test("finds limits, throttling in nanoseconds and kills in their other files", async () => {
    const { limit, ofGroup, host } = await limits("v1-docker");
    expect(limit("memory")).toEqual([GIB, "cgroup /docker/6a4f"]);
    expect(limit("cpu")).toEqual([2.5, "cgroup /docker/6a4f"]);
    expect(limit("processes")).toEqual([512, "cgroup /docker/6a4f"]);
    expect(ofGroup("gorgon.cgroup.cpu.throttled.time", "/docker/6a4f")).toBe(2.5);
    expect(ofGroup("gorgon.oom.kills", "/docker/6a4f")).toBe(7);
    host.write("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    const found = await probe(linuxLimits(host));
    expect(found.values("gorgon.limit.cpu", "gorgon.limit.source")).toEqual(["host"]);
    expect(found.values("gorgon.cgroup.cpu.periods", "gorgon.cgroup")).toEqual([]);
  });
});

describe("the environment, as JupyterHub sets it", () => {
  test("is a limit where it is the tightest", async () => {
    const { limit } = await limits("v2-docker", { MEM_LIMIT: "268435456", CPU_LIMIT: "0.5" });
    expect(limit("memory")).toEqual([256 * MIB, "MEM_LIMIT"]);
    expect(limit("cpu")).toEqual([0.5, "CPU_LIMIT"]);
  });

  test.each([
    ["512M", 512 * MIB],
    ["1.5G", 1.5 * GIB],
    ["2Gi", 2 * GIB],
    ["4096 KiB", 4 * MIB],
  ])("may say %s", async (text, bytes) => {
    expect((await limits("v2-plain", { MEM_LIMIT: text })).limit("memory")).toEqual([bytes, "MEM_LIMIT"]);
  });

  test.each(["", "0", "-1", "None", "lots", "1e9", "512M; rm -rf /", "NaN", "Infinity"])(
    "is no limit when it says %o",
    async (text) => {
      const { limit } = await limits("v2-plain", { MEM_LIMIT: text, CPU_LIMIT: text });
      expect(limit("memory")?.[1]).toBe("host");
      expect(limit("cpu")?.[1]).toBe("host");
    },
  );

  test("may count CPU in thousandths", async () => {
    expect((await limits("v2-plain", { CPU_LIMIT: "250m" })).limit("cpu")).toEqual([0.25, "CPU_LIMIT"]);
  });
});

describe("throttling over time", () => {
  const mine = { "gorgon.cgroup": "/" };
  const stat = (periods: number, throttled: number) =>
    `usage_usec 9\nnr_periods ${String(periods)}\nnr_throttled ${String(throttled)}\nthrottled_usec 9000000\n`;

  test.each([
    ["a share of the periods since the last reading", 900, 225, 0.25],
    ["0 while the group slept", 800, 200, 0],
    ["absent when the counters were reset", 3, 1, undefined],
  ])("is %s", async (_, periods, throttled, ratio) => {
    const { host, clock } = recorded("limits/v2-docker");
    const found = await probeTwice(linuxLimits(host), clock, 30_000, () => {
      host.write("/sys/fs/cgroup/cpu.stat", stat(periods, throttled));
    });
    expect(found.value("gorgon.cgroup.cpu.throttled.ratio", mine)).toBe(ratio);
  });

  test("is absent at the first reading", async () => {
    const { found } = await limits("v2-docker");
    expect(found.values("gorgon.cgroup.cpu.throttled.ratio", "gorgon.cgroup")).toEqual([]);
  });
});

describe("what cannot be told", () => {
  test("without the machine's memory the sensor fails, and never says that there is no limit", async () => {
    const { host } = recorded("limits/v2-plain");
    host.remove("/proc/meminfo");
    await expect(probe(linuxLimits(host))).rejects.toThrow(Malformed);
  });

  test("a group with a hostile name is named as it is", async () => {
    const { host } = recorded("limits/v2-nested");
    const name = '/a:b/<img src=x> "\\';
    host.write("/proc/self/cgroup", `0::${name}\n`);
    host.write(`/sys/fs/cgroup${name}/memory.max`, "1048576\n");
    const found = await probe(linuxLimits(host));
    expect(found.value("gorgon.limit.memory", { "gorgon.limit.source": `cgroup ${name}` })).toBe(MIB);
  });
});

describe.runIf(process.platform === "linux")("the limits sensor on this machine", () => {
  test("names what is tightest, and never more than the machine has", async () => {
    const found = await probe(linuxLimits(nodeHost()));
    const cpu = found.readings.find((one) => one.metric === "gorgon.limit.cpu");
    expect(cpu?.value).toBeGreaterThan(0);
    expect(found.readings.find((one) => one.metric === "gorgon.limit.files")?.value).toBeGreaterThan(0);
    expect(found.values("gorgon.limit.memory", "gorgon.limit.source")).toHaveLength(1);
  });
});
