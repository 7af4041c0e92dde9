/** For a test in a time zone of its own: an alert with an hour's `for` and a silence of two hours, at the change to summer time. */
import { ManualClock } from "../../host/manual-clock.ts";
import { alertMachine, rule } from "./testing.ts";

const HOUR = 3_600_000;

/** What it prints: when things were so, in hours since the beginning, and the hours that the wall showed. */
export interface DstNews {
  readonly wall: readonly number[];
  readonly firedAfterHours: number;
  readonly silencedForHours: number;
}

const clock = new ManualClock(Date.UTC(2026, 2, 29, 0, 30));
const began = clock.now();
const machine = alertMachine({ clock, rules: [rule({ forMs: HOUR })] });
const wish = { matchers: { rule: "load" }, startsAt: began, endsAt: began + 2 * HOUR, author: "ann", comment: "" };
machine.bell.act({ silence: wish });
const wall = [new Date(clock.now()).getHours()];
await machine.hold(0.95, HOUR + 2000);
wall.push(new Date(clock.now()).getHours());
const firedAfterHours = ((machine.alert().firingSince ?? 0) - began) / HOUR;
await machine.hold(0.95, HOUR + 60_000);
const lifted = machine.steps().find(({ change }) => change === "unsilenced");
const news: DstNews = { wall, firedAfterHours, silencedForHours: ((lifted?.time ?? 0) - began) / HOUR };
await machine.close();
process.stdout.write(JSON.stringify(news));
