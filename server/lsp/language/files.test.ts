import { expect, test } from "vitest";
import { openFile } from "./files.ts";

const OWN = "/home/me/.config/gorgon/gorgon.yaml";
const TRUSTED = { settings: {}, trusted: true, workspaceFolders: [{ name: "demo", path: "/work/demo" }] };
const UNTRUSTED = { settings: {}, trusted: false, workspaceFolders: [] };

test("the user's own file counts, trusted or not", () => {
  expect(openFile(`file://${OWN}`, UNTRUSTED, OWN, false)).toEqual({ path: OWN, workspace: null, idle: "" });
});

test("a workspace's file counts while the workspace is trusted, and says why when it is not", () => {
  const uri = "file:///work/demo/gorgon.yaml";
  expect(openFile(uri, TRUSTED, OWN, false)).toEqual({
    path: "/work/demo/gorgon.yaml",
    workspace: { name: "demo", folder: "/work/demo" },
    idle: "",
  });
  expect(openFile(uri, UNTRUSTED, OWN, false)?.idle).toMatch(/no.*effect.*not trusted|Nothing.*not trusted/);
  expect(openFile("file:///work/demo/sub/gorgon.yaml", TRUSTED, OWN, false)?.idle).toMatch(/directly in a folder/);
});

test("nothing else is a configuration file", () => {
  for (const uri of [
    "file:///work/demo/compose.yaml",
    "untitled:gorgon.yaml",
    "vscode-notebook-cell:/work/demo/gorgon.yaml#1",
    "file:///work/demo/gorgon.yaml/secret.txt",
    "https://host/gorgon.yaml",
    "not a uri",
  ]) {
    expect([uri, openFile(uri, TRUSTED, OWN, false)]).toEqual([uri, null]);
  }
});

test("on Windows the letter of a drive may be written either way, and its colon escaped", () => {
  const context = { ...TRUSTED, workspaceFolders: [{ name: "demo", path: "c:\\work\\demo" }] };
  const found = openFile("file:///C%3A/work/demo/gorgon.yaml", context, "C:\\Users\\me\\gorgon.yaml", true);
  expect(found).toMatchObject({ workspace: { name: "demo" }, idle: "" });
});
