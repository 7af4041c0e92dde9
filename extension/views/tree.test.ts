/** A tree redraws what changed, and nothing while nobody sees it. */
import { expect, test } from "vitest";
import { fakeVscode } from "../testing/vscode.ts";
import { changedRows, Tree, type Row } from "./tree.ts";

const row = (id: string, description = "", rows: readonly Row[] = []): Row => ({
  ...{ id, label: id, description, icon: null, context: "", spoken: id, explain: null, rows },
  open: rows.length > 0 ? true : null,
});

const changed = (before: readonly Row[], after: readonly Row[]) =>
  changedRows(before, after, ({ id, open }) => open === true && id !== "closed");

test("only the rows that read otherwise are redrawn, and a row with other children whole", () => {
  const leaf = (text: string) => row("leaf", text);
  expect(changed([row("a", "1"), row("b")], [row("a", "2"), row("b")])).toEqual(["a"]);
  expect(changed([row("g", "", [leaf("1")]), row("b")], [row("g", "", [leaf("2")]), row("b")])).toEqual(["leaf"]);
  expect(changed([row("g", "", [leaf("1")])], [row("g", "", [leaf("1"), row("new")])])).toEqual(["g"]);
  expect(changed([row("closed", "", [leaf("1")])], [row("closed", "", [leaf("2")])])).toEqual([]);
  expect(changed([row("a")], [row("a")])).toEqual([]);
});

test("rows that come, go or change places redraw the whole level", () => {
  expect(changed([row("a")], [row("a"), row("b")])).toBeNull();
  expect(changed([row("a"), row("b")], [row("b"), row("a")])).toBeNull();
});

test("a tree that is not seen asks for nothing; shown again it has the newest", async () => {
  const { vs, trees } = fakeVscode();
  let text = "1";
  let asked = 0;
  const tree = new Tree(vs, "gorgon.test", () => {
    asked += 1;
    return [row("a", text)];
  });
  const [fake] = trees;
  if (fake === undefined) throw new Error("no tree");
  tree.refresh();
  expect(asked).toBe(0);
  fake.show(true);
  expect(fake.redrawn).toEqual([null]);
  expect((await fake.drawn())[0]?.item).toMatchObject({
    id: "a",
    description: "1",
    accessibilityInformation: { label: "a" },
  });
  text = "2";
  tree.refresh();
  tree.refresh();
  expect(fake.redrawn).toEqual([null, ["a"]]);
  fake.show(false);
  const before = asked;
  text = "3";
  tree.refresh();
  expect(asked).toBe(before);
  fake.show(true);
  expect(fake.redrawn.at(-1)).toEqual(["a"]);
  expect(tree.getTreeItem("gone").label).toBe("");
  tree.dispose();
});
