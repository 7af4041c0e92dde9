import { statfsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { settled } from "../../host/manual-clock.ts";
import { nodeHost } from "../../host/node.ts";
import { probe, recorded } from "../probe.ts";
import { PartialFailure, type Rhopalium } from "../rhopalium.ts";
import { linuxFilesystems } from "./linux-filesystems.ts";

const MOUNTPOINT = "system.filesystem.mountpoint";
const UTILIZATION = "system.filesystem.utilization";
const SIZE = { blockBytes: 4096, blocks: 1000, blocksFree: 400, blocksAvailable: 300, inodes: 10, inodesFree: 5 };

const never = new AbortController().signal;

/** The failure of a reading that takes as long as its deadline. */
async function failureOf(sensor: Rhopalium, advance: () => Promise<void>): Promise<PartialFailure> {
  const reading = Promise.resolve(sensor.read(never)).then(
    () => new Error("it did not fail"),
    (error: unknown) => error,
  );
  await advance();
  const error = await reading;
  if (!(error instanceof PartialFailure)) throw error;
  return error;
}

const mountsOf = (failure: PartialFailure) =>
  failure.readings.filter((one) => one.metric === UTILIZATION).map((one) => one.attributes[MOUNTPOINT]);

describe("the file system sensor on Linux", () => {
  test("counts each store of files once, and nothing that is none", async () => {
    const { host } = recorded("bare-debian");
    const found = await probe(linuxFilesystems(host));
    expect(found.values(UTILIZATION, MOUNTPOINT)).toEqual(["/", "/boot/efi", "/dev/shm", "/run", "/srv/data"]);
  });

  test("computes the share as df does: what root keeps for itself is neither used nor free", async () => {
    const { host } = recorded("bare-debian");
    const found = await probe(linuxFilesystems(host));
    const root = { "system.device": "/dev/nvme0n1p2", [MOUNTPOINT]: "/", "system.filesystem.type": "ext4" };
    const state = (name: string) => ({ ...root, "system.filesystem.state": name });
    expect(found.value("system.filesystem.limit", root)).toBe(61000000 * 4096);
    expect(found.value("system.filesystem.usage", state("used"))).toBe(41000000 * 4096);
    expect(found.value("system.filesystem.usage", state("free"))).toBe(16900000 * 4096);
    expect(found.value("system.filesystem.usage", state("reserved"))).toBe(3100000 * 4096);
    expect(found.value(UTILIZATION, root)).toBeCloseTo(41000000 / (41000000 + 16900000), 12);
  });

  test("in a container sees its own root and volumes, not the files that the runtime mounts", async () => {
    const { host } = recorded("container-v2");
    const found = await probe(linuxFilesystems(host));
    expect(found.values(UTILIZATION, MOUNTPOINT)).toEqual(["/", "/dev/shm", "/work"]);
  });

  test("takes names with blanks, line breaks, backslashes and markup as they are", async () => {
    const { host } = recorded("hostile-names");
    const found = await probe(linuxFilesystems(host));
    expect(found.reason).toBe("");
    expect(found.values(UTILIZATION, MOUNTPOINT)).toEqual([
      "/",
      "/media/<script>alert(1)</script>",
      "/media/My USB Stick",
      "/media/back\\slash",
      "/media/line\nbreak",
      "/media/new",
    ]);
    expect(found.values(UTILIZATION, "system.device")).toContain("/dev/disk one");
  });

  test("sees what is mounted later, and asks no more for what was unmounted", async () => {
    const { host } = recorded("bare-debian");
    const sensor = linuxFilesystems(host);
    const mounts = host.files.text("/proc/self/mountinfo");
    host.write("/proc/self/mountinfo", `${mounts}200 29 8:17 / /mnt/usb rw - exfat /dev/sdb1 rw\n`);
    host.setSize("/mnt/usb", SIZE);
    expect((await probe(sensor)).values(UTILIZATION, MOUNTPOINT)).toContain("/mnt/usb");
    host.write("/proc/self/mountinfo", mounts);
    expect((await probe(sensor)).values(UTILIZATION, MOUNTPOINT)).not.toContain("/mnt/usb");
    expect(host.asked.get("statfs /mnt/usb")).toBe(1);
  });

  test("leaves out what this user may not look into, without calling it a failure", async () => {
    const { host } = recorded("bare-debian");
    host.setSize("/srv/data", { error: "EACCES" });
    const found = await probe(linuxFilesystems(host));
    expect(found.reason).toBe("");
    expect(found.values(UTILIZATION, MOUNTPOINT)).not.toContain("/srv/data");
  });

  test("names a local file system that fails, and gives the others", async () => {
    const { host } = recorded("bare-debian");
    host.setSize("/srv/data", { error: "EIO" });
    const found = await probe(linuxFilesystems(host));
    expect(found.reason).toContain("/srv/data (xfs)");
    expect(found.reason).toContain("EIO");
    expect(found.values(UTILIZATION, MOUNTPOINT)).toEqual(["/", "/boot/efi", "/dev/shm", "/run"]);
  });
});

/** The Debian machine with shares of a network on it. */
function withShares(...names: string[]) {
  const machine = recorded("bare-debian");
  const lines = names.map(
    (name, index) => `${String(300 + index)} 29 0:${String(90 + index)} / ${name} rw - nfs4 nas:${name} rw\n`,
  );
  machine.host.write("/proc/self/mountinfo", machine.host.files.text("/proc/self/mountinfo") + lines.join(""));
  for (const name of names) machine.host.setSize(name, SIZE);
  return { ...machine, sensor: linuxFilesystems(machine.host) };
}

describe("a network file system", () => {
  test("that answers is measured like any other", async () => {
    const { sensor } = withShares("/mnt/a", "/mnt/b", "/mnt/c");
    const found = await probe(sensor);
    expect(found.reason).toBe("");
    expect(found.values(UTILIZATION, MOUNTPOINT)).toEqual(expect.arrayContaining(["/mnt/a", "/mnt/b", "/mnt/c"]));
  });

  test("that hangs is named, and takes neither the local ones nor its neighbours with it", async () => {
    const { host, clock, sensor } = withShares("/mnt/dead", "/mnt/live");
    host.setSize("/mnt/dead", "hangs");
    const failure = await failureOf(sensor, () => clock.advanceAsync(1000));
    expect(failure.message).toContain("/mnt/dead (nfs4) has given no answer for 0.8 s");
    expect(failure.message).not.toContain("/mnt/live");
    expect(mountsOf(failure)).toEqual(["/", "/boot/efi", "/dev/shm", "/run", "/srv/data", "/mnt/live"]);
  });

  test("that hangs is not asked again, nor waited for, until it answers; then it is back", async () => {
    const { host, clock, sensor } = withShares("/mnt/dead");
    host.setSize("/mnt/dead", "hangs");
    await failureOf(sensor, () => clock.advanceAsync(1000));
    for (let round = 0; round < 3; round++) {
      clock.advance(2000);
      // No time passes: it is not waited for.
      expect((await failureOf(sensor, settled)).message).toContain("is not asked again until it does");
    }
    expect(host.asked.get("statfs /mnt/dead")).toBe(1);
    host.setSize("/mnt/dead", SIZE);
    await settled();
    expect((await probe(sensor)).values(UTILIZATION, MOUNTPOINT)).toContain("/mnt/dead");
  });

  test("of several that hang, no more than two hold a thread", async () => {
    const dead = ["/mnt/a", "/mnt/b", "/mnt/c", "/mnt/d"];
    const { host, clock, sensor } = withShares(...dead);
    for (const name of dead) host.setSize(name, "hangs");
    const failure = await failureOf(sensor, () => clock.advanceAsync(1000));
    expect(dead.filter((name) => host.asked.has(`statfs ${name}`))).toEqual(["/mnt/a", "/mnt/b"]);
    expect(failure.message).toContain("/mnt/c (nfs4) was not asked, because /mnt/a and /mnt/b hang");
  });

  test("does not keep a reading that was called off", async () => {
    const { host, sensor } = withShares("/mnt/dead");
    host.setSize("/mnt/dead", "hangs");
    const calledOff = new AbortController();
    const reading = Promise.resolve(sensor.read(calledOff.signal));
    calledOff.abort();
    await expect(reading).rejects.toThrow(PartialFailure);
  });
});

describe.runIf(process.platform === "linux")("the file system sensor on this machine", () => {
  test("agrees with statfs about the root", async () => {
    const sensor = linuxFilesystems(nodeHost());
    const found = await probe(sensor);
    const root = found.readings.find((one) => one.metric === UTILIZATION && one.attributes[MOUNTPOINT] === "/");
    const { blocks, bfree, bavail } = statfsSync("/");
    expect(root?.value).toBeCloseTo((blocks - bfree) / (blocks - bfree + bavail), 2);
    sensor.dispose();
  });
});
