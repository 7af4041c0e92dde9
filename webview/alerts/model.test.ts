/** Alerts in words: their order, what follows from what, marks, what can be done, silences. */
import { describe, expect, it } from "vitest";
import type { Alert } from "../../protocol/alert.ts";
import type { DashboardSnapshot } from "../../protocol/messages/webview.ts";
import { sampleAlert, sampleSilence } from "../preview/alerts.ts";
import { sampleSnapshot } from "../preview/sample.ts";
import { alertsOf, covers, openRows } from "./model.ts";
import { matchersOf, previewOf, wantedSilence } from "./silence-model.ts";

const NOW = Date.UTC(2024, 2, 5, 14, 20);
const crit = sampleSnapshot({ now: NOW, story: "crit" });

function withAlerts(alerts: readonly Alert[], change: Partial<DashboardSnapshot> = {}): DashboardSnapshot {
  const { state } = crit;
  if (state === null) throw new Error("a sample has a state");
  return { ...crit, state: { ...state, bell: { ...state.bell, alerts } }, ...change };
}

const one = (id: string, change: Partial<Alert> = {}): Alert =>
  sampleAlert(NOW, { id, rule: id, title: id, ...change });
const onlyRow = (snapshot: DashboardSnapshot) => alertsOf(snapshot, NOW).groups[0]?.rows[0];

describe("alerts", () => {
  it("stand by level, then those that do not count yet, then those that are over", () => {
    const { groups, open, note } = alertsOf(crit, NOW);
    expect(groups.map((group) => group.id)).toEqual(["CRIT", "WARN", "UNKNOWN", "pending", "resolved"]);
    expect(open).toBe(5);
    expect(note).toBe("5 open · 1 silenced");
  });

  it("do not say their sentence again as a label", () => {
    const labels = { "jupyter.kernel.sentence": "It crashed.", cause: "segfault" };
    expect(onlyRow(withAlerts([one("a", { message: "It crashed.", labels })]))?.labels).toEqual(["cause: segfault"]);
  });

  it("stand under what they follow from, even where two name each other", () => {
    const [group] = alertsOf(crit, NOW).groups;
    expect(group?.rows.map(({ title, follows }) => [title, follows])).toEqual([
      ["Memory", false],
      ["Memory pressure", true],
    ]);
    const chain = withAlerts([one("a"), one("b", { inhibitedBy: "a" }), one("c", { inhibitedBy: "b" })]);
    expect(alertsOf(chain, NOW).groups[0]?.rows.map((row) => row.id)).toEqual(["a", "b", "c"]);
    const orphan = withAlerts([one("b", { inhibitedBy: "gone" })]);
    expect(onlyRow(orphan)?.marks.map((mark) => mark.text)).toEqual(["Follows from another alert"]);
  });

  it("say since when, in the words of their status", () => {
    expect(onlyRow(withAlerts([one("a")]))?.since).toBe("WARN for 2 min");
    const pending = one("a", { status: "pending", firingSince: null, pendingSince: NOW - 20_000 });
    expect(onlyRow(withAlerts([pending]))?.since).toBe("crossed for 20 s");
    const over = one("a", { status: "resolved", firingSince: NOW - 600_000, resolvedAt: NOW - 60_000 });
    expect(onlyRow(withAlerts([over]))).toMatchObject({ since: "was WARN for 9 min, over 1 min ago", actions: [] });
  });

  it("tell who looks after them, and offer to take that back", () => {
    const row = onlyRow(withAlerts([one("a", { acknowledged: { by: "ada", at: NOW - 120_000, note: "on it" } })]));
    expect(row?.marks[0]?.text).toBe("Acknowledged by ada 2 min ago: on it");
    expect(row?.actions[0]).toMatchObject({ label: "Unacknowledge", message: { type: "acknowledge", undo: true } });
    expect(row?.quiet).toBe(true);
  });

  it("tell that they flap, and for how long their notification is held back", () => {
    const row = onlyRow(withAlerts([one("a", { flaps: 1, heldUntil: NOW + 180_000 })]));
    expect(row?.marks[0]?.text).toBe("Came back once · no notification for 3 min");
  });

  it("cannot be changed where the workspace is not trusted, or nobody says that it is", () => {
    const silent = Object.fromEntries(Object.entries(withAlerts([one("a")])).filter(([key]) => key !== "mayAct"));
    for (const snapshot of [withAlerts([one("a")], { mayAct: false }), silent as unknown as DashboardSnapshot]) {
      const actions = onlyRow(snapshot)?.actions ?? [];
      expect(actions.map((action) => action.disabled)).toEqual([true, true]);
      expect(actions[0]?.title).toContain("not trusted");
    }
  });

  it("are cut where their texts are endless, and lose what cannot be seen", () => {
    const labels = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`key${String(index)}`, "v"]));
    const row = onlyRow(withAlerts([one("a", { title: "a\u202eb\u0000c", message: "x".repeat(100_000), labels })]));
    expect(row?.title).toBe("a b c");
    expect(row?.message.length).toBeLessThan(700);
    expect(row?.labels).toHaveLength(13);
    expect(row?.labels.at(-1)).toBe("+ 28");
  });

  it("say in words that there is none", () => {
    expect(alertsOf(sampleSnapshot({ now: NOW }), NOW).empty).toBe(
      "No alert is open. 3 rules are watched, and all are OK.",
    );
    const over = one("a", { status: "resolved", resolvedAt: NOW - 60_000 });
    const calm = sampleSnapshot({ now: NOW });
    const past = alertsOf({ ...calm, state: withAlerts([over]).state }, NOW);
    expect(past.empty).toBe("");
    expect(past.quiet).toMatch(/^No alert is open/);
    expect(alertsOf(null, NOW).empty).toBe("Alerts are there with the first reading.");
  });
});

describe("the overview", () => {
  it("shows what is not well even where no alert has come of it", () => {
    const bare = withAlerts([]);
    const rows = openRows(bare, alertsOf(bare, NOW), NOW);
    expect(rows.map((row) => row.title)).toEqual(["Memory"]);
    expect(rows[0]?.actions[0]?.message).toEqual({ type: "mute", rule: "memory", muted: true });
  });

  it("leaves out what is over", () => {
    expect(openRows(crit, alertsOf(crit, NOW), NOW).map((row) => row.id)).not.toContain("a-over");
  });
});

describe("silences", () => {
  it("cover an alert when every matcher fits, by exact text or to the *", () => {
    const alert = { rule: "backup", labels: { team: "data-platform" } };
    expect(covers({ rule: "backup", team: "data*" }, alert)).toBe(true);
    expect(covers({ rule: "*" }, alert)).toBe(true);
    expect(covers({ team: "data" }, alert)).toBe(false);
    expect(covers({ region: "*" }, alert)).toBe(false);
    expect(covers({}, alert)).toBe(false);
  });

  it("are listed with what they cover, who made them and when they end", () => {
    const [row] = alertsOf(crit, NOW).silences;
    expect(row).toMatchObject({
      ...{ matchers: "rule: backup, team: data*", ends: "ends in 40 min", covers: "covers 1 open alert" },
      by: "by ada: Backup moves to the new disk",
    });
    const later = sampleSilence(NOW, { startsAt: NOW + 60_000 });
    const { state } = crit;
    if (state === null) throw new Error("a sample has a state");
    const snapshot = { ...crit, state: { ...state, bell: { ...state.bell, silences: [later] } } };
    expect(alertsOf(snapshot, NOW).silences[0]?.ends).toBe("begins in 1 min");
  });

  it("begin with everything that tells the alert apart, and say what they would cover", () => {
    const alert = one("a", { labels: { team: "data" } });
    const matchers = matchersOf(alert);
    const wanted = wantedSilence(matchers, "4h", " later ", NOW);
    expect(wanted).toEqual({ matchers: { rule: "a", team: "data" }, endsAt: NOW + 4 * 3_600_000, comment: "later" });
    expect(previewOf(wanted, [alert, one("b")])).toEqual({ text: "Covers 1 open alert: a.", problem: "" });
    const none = wantedSilence(
      matchers.map((matcher) => ({ ...matcher, used: false })),
      "1h",
      "",
      NOW,
    );
    expect(previewOf(none, [alert]).problem).toContain("would cover everything");
    const many = ["a", "b", "c", "d", "e"].map((id) => one(id));
    expect(previewOf({ ...wanted, matchers: { rule: "*" } }, many).text).toBe(
      "Covers 5 open alerts: a, b, c and 2 more.",
    );
  });
});
