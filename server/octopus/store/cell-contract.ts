/** What every store must do with records of cells. */
import { describe, expect, it } from "vitest";
import { cellRecord, cellRef, KERNEL, KERNEL_START } from "../../wire/testing.ts";
import type { CellQuery } from "./cells.ts";
import type { StoreUnderTest } from "./contract.ts";

const MINUTE = 60_000;

function ask(more: Partial<CellQuery> = {}): CellQuery {
  return { from: -Infinity, to: Infinity, kernel: null, hashes: [], limit: 100, ...more };
}

/** Runs the cases; `fresh` gives a store on a clock that begins when the kernel of the records does. */
export function cellContract(
  fresh: (options?: { readonly retentionMs: number }) => Promise<StoreUnderTest> | StoreUnderTest,
): void {
  describe("records of cells", () => {
    async function kept(count: number) {
      const { store, clock } = await fresh();
      store.cells.keep(Array.from({ length: count }, (_, index) => cellRecord(index)));
      const ids = (more: Partial<CellQuery> = {}) => store.cells.list(ask(more)).map(({ id }) => id);
      return { store, clock, ids };
    }

    it("come back whole, newest first, at most as many as are wanted", async () => {
      const { store, ids } = await kept(4);
      expect(store.cells.list(ask({ limit: 1 }))).toEqual([cellRecord(3)]);
      expect(ids()).toEqual(["record-3", "record-2", "record-1", "record-0"]);
      expect(store.cells.count()).toBe(4);
    });

    it("are kept once by their ids, and the first stays", async () => {
      const { store } = await kept(2);
      expect(store.cells.keep([cellRecord(1, { outcome: "died" }), cellRecord(2), cellRecord(2)])).toEqual([
        "record-2",
      ]);
      expect(store.cells.count()).toBe(3);
      expect(store.cells.list(ask()).map(({ outcome }) => outcome)).toEqual(["ok", "ok", "ok"]);
    });

    it("are those of runs that touch the time, `to` itself left out", async () => {
      const { ids } = await kept(5);
      // Each runs for a second from its minute on.
      expect(ids({ from: KERNEL_START + MINUTE + 1000, to: KERNEL_START + 3 * MINUTE })).toEqual([
        "record-2",
        "record-1",
      ]);
      expect(ids({ from: KERNEL_START + MINUTE + 1001, to: KERNEL_START + 2 * MINUTE })).toEqual([]);
    });

    it("are those of one process, and not of another that took its pid later", async () => {
      const { store, ids } = await kept(1);
      const later = { ...KERNEL, startedAt: KERNEL_START + MINUTE };
      store.cells.keep([cellRecord(5, { kernel: later }), cellRecord(6, { kernel: { ...KERNEL, pid: 2 } })]);
      expect(ids({ kernel: KERNEL })).toEqual(["record-0"]);
      expect(ids({ kernel: { ...later, startedAt: later.startedAt + 12.5 } })).toEqual(["record-5"]);
    });

    it("are those of the cells asked for", async () => {
      const { ids } = await kept(5);
      expect(ids({ hashes: [cellRef(1).hash, cellRef(4).hash, "'; DROP TABLE cell_record; --"] })).toEqual([
        "record-4",
        "record-1",
      ]);
    });

    it("hold any text as it is", async () => {
      const { store } = await kept(0);
      const hostile = cellRecord(1, { cell: { ...cellRef(1), label: "<b>'\"; DROP TABLE cell_record; --\\" } });
      store.cells.keep([hostile]);
      expect(store.cells.list(ask())).toEqual([hostile]);
    });

    it("go when they are older than anything that is kept", async () => {
      const { store, clock } = await fresh({ retentionMs: 10 * MINUTE });
      store.cells.keep([cellRecord(0), cellRecord(8)]);
      await clock.advanceAsync(9 * MINUTE);
      await store.flush();
      expect(store.cells.count()).toBe(2);
      await clock.advanceAsync(5 * MINUTE);
      await store.flush();
      expect(store.cells.list(ask()).map(({ id }) => id)).toEqual(["record-8"]);
      expect(store.cells.count()).toBe(1);
    });
  });
}
