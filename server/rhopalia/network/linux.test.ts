import { describe, expect, test } from "vitest";
import { nodeHost } from "../../host/node.ts";
import { probe, probeTwice, recorded } from "../probe.ts";
import { Malformed } from "../rhopalium.ts";
import { linuxNetwork } from "./linux.ts";
import { STACKED } from "./metrics.ts";

const DEV = "/proc/net/dev";
const NAME = "network.interface.name";
const of = (name: string, direction: string) => ({ [NAME]: name, "network.io.direction": direction });

describe("the network sensor on Linux", () => {
  test("gives networks and bridges, but neither loopback, containers' cables nor what was never used", async () => {
    const { host } = recorded("bare-debian");
    const found = await probe(linuxNetwork(host));
    expect(found.values("system.network.io", NAME)).toEqual(["enp3s0", "docker0", "br-5a1b"]);
    expect(found.value("system.network.io", of("enp3s0", "receive"))).toBe(619583026);
    expect(found.value("system.network.io", of("enp3s0", "transmit"))).toBe(1261730);
  });

  test("marks what stands on other interfaces, so that totals do not count their traffic twice", async () => {
    const { host } = recorded("bare-debian");
    host.write("/sys/class/net/docker0/bridge/bridge_id", "8000.0242ac110001\n");
    host.write("/sys/class/net/br-5a1b/lower_enp3s0/ifindex", "2\n");
    host.write("/sys/class/net/enp3s0/address", "52:54:00:12:34:56\n");
    const found = await probe(linuxNetwork(host));
    const received = (name: string, more = {}) => found.value("system.network.io", { ...of(name, "receive"), ...more });
    for (const name of ["docker0", "br-5a1b"]) {
      expect(received(name)).toBeUndefined();
      expect(received(name, STACKED)).toBeGreaterThan(0);
    }
    expect(received("enp3s0")).toBeGreaterThan(0);
  });

  test("gives rates from the second reading on", async () => {
    const { host, clock } = recorded("bare-debian");
    const found = await probeTwice(linuxNetwork(host), clock, 2000, () =>
      host.write(DEV, host.files.text(DEV).replace("619583026", "619783026").replace(" 1261730", " 1361730")),
    );
    expect(found.value("gorgon.network.io.rate", of("enp3s0", "receive"))).toBe(100000);
    expect(found.value("gorgon.network.io.rate", of("enp3s0", "transmit"))).toBe(50000);
    expect(found.value("gorgon.network.io.rate", of("docker0", "receive"))).toBe(0);
  });

  test("a counter that wrapped or was reset gives no rate, and no peak", async () => {
    const { host, clock } = recorded("bare-debian");
    const sensor = linuxNetwork(host);
    const wrapped = await probeTwice(sensor, clock, 1000, () =>
      host.write(DEV, host.files.text(DEV).replace("619583026", "1000")),
    );
    expect(wrapped.value("gorgon.network.io.rate", of("enp3s0", "receive"))).toBeUndefined();
    clock.advance(1000);
    host.write(DEV, host.files.text(DEV).replace(" 1000 ", " 3000 "));
    expect((await probe(sensor)).value("gorgon.network.io.rate", of("enp3s0", "receive"))).toBe(2000);
  });

  test("keeps interfaces apart when they change places", async () => {
    const { host, clock } = recorded("bare-debian");
    const found = await probeTwice(linuxNetwork(host), clock, 1000, () => {
      const lines = host.files.text(DEV).trimEnd().split("\n");
      host.write(DEV, [...lines.slice(0, 2), ...lines.slice(2).reverse()].join("\n") + "\n");
    });
    expect(found.value("gorgon.network.io.rate", of("enp3s0", "receive"))).toBe(0);
    expect(found.value("gorgon.network.io.rate", of("docker0", "transmit"))).toBe(0);
  });

  test("gives no rate over a time in which the interface was away", async () => {
    const { host, clock } = recorded("bare-debian");
    const sensor = linuxNetwork(host);
    const text = host.files.text(DEV);
    await probeTwice(sensor, clock, 1000, () => host.write(DEV, text.replace(/^.*enp3s0.*\n/m, "")));
    clock.advance(1000);
    host.write(DEV, text);
    const back = await probe(sensor);
    expect(back.value("system.network.io", of("enp3s0", "receive"))).toBe(619583026);
    expect(back.value("gorgon.network.io.rate", of("enp3s0", "receive"))).toBeUndefined();
  });

  test("takes strange names as they are", async () => {
    const { host } = recorded("hostile-names");
    const found = await probe(linuxNetwork(host));
    expect(found.values("system.network.io", NAME)).toEqual(["<b>eth0</b>", "wg-ü", "__proto__", "x;reboot"]);
  });

  test("forgets the names of interfaces that came and went", async () => {
    const { host } = recorded("bare-debian");
    const sensor = linuxNetwork(host);
    const [first = "", second = ""] = host.files.text(DEV).split("\n");
    for (let round = 0; round < 300; round++) {
      host.write(DEV, `${first}\n${second}\n tun${String(round)}: 1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0\n`);
      expect((await probe(sensor)).values("system.network.io", NAME)).toEqual([`tun${String(round)}`]);
    }
  });

  test("refuses a line that breaks off", async () => {
    const { host } = recorded("bare-debian");
    host.write(DEV, "h\nh\neth0: 12 13\n");
    await expect(probe(linuxNetwork(host))).rejects.toThrow(Malformed);
  });
});

describe.runIf(process.platform === "linux")("the network sensor on this machine", () => {
  test("reads what there is", async () => {
    const sensor = linuxNetwork(nodeHost());
    await expect(probe(sensor)).resolves.toBeDefined();
    sensor.dispose();
  });
});
