/** What must stand under the cells of a notebook: the server's records, each with the cell that it names. */
import { withRecord, type CellCost } from "../../protocol/cell-cost.ts";
import { costParts } from "../../protocol/cell-items.ts";
import { parseRecords } from "../../protocol/cell-parse.ts";
import { SHOWN, type CellRecord } from "../../protocol/cell.ts";
import type { JupyterServer } from "./server.ts";

const OPTIONS = { show: SHOWN, minWallMs: 0, shares: { warn: 0.8, crit: 0.95 } };

/** The runs of a notebook that the server remembers, oldest first. */
export async function recordsOf(server: JupyterServer, path: string): Promise<readonly CellRecord[]> {
  const response = await server.api(`gorgon/api/records?path=${encodeURIComponent(path)}`);
  if (!response.ok) throw new Error(`the server answered ${String(response.status)}`);
  return parseRecords(await response.json());
}

/** The parts of each cell's footer by the cell's place; the cells' ids are those of writeNotebook. */
export function footersOf(records: readonly CellRecord[]): ReadonlyMap<number, readonly string[]> {
  const costs = new Map<number, CellCost>();
  for (const record of records) {
    const place = Number(/^cell-(\d+)$/.exec(record.cell.id ?? "")?.[1] ?? NaN);
    if (!Number.isNaN(place)) costs.set(place, withRecord(costs.get(place) ?? null, record));
  }
  return new Map([...costs].map(([place, cost]) => [place, costParts(cost, OPTIONS).map(({ text }) => text)]));
}
