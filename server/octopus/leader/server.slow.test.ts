/** At the leader's door: who is not the user's own worker is refused in words or cut, and never harms the leader. */
import { readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LINK_VERSION } from "../../../protocol/messages/leader.ts";
import { systemClock } from "../../host/node.ts";
import { silentLog } from "../../host/log.ts";
import { announced, writeSecret } from "./announcement.ts";
import { LeaderLink, LeaderRefused } from "./link.ts";
import { meeting, PLAIN_WISH, Stranger, TestWorker, type Meeting } from "./testing.ts";

let place: Meeting;
let leader: TestWorker;
const strangers: Stranger[] = [];

beforeEach(async () => {
  place = meeting();
  leader = await new TestWorker(place, 1).start();
});
afterEach(async () => {
  for (const one of strangers.splice(0)) one.socket.destroy();
  await leader.close();
  place.remove();
});

function stranger(): Stranger {
  const one = new Stranger(place.paths.sockets[0]?.socket ?? "");
  strangers.push(one);
  return one;
}

function greeting(more: object): string {
  const token = readFileSync(place.paths.sockets[0]?.token ?? "", "utf8");
  const params = { protocol: LINK_VERSION, token, pid: 7, version: "9.9.9", ...more };
  return `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "leader/hello", params })}\n`;
}

async function stillWell(): Promise<void> {
  expect(leader.role).toBe("leads");
  const follower = await new TestWorker(place, 2).start();
  expect(follower.role).toBe("follows");
  await follower.close();
}

test("a wrong token is refused in plain words, and nothing else is told", async () => {
  const one = stranger();
  one.socket.write(greeting({ token: "0".repeat(64) }));
  await one.ended;
  expect(one.got).toContain("the token is wrong");
  expect(one.got).not.toContain("guardian");
  expect(leader.leadership.followers).toEqual([]);
  await stillWell();
});

test("another version of the link is refused with both releases and what to do", async () => {
  const one = stranger();
  one.socket.write(greeting({ protocol: LINK_VERSION + 1 }));
  await one.ended;
  expect(one.got).toMatch(/runs Gorgon 1\.2\.3 .*this one 9\.9\.9 .*Reload the older window/);
  await stillWell();
});

test("who asks before greeting gets no answer to it", async () => {
  const one = stranger();
  one.socket.write('{"jsonrpc":"2.0","id":5,"method":"leader/collect","params":{"crab":null}}\n');
  await expect.poll(() => one.got).toContain("is not known here");
  expect(leader.hub.getBuffer().length).toBeLessThan(2);
});

test.each([
  ["garbage", "\u0000\u0001 GET / HTTP/1.1\r\n\r\n"],
  ["no object", "[1,2,3]\n"],
  ["a deep nest", `${"[".repeat(100_000)}\n`],
  ["a message without end", "x".repeat(2 ** 20 + 10)],
])("%s is cut off, and the leader goes on", async (_, text) => {
  const one = stranger();
  one.socket.write(text);
  await one.ended;
  await stillWell();
});

test("who connects and says nothing is cut off after two seconds", { timeout: 8000 }, async () => {
  const one = stranger();
  const began = performance.now();
  await one.ended;
  expect(performance.now() - began).toBeGreaterThan(1500);
});

test("a wish that cannot be is refused, and the one before stays", async () => {
  const one = stranger();
  const wish = (intervalMs: unknown) =>
    `${JSON.stringify({ jsonrpc: "2.0", id: 2, method: "leader/wish", params: { ...PLAIN_WISH, intervalMs } })}\n`;
  one.socket.write(greeting({}) + wish(3000) + wish(1) + wish("soon"));
  await expect.poll(() => one.got.match(/wish cannot be used/g)).toHaveLength(2);
  expect(leader.leadership.followers).toEqual([{ pid: 7, wish: { ...PLAIN_WISH, intervalMs: 3000 } }]);
});

test("a message that arrives in pieces is one message", async () => {
  const one = stranger();
  for (const letter of greeting({})) one.socket.write(letter);
  await expect.poll(() => one.got).toContain('"pid":1');
});

test("a follower says in the leader's words why it was refused", async () => {
  const at = announced(place.paths.announcement);
  if (at === null) throw new Error("no leader is announced");
  writeSecret(at.token, "f".repeat(64));
  const me = { pid: 3, version: "1" };
  const opened = LeaderLink.open({ at, me, clock: systemClock, log: silentLog });
  await expect(opened).rejects.toThrow(LeaderRefused);
  await expect(opened).rejects.toThrow("the token is wrong");
});
