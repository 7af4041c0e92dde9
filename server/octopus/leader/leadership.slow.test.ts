/** One of several workers leads, the others follow, and somebody leads again whatever happens to the leader's files. */
import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Rule } from "../../../protocol/bell.ts";
import type { LinkWish } from "../../../protocol/messages/leader.ts";
import { systemClock } from "../../host/node.ts";
import { lookForLeader } from "./look.ts";
import { meeting, PLAIN_WISH, TestWorker, type Meeting } from "./testing.ts";

let place: Meeting;
const workers: TestWorker[] = [];

beforeEach(() => {
  place = meeting();
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((one) => one.close()));
  place.remove();
});

function worker(...args: [pid: number, wish?: ConstructorParameters<typeof TestWorker>[2]]): TestWorker {
  const one = new TestWorker(place, ...args);
  workers.push(one);
  return one;
}

const RULE: Rule = {
  id: "load",
  title: "Load",
  metric: "system.cpu.load_average.1m",
  match: {},
  direction: "above",
  warn: 4,
  crit: null,
  origin: "workspace demo",
};

test("the first worker leads, the second follows and shows the same snapshots", async () => {
  const first = await worker(1).start();
  expect(first.leadership.role).toMatchObject({ role: "leads", leader: 1, reason: "" });
  const second = await worker(2).start();
  expect(second.leadership.role).toMatchObject({ role: "follows", leader: 1, reason: "" });
  expect([first.leadership.mayWrite(), second.leadership.mayWrite()]).toEqual([true, false]);
  await first.hub.collectOnce();
  const ids = (one: TestWorker) => one.hub.getBuffer().map(({ id }) => id);
  await expect.poll(() => ids(second)).toEqual(ids(first));
  expect(second.hub.latest("test.count")[0]?.reading.value).toBe(first.hub.latest("test.count")[0]?.reading.value);
});

test("a follower that comes late gets what was sensed in the last seconds", async () => {
  const first = await worker(1).start();
  await first.hub.collectOnce();
  await first.hub.collectOnce();
  const second = await worker(2).start();
  await expect.poll(() => second.hub.getBuffer().length).toBe(first.hub.getBuffer().length);
});

test("a poll asked for in a window that follows is made by the one that leads", async () => {
  const first = await worker(1).start();
  const second = await worker(2).start();
  const [snapshot] = await second.hub.collectOnce("guardian");
  expect(snapshot?.id).toBe(first.hub.getBuffer().at(-1)?.id);
  expect(second.hub.getBuffer().at(-1)).toEqual(snapshot);
});

test("the leader knows what each follower wishes, and forgets it when the follower goes", async () => {
  const first = await worker(1, { intervalMs: 5000 }).start();
  const wish: Partial<LinkWish> = { intervalMs: 2000, rules: [RULE], gpu: ["devices"], historyMs: 1000 };
  const second = await worker(2, wish).start();
  await expect.poll(() => first.leadership.followers).toEqual([{ pid: 2, wish: { ...PLAIN_WISH, ...wish } }]);
  expect(first.leadership.wishes).toMatchObject({ intervalMs: 2000, rules: [RULE], gpu: ["devices"], historyMs: 1000 });
  // The workspace is trusted no more: its rules go with the next wish.
  second.leadership.setWish({ ...PLAIN_WISH, ...wish, intervalMs: 3000, rules: [] });
  await expect.poll(() => first.leadership.wishes).toMatchObject({ intervalMs: 3000, rules: [], gpu: ["devices"] });
  await second.close();
  await expect.poll(() => first.leadership.followers).toEqual([]);
  expect(first.leadership.wishes).toMatchObject({ intervalMs: 5000, rules: [], gpu: [], historyMs: null });
});

test("a change of the leader's interval reaches the followers", async () => {
  const first = await worker(1).start();
  const second = await worker(2).start();
  first.hub.get("guardian").setInterval(750);
  await first.hub.collectOnce();
  await expect.poll(() => second.hub.get("guardian").intervalMs).toBe(750);
});

test("when the leader ends, one other leads, senses by itself and may write; the rest follow it", async () => {
  const first = await worker(1).start();
  const others = [await worker(2).start(), await worker(3).start()];
  await first.close();
  await expect.poll(() => others.map(({ role }) => role).sort()).toEqual(["follows", "leads"]);
  const next = others.find(({ role }) => role === "leads");
  const rest = others.find(({ role }) => role === "follows");
  expect(next?.leadership.mayWrite()).toBe(true);
  const polled = await next?.hub.collectOnce();
  await expect.poll(() => rest?.hub.getBuffer().at(-1)?.id).toBe(polled?.at(-1)?.id);
});

test("socket, token and note are this user's alone", async () => {
  await worker(1).start();
  const { announcement, leader, sockets } = place.paths;
  for (const file of [announcement, leader, sockets[0]?.token ?? "", sockets[0]?.socket ?? ""]) {
    expect([file, statSync(file).mode & 0o777]).toEqual([file, 0o600]);
  }
  expect(statSync(place.folder).mode & 0o777).toBe(0o700);
});

test("a leader whose lock file is removed stands down before another leads", { timeout: 15_000 }, async () => {
  const first = await worker(1).start();
  rmSync(place.paths.leader);
  const second = worker(2);
  expect(second.leadership.mayWrite()).toBe(true);
  const started = second.start();
  // The second holds a lock too, but waits for as long as the first still answers.
  expect(second.role).toBe("seeks");
  await started;
  expect(second.role).toBe("leads");
  expect(first.role).not.toBe("leads");
  await expect.poll(() => first.leadership.role, { timeout: 5000 }).toMatchObject({ role: "follows", leader: 2 });
});

test("a leader whose socket is removed makes it anew, and windows can follow again", { timeout: 10_000 }, async () => {
  await worker(1).start();
  rmSync(place.paths.sockets[0]?.socket ?? "");
  const second = worker(2);
  void second.start();
  await expect.poll(() => second.role, { timeout: 5000 }).toBe("follows");
});

test("where the lock cannot be made, a worker watches for itself, says why, writes nothing, and leads when it can", async () => {
  mkdirSync(path.dirname(path.dirname(place.folder)), { recursive: true });
  writeFileSync(path.dirname(place.folder), "a file where the folder should be");
  const one = await worker(1).start();
  expect(one.leadership.role).toMatchObject({ role: "alone", leader: null });
  expect(one.leadership.role.reason).toMatch(/leader\.db cannot be taken.*Allow this user to write there/s);
  expect(() => one.leadership.mayWrite()).toThrow(/not a folder|EEXIST|ENOTDIR/);
  expect((await one.hub.collectOnce())[0]?.readings).toHaveLength(1);
  rmSync(path.dirname(place.folder));
  await expect.poll(() => one.role, { timeout: 4000 }).toBe("leads");
});

test("a folder of another user is left alone", async () => {
  const { ensureOwnFolder } = await import("../../host/own-folder.ts");
  mkdirSync(place.folder, { recursive: true });
  const uid = process.getuid?.();
  if (uid === undefined) return;
  expect(() => ensureOwnFolder(place.folder, uid + 1)).toThrow(/belongs to another user .*so it is left alone/);
});

test("a leader that no place for a socket suits leads all the same, and says that others cannot reach it", async () => {
  const cornered = new TestWorker({ paths: { ...place.paths, sockets: [] } }, 1);
  workers.push(cornered);
  await cornered.start();
  expect(cornered.leadership.role).toMatchObject({ role: "leads", leader: 1 });
  expect(cornered.leadership.role.reason).toMatch(/cannot reach this one.*too long/);
});

test("a look at the leader finds it and changes nothing", async () => {
  const me = { pid: 9, version: "1" };
  expect(await lookForLeader(place.paths.announcement, me, systemClock)).toEqual({ leader: null, reason: "" });
  const first = await worker(1, { intervalMs: 4000 }).start();
  const look = await lookForLeader(place.paths.announcement, me, systemClock);
  expect(look).toMatchObject({ leader: { pid: 1, version: "1.2.3" }, socket: place.paths.sockets[0]?.socket });
  expect(first.leadership.wishes.intervalMs).toBe(4000);
  await first.close();
  expect(await lookForLeader(place.paths.announcement, me, systemClock)).toEqual({ leader: null, reason: "" });
});
