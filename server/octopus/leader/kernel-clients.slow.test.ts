/** Kernels, guards and Jupyter servers at the leader's door: what they say arrives, and what they must not say does no harm. */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HostView } from "../../../protocol/messages/jupyter.ts";
import { KERNEL_LINK_VERSION } from "../../../protocol/messages/kernel.ts";
import { cellRecord, cellRef, KERNEL, KERNEL_START, kernelsState, kernelState } from "../../wire/testing.ts";
import { KernelRefused, type KernelReceiver } from "./kernel-clients.ts";
import { meeting, Stranger, TestWorker, type Meeting } from "./testing.ts";

let place: Meeting;
let leader: TestWorker;
let heard: unknown[][];
/** Of each question after the machine, whether a page in sight shows it. */
let watches: boolean[] = [];
/** What the leader says of its machine. */
let view: HostView | null;
const workers: TestWorker[] = [];
const strangers: Stranger[] = [];

/** Writes down what it hears. */
function receiver(into: unknown[][]): KernelReceiver {
  const note =
    (word: string) =>
    (...said: unknown[]): void =>
      void into.push([word, ...said]);
  return {
    greet: ({ kernel, executable, faults }) => into.push(["greet", kernel.pid, executable, faults]),
    part: ({ pid }) => into.push(["part", pid]),
    runs: ({ pid }, running) => into.push(["runs", pid, running?.cell.executionCount ?? null]),
    ended: ({ id }) => into.push(["ended", id]),
    guard: ({ pid }, state) => into.push(["guard", pid, state?.phase ?? null]),
    bell: () => ({ level: "WARN", sentence: "Disk / is nearly full." }),
    host: (watched) => {
      watches.push(watched);
      return Promise.resolve(view);
    },
    act: (act) => {
      into.push(["act", ...Object.keys(act)]);
      if ("guard" in act) return Promise.reject(new KernelRefused("It is not frozen."));
      return Promise.resolve("measure" in act ? cellRecord(9) : null);
    },
    showKernels: note("kernels"),
    showCell: note("cell"),
  };
}

async function worker(pid: number, into: unknown[][]): Promise<TestWorker> {
  const one = new TestWorker(place, pid, {}, receiver(into));
  workers.push(one);
  return one.start();
}

beforeEach(async () => {
  place = meeting();
  heard = [];
  watches = [];
  view = null;
  leader = await worker(1, heard);
});
afterEach(async () => {
  for (const one of strangers.splice(0)) one.socket.destroy();
  await Promise.all(workers.splice(0).map((one) => one.close()));
  place.remove();
});

/** Greets as the package in a kernel, or otherwise. */
function kernel(more: object = {}): Stranger {
  const one = new Stranger(place.paths.sockets[0]?.socket ?? "");
  strangers.push(one);
  const token = readFileSync(place.paths.sockets[0]?.token ?? "", "utf8");
  one.ask("kernel/hello", {
    ...{ protocol: KERNEL_LINK_VERSION, token, role: "kernel", kernel: KERNEL, version: "0.1.0" },
    ...{ executable: "/usr/bin/python3", faults: "/run/faults", ...more },
  });
  return one;
}

const guard = (more: object = {}) => kernel({ role: "guard", executable: "", faults: "", ...more });
const frozen = { phase: "frozen", limitBytes: 100, treeBytes: 99, since: KERNEL_START, reason: "It grows." };
const kernels = () => leader.leadership.door.kernels;

async function answer(one: Stranger, id: number): Promise<Readonly<Record<string, unknown>>> {
  await expect.poll(() => one.messages.find((message) => message["id"] === id)).toBeDefined();
  return one.messages.find((message) => message["id"] === id) ?? {};
}

async function refusal(one: Stranger): Promise<string> {
  await one.ended;
  return one.got;
}

describe("the package in a kernel", () => {
  it("is greeted, says what runs and what it cost, and asks how the bell stands", async () => {
    const one = kernel();
    expect(await answer(one, 1)).toMatchObject({ result: { protocol: KERNEL_LINK_VERSION, pid: 1, version: "1.2.3" } });
    one.tell("kernel/cell/started", { cell: cellRef(3), startedAt: cellRecord(3).startedAt });
    expect(await answer(one, one.ask("kernel/cell/ended", { record: cellRecord(3) }))).toMatchObject({ result: null });
    expect(await answer(one, one.ask("kernel/bell", null))).toMatchObject({
      result: { level: "WARN", sentence: "Disk / is nearly full." },
    });
    one.tell("kernel/cell/started", { cell: cellRef(4), startedAt: cellRecord(4).startedAt });
    one.tell("kernel/cell/idle", {});
    one.socket.end();
    await expect.poll(() => heard.at(-1)).toEqual(["part", KERNEL.pid]);
    expect(heard).toEqual([
      ["greet", KERNEL.pid, "/usr/bin/python3", "/run/faults"],
      ["runs", KERNEL.pid, 3],
      ["ended", "record-3"],
      ["runs", KERNEL.pid, null],
      ["runs", KERNEL.pid, 4],
      ["runs", KERNEL.pid, null],
      ["part", KERNEL.pid],
    ]);
  });

  it("may send five hundred records again at once while the next cell runs", async () => {
    const one = kernel();
    one.tell("kernel/cell/started", { cell: cellRef(900), startedAt: cellRecord(900).startedAt });
    const asked = Array.from({ length: 500 }, (_, index) =>
      one.ask("kernel/cell/ended", { record: cellRecord(index) }),
    );
    expect(await answer(one, asked.at(-1) ?? 0)).toMatchObject({ result: null });
    expect(heard.filter(([word]) => word === "ended")).toHaveLength(500);
    expect(heard.filter(([word]) => word === "runs")).toEqual([["runs", KERNEL.pid, 900]]);
  });

  it("that connects anew takes its own place, and the old connection ends without a word", async () => {
    const one = kernel();
    await answer(one, 1);
    const two = kernel();
    await answer(two, 1);
    await one.ended;
    expect(heard.map(([word]) => word)).toEqual(["greet", "greet"]);
    expect(kernels()?.list).toHaveLength(1);
  });

  it.each([
    ["a wrong token", { token: "0".repeat(64) }, "the token is wrong"],
    ["another form of the link", { protocol: 99 }, "they do not know each other. Update the older one"],
    ["no process", { kernel: { ...KERNEL, pid: 0 } }, "kernel.pid"],
    ["a role that there is none of", { role: "root" }, "role"],
  ])("with %s is refused in words and cut", async (_, more, words) => {
    expect(await refusal(kernel(more))).toContain(words);
    expect([heard, kernels()?.list]).toEqual([[], []]);
  });

  it("cannot speak for another kernel, of the day after tomorrow, or of what is no record", async () => {
    const one = kernel();
    const other = cellRecord(1, { kernel: { ...KERNEL, startedAt: KERNEL_START + 60_000 } });
    const later = cellRecord(1, { endedAt: Date.now() + 2 * 86_400_000 });
    const said = [other, later, { ...cellRecord(1), v: 7 }].map((record) => one.ask("kernel/cell/ended", { record }));
    const words = ["of another kernel", "after tomorrow", "cannot be used at record.v"];
    for (const [index, id] of said.entries()) {
      expect(JSON.stringify(await answer(one, id))).toContain(words[index]);
    }
    one.tell("kernel/cell/started", { cell: "print(1)", startedAt: 0 });
    expect(await answer(one, one.ask("kernel/bell", null))).toMatchObject({ result: { level: "WARN" } });
    expect(heard).toHaveLength(1);
  });

  it("gets nothing that is a window's, and is no window besides", async () => {
    const one = kernel();
    await answer(one, 1);
    for (const method of ["leader/wish", "leader/act", "leader/collect", "leader/kernel", "kernel/guard/state"]) {
      expect(JSON.stringify(await answer(one, one.ask(method, {})))).toContain("is not known here");
    }
    leader.leadership.door.tellKernels(kernelsState());
    await leader.hub.collectOnce();
    one.ask("leader/hello", { protocol: 5, token: "", pid: 3, version: "1" });
    await one.ended;
    expect(one.got).not.toMatch(/leader\/(snapshot|kernels|crabs)/);
    expect(leader.leadership.followers).toEqual([]);
  });

  it("with a message too long for a record is cut, and the leader goes on", async () => {
    const one = kernel();
    await answer(one, 1);
    one.socket.write("x".repeat(600 * 1024));
    await one.ended;
    expect(heard.at(-1)).toEqual(["part", KERNEL.pid]);
    expect(leader.role).toBe("leads");
  });

  it("has as many beside it as a person has, and windows find room all the same", async () => {
    const many = Array.from({ length: 128 }, (_, index) => kernel({ kernel: { ...KERNEL, pid: 1000 + index } }));
    for (const one of many) await answer(one, 1);
    expect(await refusal(kernel({ kernel: { ...KERNEL, pid: 5000 } }))).toContain("no more are taken");
    const follower = await worker(2, []);
    expect(follower.role).toBe("follows");
  });

  it("is let go when the kernel is gone, also where a child holds the connection", async () => {
    const one = kernel();
    const beside = guard();
    await Promise.all([answer(one, 1), answer(beside, 1)]);
    kernels()?.drop({ ...KERNEL, startedAt: KERNEL_START + 60_000 });
    expect(kernels()?.list).toHaveLength(2);
    kernels()?.drop(KERNEL);
    await Promise.all([one.ended, beside.ended]);
  });

  it("hears that this window leads no more, and is not greeted again by it", async () => {
    const one = kernel();
    await answer(one, 1);
    kernels()?.close();
    await one.ended;
    expect(await refusal(kernel())).toContain("leads no more");
  });
});

describe("the file in which a kernel's package writes what runs", () => {
  const file = () => path.join(place.folder, "kernel-4242-1700000000000.running");
  /** Null: it is idle. */
  const write = (count: number | null, startedAt = KERNEL_START) => {
    const line = count === null ? "" : `${JSON.stringify({ cell: cellRef(count), startedAt })}\n`;
    writeFileSync(file(), line.padEnd(65_536, "\0"), { mode: 0o600 });
  };
  const runs = () => heard.filter(([word]) => word === "runs").map(([, , count]) => count);
  const boxed = async () => {
    const one = kernel({ box: file() });
    expect(await answer(one, 1)).toMatchObject({ result: { box: true } });
    return one;
  };

  it("is read in place of messages, from what runs when it connects", async () => {
    write(7);
    const one = await boxed();
    expect(runs()).toEqual([7]);
    expect(kernels()?.busy(KERNEL)).toBe(true);
    write(8);
    await expect.poll(runs).toEqual([7, 8]);
    write(null);
    await expect.poll(runs).toEqual([7, 8, null]);
    expect(kernels()?.busy(KERNEL)).toBe(false);
    one.socket.end();
    await expect.poll(() => heard.at(-1)).toEqual(["part", KERNEL.pid]);
  });

  it("is read at once for who asks whether a cell runs, and what it ran when it left is the last word", async () => {
    write(null);
    const one = await boxed();
    write(9);
    expect(kernels()?.busy(KERNEL)).toBe(true);
    write(10);
    kernels()?.look(KERNEL);
    expect(runs()).toEqual([9, 10]);
    write(11);
    one.socket.end();
    await expect.poll(() => heard.at(-1)).toEqual(["part", KERNEL.pid]);
    expect(runs()).toEqual([9, 10, 11]);
  });

  it("and the record of a cell do not contradict each other, whichever comes first", async () => {
    const { startedAt } = cellRecord(3);
    write(3, startedAt);
    const one = await boxed();
    await answer(one, one.ask("kernel/cell/ended", { record: cellRecord(3) }));
    write(null);
    write(4, cellRecord(4).startedAt);
    kernels()?.look(KERNEL);
    await answer(one, one.ask("kernel/cell/ended", { record: cellRecord(3) }));
    write(null);
    kernels()?.look(KERNEL);
    await answer(one, one.ask("kernel/cell/ended", { record: cellRecord(4) }));
    expect(runs()).toEqual([3, null, 4, null]);
  });

  it("says what runs also where a message that is late names an earlier cell", async () => {
    write(null);
    const one = await boxed();
    one.tell("kernel/cell/started", { cell: cellRef(3), startedAt: cellRecord(3).startedAt });
    await expect.poll(runs).toEqual([3]);
    write(4, cellRecord(4).startedAt);
    kernels()?.look(KERNEL);
    one.tell("kernel/cell/started", { cell: cellRef(3), startedAt: cellRecord(3).startedAt });
    await answer(one, one.ask("kernel/cell/ended", { record: cellRecord(3) }));
    expect(runs()).toEqual([3, 4]);
    // The clock was set back: it ended by what is heard, and runs by what is written.
    await answer(one, one.ask("kernel/cell/ended", { record: cellRecord(9) }));
    kernels()?.look(KERNEL);
    expect(runs()).toEqual([3, 4, null, 4]);
  });

  it("is data: what is no begin of a cell is not believed", async () => {
    writeFileSync(file(), '{"cell":"print(1)","startedAt":0}\n'.padEnd(65_536, "\0"), { mode: 0o600 });
    await boxed();
    writeFileSync(file(), "{{{\n".padEnd(65_536, "\0"), { mode: 0o600 });
    expect(kernels()?.busy(KERNEL)).toBe(false);
    expect(runs()).toEqual([]);
  });

  it("that cannot be read is not waited for: the kernel is told to say itself what it runs", async () => {
    for (const box of ["", "/etc/shadow", file()]) {
      const one = kernel({ box, kernel: { ...KERNEL, pid: 5000 + box.length } });
      expect(await answer(one, 1)).toMatchObject({ result: { box: false } });
      one.tell("kernel/cell/started", { cell: cellRef(5), startedAt: KERNEL_START });
      one.tell("kernel/cell/idle", {});
      await expect.poll(() => runs().splice(-2)).toEqual([5, null]);
    }
    expect(await refusal(kernel({ box: "/a\nb" }))).toContain("box");
  });
});

describe("a memory guard", () => {
  it("says what it sees, and is told the user's answer while it holds the kernel frozen", async () => {
    const one = guard();
    await answer(one, 1);
    expect(kernels()?.answerGuard(KERNEL, "continue")).toBe(false);
    one.tell("kernel/guard/state", { state: { ...frozen, phase: "near" } });
    one.tell("kernel/guard/state", { state: frozen });
    await expect.poll(() => kernels()?.answerGuard({ ...KERNEL, startedAt: KERNEL_START + 3 }, "interrupt")).toBe(true);
    await expect
      .poll(() => one.messages.at(-1))
      .toMatchObject({ method: "kernel/guard/answer", params: { answer: "interrupt" } });
    one.socket.end();
    await expect
      .poll(() => heard.map(([word, , state]) => [word, state]))
      .toEqual([
        ["guard", "near"],
        ["guard", "frozen"],
        ["guard", null],
      ]);
    expect(kernels()?.answerGuard(KERNEL, "end")).toBe(false);
  });

  it("that says something else is not believed, and sends no records", async () => {
    const one = guard();
    one.tell("kernel/guard/state", { state: { ...frozen, phase: "killing" } });
    expect(JSON.stringify(await answer(one, one.ask("kernel/cell/ended", { record: cellRecord(1) })))).toContain(
      "not known here",
    );
    expect(heard).toEqual([]);
  });
});

describe("a Jupyter server", () => {
  const HOST: HostView = {
    ...{ time: KERNEL_START, node: "here", by: "worker", level: "WARN", headline: "Disk / is filling up: 92.0 %" },
    ...{ levels: [], alerts: [] },
  };
  const own = { pid: 900, startedAt: KERNEL_START, language: "jupyter", host: "here" };
  const server = (more: object = {}) => kernel({ role: "server", kernel: own, executable: "", faults: "", ...more });

  it("asks how the machine is: nothing is known before the first poll, then everything", async () => {
    const one = server();
    expect(await answer(one, 1)).toMatchObject({ result: { protocol: KERNEL_LINK_VERSION, pid: 1, version: "1.2.3" } });
    expect(await answer(one, one.ask("kernel/host", null))).toMatchObject({ result: null });
    view = HOST;
    expect(await answer(one, one.ask("kernel/host", { watched: true }))).toMatchObject({ result: HOST });
    expect(await answer(one, one.ask("kernel/host", { watched: "yes" }))).toMatchObject({ result: HOST });
    expect(watches).toEqual([false, true, false]);
    expect(await answer(one, one.ask("kernel/bell", null))).toMatchObject({ result: { level: "WARN" } });
  });

  it("is no kernel: nobody is told that one came, went or died", async () => {
    const one = server();
    await answer(one, 1);
    expect(kernels()?.list).toMatchObject([{ role: "server", kernel: own }]);
    expect(kernels()?.busy(own)).toBe(false);
    kernels()?.drop(own);
    expect(await answer(one, one.ask("kernel/host", null))).toMatchObject({ result: null });
    one.socket.end();
    await expect.poll(() => kernels()?.list).toEqual([]);
    expect(heard).toEqual([]);
  });

  it("may stand beside a second one of the same process, and up to as many as a person has", async () => {
    const many = Array.from({ length: 128 }, () => server());
    for (const one of many) await answer(one, 1);
    expect(await refusal(server())).toContain("no more are taken");
    expect(await answer(kernel(), 1)).toMatchObject({ result: { pid: 1 } });
  });

  it.each([
    ["a wrong token", { token: "0".repeat(64) }, "the token is wrong"],
    ["another form of the link", { protocol: 99 }, "the Jupyter server's extension is 0.1.0"],
  ])("with %s is refused in words and cut", async (_, more, words) => {
    view = HOST;
    const one = server(more);
    one.ask("kernel/host", null);
    expect(await refusal(one)).toContain(words);
    expect(one.got).not.toContain("filling up");
    expect(kernels()?.list).toEqual([]);
  });

  it("gets an answer to nothing else, and says nothing of cells", async () => {
    const one = server();
    await answer(one, 1);
    const others = ["kernel/cell/ended", "kernel/cell/started", "kernel/guard/state", "leader/wish", "leader/act"];
    for (const method of [...others, "leader/collect", "leader/kernel"]) {
      expect(JSON.stringify(await answer(one, one.ask(method, { record: cellRecord(1) })))).toContain("not known here");
    }
    one.tell("kernel/cell/started", { cell: cellRef(1), startedAt: KERNEL_START });
    one.tell("kernel/guard/state", { state: frozen });
    leader.leadership.door.tellKernels(kernelsState());
    expect(await answer(one, one.ask("kernel/host", null))).toMatchObject({ result: null });
    expect(one.got).not.toContain("leader/kernels");
    expect(heard).toEqual([]);
    one.ask("leader/hello", { protocol: 5, token: "", pid: 3, version: "1" });
    await one.ended;
    expect(leader.leadership.followers).toEqual([]);
  });

  it("alone is told of the machine: a kernel and a guard ask in vain", async () => {
    view = HOST;
    for (const one of [kernel(), guard()]) {
      expect(JSON.stringify(await answer(one, one.ask("kernel/host", null)))).toContain("not known here");
    }
  });
});

describe("a window that follows", () => {
  it("hears of kernels and cells, also of those that came before it", async () => {
    const { door } = leader.leadership;
    const shown: unknown[][] = [];
    door.tellKernels(kernelsState());
    door.tellCell(cellRecord(1));
    const follower = await worker(2, shown);
    const state = kernelsState(kernelState({ measured: true }));
    door.tellKernels(state);
    door.tellCell(cellRecord(2));
    await expect
      .poll(() => shown)
      .toEqual([
        ["kernels", kernelsState()],
        ["cell", cellRecord(1)],
        ["kernels", state],
        ["cell", cellRecord(2)],
      ]);
    expect(follower.role).toBe("follows");
  });

  it("has the leader do what its user wants, and hears why it does not", async () => {
    const follower = await worker(2, []);
    const link = follower.leadership.leader;
    const id = { pid: KERNEL.pid, startedAt: KERNEL_START };
    expect(await link?.actKernel({ runs: { ...id, cell: null, since: 5, leaving: false } })).toBeNull();
    const measure = { ...id, cell: cellRef(9), from: 1, to: 2, outcome: "ok" } as const;
    expect(await link?.actKernel({ measure })).toEqual(cellRecord(9));
    await expect(link?.actKernel({ guard: { ...id, answer: "end" } })).rejects.toThrow("It is not frozen.");
    expect(heard.map(([, act]) => act)).toEqual(["runs", "measure", "guard"]);
    expect(leader.leadership.leader).toBeNull();
  });
});
