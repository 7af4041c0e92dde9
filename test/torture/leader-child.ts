/**
 * A worker's leadership alone, to be killed: says over IPC what it is, and notes every moment at which it leads in a
 * file that all of them append to.
 */
import { appendFileSync } from "node:fs";
import path from "node:path";
import { CrabGuardian } from "../../server/crabs/guardian.ts";
import { silentLog } from "../../server/host/log.ts";
import { systemClock } from "../../server/host/node.ts";
import { Leadership } from "../../server/octopus/leader/leadership.ts";
import { Octopus } from "../../server/octopus/octopus.ts";
import { BEAT_MS, systemMs, witnessFile, type LeaderNews, type LeaderTask } from "./leader-witness.ts";

async function run({ folder }: LeaderTask): Promise<void> {
  const hub = new Octopus({ node: "torture", clock: systemClock });
  const place = { folder, socket: path.join(folder, "l.sock"), token: path.join(folder, "l.token") };
  const leadership = new Leadership({
    paths: {
      leader: path.join(folder, "leader.db"),
      announcement: path.join(folder, "leader.json"),
      sockets: [place],
    },
    clock: systemClock,
    log: silentLog,
    me: { pid: process.pid, version: "0", node: "torture" },
    wish: {
      intervalMs: 500,
      rules: [],
      gpu: [],
      historyMs: null,
      window: { worker: "w", notifies: false, focusedAt: null },
    },
  });
  const note = () => {
    // What a leader does is done only while the lock is held: that is what must never overlap.
    if (leadership.role.role !== "leads" || !leadership.mayWrite()) return;
    appendFileSync(witnessFile(folder), `${String(process.pid)} ${String(systemMs())}\n`);
  };
  leadership.onRole(({ role, leader }) => {
    if (role === "leads" || role === "alone") {
      hub.replaceCrabs([
        new CrabGuardian({ name: "guardian", node: "torture", sensors: [], clock: systemClock, intervalMs: 500 }),
      ]);
    }
    note();
    const news: LeaderNews = { at: systemMs(), role, leader };
    process.send?.(news);
  });
  leadership.onRelays((crabs) => hub.replaceCrabs(crabs));
  setInterval(note, BEAT_MS);
  process.on("disconnect", () => process.exit(0));
  process.on("SIGTERM", () => {
    void hub
      .close()
      .then(() => leadership.close())
      .then(() => process.exit(0));
  });
  hub.start();
  await leadership.start(hub);
}

await run(JSON.parse(process.argv[2] ?? "{}") as LeaderTask);
