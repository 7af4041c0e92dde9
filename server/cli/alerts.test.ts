/** What `gorgon alerts`, `silence` and `acknowledge` print, and what they say where there is nothing. */
import { afterAll, describe, expect, test } from "vitest";
import { alert, NOW, plain, silence } from "./full/testing.ts";
import { alertCalled, NotDone, silenceCalled } from "./alert-acts.ts";
import { type AlertsReport, renderAlerts } from "./alerts.ts";
import { renderSilences } from "./silence.ts";
import { homes } from "./testing.ts";

const { user, remove } = homes();
afterAll(remove);

const over = alert("old-1", {
  status: "resolved",
  level: "WARN",
  message: "Memory is getting short: 81.0 %",
  labels: {},
  rule: "memory",
  pendingSince: NOW - 7_200_000,
  resolvedAt: NOW - 3_600_000,
});
const REPORT: AlertsReport = {
  time: NOW,
  from: NOW - 86_400_000,
  to: NOW,
  leader: 42,
  lookedAt: NOW - 2000,
  alerts: [alert("new-1")],
  silences: [],
  records: [
    { alert: alert("new-1"), steps: [] },
    {
      alert: over,
      steps: [
        { time: NOW - 7_200_000, change: "firing", level: "WARN", value: 0.81, cause: "81.0 % is at or over 80 %" },
      ],
    },
  ],
};

describe("the list of alerts", () => {
  test("says what is open, what was, and how each is called", () => {
    expect(renderAlerts(REPORT, true, plain(90))).toMatchInlineSnapshot(`
      [
        "1 open alert",
        "■ CRIT Disk /data is nearly full: 96.0 %                                            12 min",
        "    rule disk · system.filesystem.mountpoint=/data · id here/new-1",
        "",
        "1 over since 2025-12-31 12:30:15 UTC",
        "2026-01-01 10:30:15 UTC  ▲ was WARN Memory is getting short: 81.0 %             lasted 1 h",
        "    rule memory · id here/old-1",
        "    2026-01-01 10:30:15 UTC firing WARN 81.0 %: 81.0 % is at or over 80 %",
      ]
    `);
  });

  test("says that nothing is judged where no worker runs, and of when it is", () => {
    const lines = renderAlerts({ ...REPORT, leader: null, lookedAt: NOW - 600_000 }, false, plain(200));
    expect(lines[1]).toBe(
      "No worker of yours runs on this machine now, so nothing is judged. It is as it was 10 min ago.",
    );
  });

  test("shows texts from outside without obeying them", () => {
    const evil = "\u001b[2J\u0007\u202e\n";
    const bad = alert(evil, { message: evil, rule: evil, labels: { [evil]: evil } });
    const report = { ...REPORT, alerts: [bad], records: [{ alert: bad, steps: [] }] };
    for (const line of renderAlerts(report, true, plain(60))) expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    for (const line of renderSilences([{ ...silence("s"), comment: evil, author: evil }], NOW, plain(60))) {
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });
});

test("silences stand in columns", () => {
  expect(renderSilences([silence("mb3k-1"), silence("mb3k-2", { rule: "cpu" })], NOW, plain(80))).toEqual([
    "ID      TIME      BY  MATCHES    COMMENT",
    "mb3k-1  1 h left  mo  rule=disk  moving files",
    "mb3k-2  1 h left  mo  rule=cpu   moving files",
  ]);
  expect(renderSilences([], NOW, plain(80))[0]).toContain("gorgon silence add --match rule=disk --for 2h");
});

test("an alert or silence is called by its id or by the beginning of its last part, and never by two at once", () => {
  const alerts = [alert("abc-1"), alert("abc-2")];
  expect(alertCalled("here/abc-2", alerts).id).toBe("here/abc-2");
  expect(alertCalled("abc-1", alerts).id).toBe("here/abc-1");
  expect(() => alertCalled("abc", alerts)).toThrow(
    new NotDone('There are 2 open alerts whose id begins with "abc". gorgon alerts lists them.'),
  );
  expect(() => alertCalled("", alerts)).toThrow("There is no open alert");
  expect(() => silenceCalled("x", [silence("s")])).toThrow("There is no silence");
});

describe("where no worker ever ran", () => {
  test.each(["alerts", "alerts --json", "silence", "acknowledge x", "silence end x"])(
    "gorgon %s says so and ends with 1",
    async (args) => {
      const { run } = user();
      const { code, out, err } = await run(args);
      expect(code).toBe(1);
      expect(out).toBe("");
      expect(err).toContain("There is no history yet");
    },
  );

  test("nothing is silenced, and it says who would do it", async () => {
    const { run } = user();
    const { code, err } = await run("silence add --match rule=disk");
    expect(code).toBe(1);
    expect(err).toContain("Open VS Code, then run this again.");
  });
});
