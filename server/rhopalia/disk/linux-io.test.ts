import { describe, expect, test } from "vitest";
import { nodeHost } from "../../host/node.ts";
import { probe, probeTwice, recorded } from "../probe.ts";
import { Malformed } from "../rhopalium.ts";
import { linuxDiskIo } from "./linux-io.ts";

const DISKSTATS = "/proc/diskstats";
const of = (device: string, direction?: string) => ({
  "system.device": device,
  ...(direction === undefined ? {} : { "disk.io.direction": direction }),
});

describe("the disk sensor on Linux", () => {
  test("gives whole disks alone: no partitions, no memory, no loops, no drives that were never used", async () => {
    const { host } = recorded("bare-debian");
    const found = await probe(linuxDiskIo(host));
    expect(found.values("system.disk.io", "system.device")).toEqual(["nvme0n1", "sda", "dm-0"]);
    expect(found.value("system.disk.io", of("sda", "read"))).toBe(409600 * 512);
    expect(found.value("system.disk.operations", of("sda", "write"))).toBe(2048);
    expect(found.value("system.disk.io_time", of("sda"))).toBe(15);
  });

  test("gives rates from the second reading on", async () => {
    const { host, clock } = recorded("bare-debian");
    const sensor = linuxDiskIo(host);
    expect((await probe(sensor)).values("gorgon.disk.io.rate", "system.device")).toEqual([]);
    clock.advance(2000);
    const line = "   8       0 sda 5120 12 409600 21000 2048 5 81920 9000 0 15000 30000";
    const later = "   8       0 sda 5220 12 413696 21000 2148 5 83968 9000 0 16000 30000";
    host.write(DISKSTATS, host.files.text(DISKSTATS).replace(line, later));
    const found = await probe(sensor);
    expect(found.value("gorgon.disk.io.rate", of("sda", "read"))).toBe((4096 * 512) / 2);
    expect(found.value("gorgon.disk.io.rate", of("sda", "write"))).toBe((2048 * 512) / 2);
    expect(found.value("gorgon.disk.operations.rate", of("sda", "read"))).toBe(50);
    expect(found.value("gorgon.disk.busy", of("sda"))).toBe(0.5);
  });

  test("tells how long an operation took and how many waited, as iostat computes them", async () => {
    const { host, clock } = recorded("bare-debian");
    const sensor = linuxDiskIo(host);
    expect((await probe(sensor)).values("gorgon.disk.latency", "system.device")).toEqual([]);
    clock.advance(2000);
    const line = "   8       0 sda 5120 12 409600 21000 2048 5 81920 9000 0 15000 30000";
    const later = "   8       0 sda 5220 12 409600 21250 2048 5 81920 9000 3 16000 34000";
    host.write(DISKSTATS, host.files.text(DISKSTATS).replace(line, later));
    const found = await probe(sensor);
    // 250 ms for 100 reads; 4,000 ms of waiting within 2,000 ms.
    expect(found.value("gorgon.disk.latency", of("sda", "read"))).toBe(0.0025);
    expect(found.value("gorgon.disk.queue", of("sda"))).toBe(2);
    expect(found.value("system.disk.pending_operations", of("sda"))).toBe(3);
    expect(found.value("system.disk.operation_time", of("sda", "read"))).toBe(21.25);
    // Writes are in flight perhaps, and none has ended: how long they take is not known.
    expect(found.value("gorgon.disk.latency", of("sda", "write"))).toBeUndefined();
    // Nobody waits for an idle disk.
    expect(found.value("gorgon.disk.latency", of("nvme0n1", "write"))).toBe(0);
    expect(found.value("gorgon.disk.queue", of("nvme0n1"))).toBe(0);
  });

  test("starts again when counters go backwards, and for that disk alone", async () => {
    const { host, clock } = recorded("bare-debian");
    const found = await probeTwice(linuxDiskIo(host), clock, 1000, () =>
      host.write(DISKSTATS, host.files.text(DISKSTATS).replace("sda 5120 12 409600", "sda 12 0 96")),
    );
    expect(found.values("gorgon.disk.io.rate", "system.device")).toEqual(["nvme0n1", "dm-0"]);
  });

  test("notices a disk that is plugged in, and gives it rates one reading later", async () => {
    const { host, clock } = recorded("bare-debian");
    const sensor = linuxDiskIo(host);
    const line = (sectors: number) => `   8      16 sdb 10 0 ${String(sectors)} 1 10 0 80 1 0 2 2\n`;
    const text = host.files.text(DISKSTATS);
    const plugged = await probeTwice(sensor, clock, 1000, () => {
      host.write(DISKSTATS, line(80) + text);
      host.write("/sys/block/sdb/size", "1\n");
    });
    expect(plugged.value("system.disk.io", of("sdb", "read"))).toBe(80 * 512);
    expect(plugged.values("gorgon.disk.io.rate", "system.device")).not.toContain("sdb");
    clock.advance(1000);
    host.write(DISKSTATS, line(160) + text);
    expect((await probe(sensor)).value("gorgon.disk.io.rate", of("sdb", "read"))).toBe(80 * 512);
  });

  test("without /sys tells partitions by their names", async () => {
    const { host } = recorded("bare-debian");
    host.fail("/sys/block", "ENOENT");
    const text = host.files.text(DISKSTATS);
    const { host: bare } = recorded("container-v1");
    bare.write(DISKSTATS, text);
    const found = await probe(linuxDiskIo(bare));
    expect(found.values("system.disk.io", "system.device")).toEqual(["nvme0n1", "sda", "dm-0"]);
  });

  test("takes strange names as they are", async () => {
    const { host } = recorded("hostile-names");
    const found = await probe(linuxDiskIo(host));
    expect(found.values("system.disk.io", "system.device")).toEqual(["constructor", "cciss/c0d0"]);
  });

  test("refuses a device that comes twice: one of the lines lost its name", async () => {
    const { host } = recorded("bare-debian");
    const line = "   8       0 sda 5120 12 409600 21000 2048 5 81920 9000 0 15000 30000 0 0 0 0 0 0\n";
    host.write(DISKSTATS, `${line}${line}`);
    await expect(probe(linuxDiskIo(host))).rejects.toThrow("a device comes twice");
  });

  test("refuses a line that breaks off", async () => {
    const { host } = recorded("bare-debian");
    host.write(DISKSTATS, "   8       0 sda 5120 12\n");
    await expect(probe(linuxDiskIo(host))).rejects.toThrow(Malformed);
  });
});

describe.runIf(process.platform === "linux")("the disk sensor on this machine", () => {
  test("reads what there is", async () => {
    const sensor = linuxDiskIo(nodeHost());
    await expect(probe(sensor)).resolves.toBeDefined();
    sensor.dispose();
  });
});
