import { once } from "node:events";
import { connect, createServer, type AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { nodeHost } from "../../host/node.ts";
import { probe, probeTwice, recorded } from "../probe.ts";
import { Malformed, NoData } from "../rhopalium.ts";
import { linuxTcp } from "./linux.ts";

const SNMP = "/proc/net/snmp";
const state = (name: string) => ({ "network.transport": "tcp", "network.connection.state": name });
const sockets = (name: string) => ({ "gorgon.tcp.socket.state": name });

describe("the TCP sensor on Linux", () => {
  test("counts connections by state, of both IP versions together", async () => {
    const found = await probe(linuxTcp(recorded("bare-debian").host));
    const count = (name: string) => found.value("system.network.connection.count", state(name));
    expect([count("established"), count("listen"), count("time_wait"), count("close_wait")]).toEqual([7, 5, 4, 1]);
    // One of them is a request that nobody has accepted yet.
    expect(count("syn_received")).toBe(2);
    // A state that no connection is in is a 0, so that a rule on it can judge.
    expect(count("fin_wait_2")).toBe(0);
  });

  test("tells sockets, retransmits and what listening sockets dropped", async () => {
    const found = await probe(linuxTcp(recorded("bare-debian").host));
    expect(found.value("gorgon.tcp.sockets", sockets("inuse"))).toBe(48);
    expect(found.value("gorgon.tcp.sockets", sockets("orphan"))).toBe(1);
    expect(found.value("gorgon.tcp.sockets", sockets("time_wait"))).toBe(18);
    expect(found.value("gorgon.tcp.retransmits")).toBe(3680);
    expect(found.value("gorgon.tcp.listen.overflows")).toBe(7);
    expect(found.value("gorgon.tcp.listen.drops")).toBe(9);
    expect(found.value("gorgon.tcp.timeouts")).toBe(812);
    expect(found.value("gorgon.tcp.connections", { "gorgon.tcp.connection.event": "accepted" })).toBe(5580);
  });

  test("tells which share of the segments was sent again, from the second reading on", async () => {
    const { host, clock } = recorded("bare-debian");
    const sensor = linuxTcp(host);
    expect((await probe(sensor)).value("gorgon.tcp.retransmit.ratio")).toBeUndefined();
    clock.advance(30_000);
    host.write(SNMP, host.files.text(SNMP).replace("1021030 3680", "1021930 3780"));
    expect((await probe(sensor)).value("gorgon.tcp.retransmit.ratio")).toBeCloseTo(0.1, 12);
    clock.advance(30_000);
    // Nothing was sent, so nothing was sent in vain.
    expect((await probe(sensor)).value("gorgon.tcp.retransmit.ratio")).toBe(0);
  });

  test("gives no ratio over a restart of the counters", async () => {
    const { host, clock } = recorded("bare-debian");
    const found = await probeTwice(linuxTcp(host), clock, 30_000, () =>
      host.write(SNMP, host.files.text(SNMP).replace("1021030 3680", "30 1")),
    );
    expect(found.value("gorgon.tcp.retransmit.ratio")).toBeUndefined();
  });

  test("leaves the table alone while there are too many connections", async () => {
    const { host } = recorded("bare-debian");
    host.write("/proc/net/sockstat", "TCP: inuse 9000 orphan 1 tw 18 alloc 60 mem 12\n");
    const found = await probe(linuxTcp(host));
    expect(found.values("system.network.connection.count", "network.connection.state")).toEqual([]);
    expect(host.asked.get("/proc/net/tcp")).toBeUndefined();
    expect(found.value("gorgon.tcp.sockets", sockets("inuse"))).toBe(9007);
  });

  test("gets along with a machine without IPv6, and with a kernel that has fewer counters", async () => {
    const { host } = recorded("bare-debian");
    for (const path of ["tcp6", "sockstat6", "netstat"]) host.remove(`/proc/net/${path}`);
    const found = await probe(linuxTcp(host));
    expect(found.value("system.network.connection.count", state("established"))).toBe(6);
    expect(found.value("gorgon.tcp.timeouts")).toBeUndefined();
    expect(found.value("gorgon.tcp.retransmits")).toBe(3680);
  });

  test("says that there is no TCP, and refuses names without their values", async () => {
    const { host } = recorded("bare-debian");
    const text = host.files.text(SNMP);
    host.write(SNMP, text.replace(/^Tcp: 1 .*$/m, "Tcp: 1 200"));
    await expect(probe(linuxTcp(host))).rejects.toThrow(Malformed);
    host.write(SNMP, text.replace(/^Tcp: .*\n/gm, ""));
    await expect(probe(linuxTcp(host))).rejects.toThrow(NoData);
  });
});

describe.runIf(process.platform === "linux")("the TCP sensor on this machine", () => {
  test("counts a connection that is made", async () => {
    const sensor = linuxTcp(nodeHost());
    const established = async () =>
      (await probe(sensor)).value("system.network.connection.count", state("established")) ?? 0;
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const sockets = Array.from({ length: 20 }, () => connect((server.address() as AddressInfo).port, "127.0.0.1"));
    await Promise.all(sockets.map((socket) => once(socket, "connect")));
    // Both ends are on this machine.
    expect(await established()).toBeGreaterThanOrEqual(40);
    for (const socket of sockets) socket.destroy();
    server.close();
    sensor.dispose();
  });
});
