/** Kernels of one worker: what it does where it leads, what it shows where it follows, and what goes from one to the other. */
import { describe, expect, it } from "vitest";
import type { CellRecord } from "../protocol/cell.ts";
import type { KernelDeath, KernelsState } from "../protocol/kernel.ts";
import type { KernelAct } from "../protocol/messages/leader.ts";
import { leveledLog, silentLog } from "./host/log.ts";
import { ManualClock } from "./host/manual-clock.ts";
import { Kernels } from "./kernels.ts";
import { MemoryCells } from "./octopus/store/cells.ts";
import { NoData } from "./rhopalia/rhopalium.ts";
import type { KernelId, KernelWatching } from "./rhopalia/kernel/watching.ts";
import { cellRecord, cellRef, KERNEL, KERNEL_START, kernelsState, kernelState } from "./wire/testing.ts";

const ID = { pid: KERNEL.pid, startedAt: KERNEL_START };
const everything = { from: -Infinity, to: Infinity, kernel: null, hashes: [], limit: 100 };
const RUN = { ...ID, cell: cellRef(9), from: 1, to: 2, outcome: "ok" } as const;

/** Writes down what it is told, and tells what a test says. */
class Watching implements KernelWatching {
  readonly told: unknown[][] = [];
  wantedMs = 5000;
  closed = false;
  now = kernelsState();
  measured: CellRecord | null = null;
  #change: (state: KernelsState) => void = () => undefined;
  vanish: (kernel: KernelId) => void = () => undefined;
  #death: (death: KernelDeath) => void = () => undefined;
  #record: (record: CellRecord) => void = () => undefined;
  readonly sensor: KernelWatching["sensor"];

  constructor() {
    const wantedMs = () => this.wantedMs;
    this.sensor = {
      name: "kernel",
      metrics: [],
      read: () => [],
      dispose: () => undefined,
      deadlineMs: 2000,
      get wantedMs() {
        return wantedMs();
      },
    };
  }

  state = () => this.now;
  /** What the next search finds. */
  next: KernelsState | null = null;
  scan = () => {
    this.told.push(["scan"]);
    if (this.next !== null) this.change(this.next);
    return Promise.resolve();
  };
  onChange(listener: (state: KernelsState) => void) {
    this.#change = listener;
    return { dispose: () => undefined };
  }
  onVanished(listener: (kernel: KernelId) => void) {
    this.vanish = listener;
    return { dispose: () => undefined };
  }
  onDeath(listener: (death: KernelDeath) => void) {
    this.#death = listener;
    return { dispose: () => undefined };
  }
  onRecord(listener: (record: CellRecord) => void) {
    this.#record = listener;
    return { dispose: () => undefined };
  }
  greet = (greeting: object) => void this.told.push(["greet", greeting]);
  part = (kernel: object) => void this.told.push(["part", kernel]);
  setRunning = (kernel: object, running: unknown) => void this.told.push(["runs", kernel, running]);
  setLeaving = (kernel: object) => void this.told.push(["leaving", kernel]);
  setGuard = (kernel: object, guard: unknown) => void this.told.push(["guard", kernel, guard]);
  measure = () => this.measured;
  close = () => {
    this.closed = true;
    return Promise.resolve();
  };

  change(state: KernelsState): void {
    this.now = state;
    this.#change(state);
  }
  die(record: CellRecord | null): void {
    this.#death({ kernel: KERNEL } as KernelDeath);
    if (record !== null) this.#record(record);
  }
}

/** The door as the worker that leads has it: what goes out, and kernels whose packages say that a cell runs. */
function door(busy: readonly number[] = [], frozen = false) {
  const out: unknown[][] = [];
  const kernels = {
    list: [],
    busy: ({ pid }: { readonly pid: number }) => busy.includes(pid),
    answerGuard: (_: object, answer: string) => {
      if (frozen) out.push(["answer", answer]);
      return frozen;
    },
    look: ({ pid }: { readonly pid: number }) => void out.push(["look", pid]),
    drop: ({ pid }: { readonly pid: number }) => void out.push(["drop", pid]),
    close: () => void out.push(["close"]),
  };
  return {
    out,
    door: {
      tellAlerts: () => undefined,
      tellKernels: (state: KernelsState) => void out.push(["kernels", state.kernels.length]),
      tellCell: ({ id }: CellRecord) => void out.push(["cell", id]),
      kernels: kernels as never,
    },
  };
}

function setUp(at: ReturnType<typeof door> = door()) {
  const clock = new ManualClock(KERNEL_START);
  const watches: Watching[] = [];
  const passed: KernelAct[] = [];
  const cells = new MemoryCells(clock, Infinity);
  /** What the leader that this worker follows answers; null: it follows nobody. */
  let leader: { readonly actKernel: (act: KernelAct) => Promise<CellRecord | null>; readonly act: never } | null = null;
  const kernels = new Kernels({
    clock,
    log: silentLog,
    watch: () => {
      const one = new Watching();
      watches.push(one);
      return one;
    },
    leadership: () => ({ door: at.door, leader }),
    keeper: () => cells,
    bell: () => ({ level: "OK", sentence: "All is well" }),
    host: () => Promise.resolve(null),
  });
  const shown: string[] = [];
  kernels.onState((state) => shown.push(`${String(state.kernels.length)} kernels`));
  kernels.onCell(({ id }) => shown.push(id));
  const follow = (record: CellRecord | null = null) => {
    const actKernel = (act: KernelAct) => {
      passed.push(act);
      return Promise.resolve(record);
    };
    leader = { actKernel, act: undefined as never };
  };
  const watching = () => {
    const last = watches.at(-1);
    if (last === undefined) throw new Error("it does not watch");
    return last;
  };
  return { clock, kernels, shown, cells, watches, watching, passed, follow, out: at.out };
}

describe("a worker that leads", () => {
  it("tells its window and the others what it sees, and each record once", () => {
    const { kernels, watching, shown, cells, out } = setUp();
    kernels.begin();
    watching().change(kernelsState(kernelState()));
    kernels.ended(cellRecord(1));
    kernels.ended(cellRecord(1));
    expect(shown).toEqual(["0 kernels", "1 kernels", "record-1"]);
    expect(out).toEqual([
      ["kernels", 0],
      ["kernels", 1],
      ["cell", "record-1"],
    ]);
    expect([kernels.cells(everything), kernels.kept, cells.count()]).toEqual([[cellRecord(1)], 1, 1]);
    expect(kernels.state()).toEqual(kernelsState(kernelState()));
  });

  it("looks up what a kernel ran as soon as that is seen to be gone, before its end is judged", () => {
    const { kernels, watching, out } = setUp();
    kernels.begin();
    watching().vanish(KERNEL);
    watching().die(null);
    expect(out).toEqual([
      ["kernels", 0],
      ["look", KERNEL.pid],
      ["drop", KERNEL.pid],
    ]);
  });

  it("keeps and tells what a window wanted measured, and the cell in which a kernel died", async () => {
    const { kernels, watching, shown, out } = setUp();
    kernels.begin();
    expect(await kernels.wish({ measure: RUN })).toBeNull();
    watching().measured = cellRecord(9, { by: "outside" });
    expect(await kernels.wish({ measure: RUN })).toEqual(cellRecord(9, { by: "outside" }));
    watching().die(cellRecord(10, { outcome: "died" }));
    expect(shown).toEqual(["0 kernels", "record-9", "record-10"]);
    // A child may hold the connection of a kernel that is gone.
    expect(out.slice(1)).toEqual([
      ["cell", "record-9"],
      ["drop", KERNEL.pid],
      ["cell", "record-10"],
    ]);
  });

  it("hears from a window what runs, but believes the package that has said what runs", async () => {
    const { kernels, watching } = setUp(door([1]));
    kernels.begin();
    await kernels.wish({ runs: { ...ID, cell: cellRef(1), leaving: false } });
    await kernels.wish({ runs: { ...ID, cell: null, leaving: true } });
    await kernels.wish({ runs: { ...ID, pid: 1, cell: cellRef(1), leaving: true } });
    expect(watching().told).toEqual([
      ["runs", ID, { cell: cellRef(1), startedAt: KERNEL_START }],
      ["leaving", ID],
      ["runs", ID, null],
      ["leaving", { ...ID, pid: 1 }],
    ]);
  });

  it("searches for new kernels when somebody asks for them", async () => {
    const { kernels, watching, out } = setUp();
    kernels.begin();
    watching().next = kernelsState(kernelState());
    expect((await kernels.find()).kernels).toHaveLength(1);
    expect(watching().told).toEqual([["scan"]]);
    // Those that follow have been told before they are answered.
    expect(out.at(-1)).toEqual(["kernels", 1]);
  });

  it("passes the answer on to the guard that holds a kernel frozen, and refuses it where none does", async () => {
    const at = door([], true);
    const { kernels } = setUp(at);
    kernels.begin();
    expect(await kernels.wish({ guard: { ...ID, answer: "interrupt" } })).toBeNull();
    expect(at.out.at(-1)).toEqual(["answer", "interrupt"]);
    const other = setUp().kernels;
    other.begin();
    await expect(other.wish({ guard: { ...ID, answer: "end" } })).rejects.toThrow(/No memory guard holds .*4711/);
  });

  it("polls as often as the sensor wants", () => {
    const { kernels, watching, clock } = setUp();
    expect(kernels.crabs({ node: "here", clock })).toEqual([]);
    kernels.begin();
    const [crab] = kernels.crabs({ node: "here", clock });
    expect(crab).toMatchObject({ name: "kernels", intervalMs: 5000 });
    watching().wantedMs = 1000;
    watching().change(kernelsState(kernelState()));
    expect(crab?.intervalMs).toBe(1000);
  });

  it("looks again as soon as ever while there is no kernel, because one may start at any moment", async () => {
    const { kernels, watching, clock } = setUp();
    kernels.begin();
    let looks = 0;
    watching().sensor.read = () => {
      looks += 1;
      throw new NoData("no kernel runs");
    };
    const [crab] = kernels.crabs({ node: "here", clock, jitter: 0 });
    crab?.start();
    await clock.advanceAsync(20_100);
    expect(looks).toBeGreaterThanOrEqual(4);
    await crab?.dispose();
  });

  it("takes nothing more once it closes, before its history does", async () => {
    const { kernels, watching, out } = setUp();
    kernels.begin();
    const seen = watching();
    await kernels.close();
    expect([out.at(-1), seen.closed]).toEqual([["close"], true]);
  });
});

describe("a worker that follows", () => {
  it("shows what the leader tells, each record once, and keeps it in its memory", () => {
    const { kernels, shown, out } = setUp();
    kernels.showKernels(kernelsState(kernelState()));
    kernels.showCell(cellRecord(1));
    kernels.showCell(cellRecord(1));
    expect(shown).toEqual(["1 kernels", "record-1"]);
    expect([kernels.state(), kernels.cells(everything)]).toEqual([kernelsState(kernelState()), [cellRecord(1)]]);
    expect(out).toEqual([]);
  });

  it("has the leader search for new kernels, and shows what it knows where nobody leads", async () => {
    const { kernels, passed, follow } = setUp();
    kernels.showKernels(kernelsState(kernelState()));
    expect((await kernels.find()).kernels).toHaveLength(1);
    follow();
    expect((await kernels.find()).kernels).toHaveLength(1);
    expect(passed).toEqual([{ find: true }]);
  });

  it("has the leader do what its window wants, and says to the next one what still runs", async () => {
    const { kernels, passed, follow, watches, clock } = setUp();
    await expect(kernels.wish({ measure: RUN })).rejects.toThrow(/No window watches kernels at this moment/);
    // Said while nobody led.
    await expect(kernels.wish({ runs: { ...ID, cell: cellRef(1), leaving: false } })).rejects.toThrow();
    clock.jump(1000);
    follow(cellRecord(9));
    kernels.sayAgain();
    expect(await kernels.wish({ measure: RUN })).toEqual(cellRecord(9));
    await kernels.wish({ runs: { ...ID, cell: null, leaving: false } });
    kernels.sayAgain();
    const runs = { ...ID, cell: cellRef(1), since: KERNEL_START, leaving: false };
    const idle = { ...runs, cell: null, since: KERNEL_START + 1000 };
    expect(passed).toEqual([{ runs }, { measure: RUN }, { runs: idle }]);
    expect(watches).toEqual([]);
  });
});

describe("a worker that", () => {
  it("follows another now shows what it saw last until that one speaks", async () => {
    const { kernels, watching } = setUp();
    kernels.begin();
    watching().change(kernelsState(kernelState()));
    await kernels.rest();
    expect([kernels.state(), watching().closed]).toEqual([kernelsState(kernelState()), true]);
    kernels.showKernels(kernelsState());
    expect(kernels.state()).toEqual(kernelsState());
  });

  it("leads now shows what the last leader told until it has looked itself, and remembers that one's deaths", async () => {
    const { kernels, watching, clock, shown } = setUp();
    const death = { id: "d", kernel: KERNEL, time: KERNEL_START } as KernelDeath;
    kernels.showKernels({ ...kernelsState(kernelState()), deaths: [death] });
    kernels.begin();
    watching().change(kernelsState());
    expect(kernels.state().kernels).toHaveLength(1);
    const [crab] = kernels.crabs({ node: "here", clock });
    await crab?.collectOnce();
    expect(kernels.state()).toEqual({ ...kernelsState(), deaths: [death] });
    expect(shown).toEqual(["1 kernels", "1 kernels", "0 kernels"]);
    clock.jump(3_600_000);
    expect(kernels.state().deaths).toEqual([]);
  });

  it("cannot watch says so and goes on", () => {
    const lines: string[] = [];
    const log = leveledLog(
      (_, line) => lines.push(line),
      () => "debug",
    );
    const watch = () => {
      throw new Error("no processes here");
    };
    const clock = new ManualClock(KERNEL_START);
    const cells = new MemoryCells(clock, Infinity);
    const kernels = new Kernels({
      clock,
      log,
      watch,
      leadership: () => null,
      keeper: () => cells,
      bell: () => null,
      host: () => Promise.resolve(null),
    });
    kernels.begin();
    expect(lines).toEqual(["Kernels are not watched: no processes here"]);
    expect(kernels.state().kernels).toEqual([]);
  });
});
