/** The contract on chunks: samples in RAM and journal, sealed in the file, and read by a follower. */
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, describe } from "vitest";
import { ManualClock } from "../../host/manual-clock.ts";
import { ChunkStore } from "./chunk-store.ts";
import { storeContract, type ContractOptions } from "./contract.ts";

const folders: string[] = [];
const open: ChunkStore[] = [];

export function tempFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-chunks-"));
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function make(start: number, options: ContractOptions): { store: ChunkStore; clock: ManualClock } {
  const clock = new ManualClock(start);
  const store = new ChunkStore({ path: path.join(tempFolder(), "history.db"), clock, ...options });
  open.push(store);
  return { store, clock };
}

describe("a chunk store whose samples are in the journal", () => {
  storeContract(make, (store) => store.flush());
});

describe("a chunk store whose samples are sealed", () => {
  storeContract(make, (store) => (store as ChunkStore).sealNow());
});
