import { describe, expect, test } from "vitest";
import type { Watch } from "./watch.ts";
import { readWatches, type WatchFile } from "./watches.ts";

const USER: WatchFile = { path: "/home/ada/.config/gorgon/gorgon.yaml", origin: "user file", workspace: null };
const DEMO: WatchFile = {
  path: "/work/demo/gorgon.yaml",
  origin: "workspace demo",
  workspace: { name: "demo", folder: "/work/demo" },
};
const LINUX = { platform: "linux" as const, env: { HOME: "/home/ada" } };

const read = (raw: unknown, file = USER, host: Parameters<typeof readWatches>[2] = LINUX, previous: Watch[] = []) =>
  readWatches(raw, file, host, new Map(), previous);
const first = (raw: unknown, file = USER, host: Parameters<typeof readWatches>[2] = LINUX) =>
  read([raw], file, host).found[0];

describe("watches", () => {
  test("name a path, a process or a pid", () => {
    expect(first({ id: "a", path: "/var/backups/*.gz" })).toMatchObject({ kind: "file", path: "/var/backups/*.gz" });
    expect(first({ id: "a", process: "python*" })).toMatchObject({ kind: "process", name: "python*", pid: 0 });
    expect(first({ id: "a", pid: 42 })).toMatchObject({ kind: "process", name: "", pid: 42 });
  });

  test("take ~ for the home folder, and a workspace's relative paths from its folder", () => {
    expect(first({ id: "a", path: "~/models" })).toMatchObject({ path: "/home/ada/models" });
    expect(first({ id: "a", path: "out/*.ckpt" }, DEMO)).toMatchObject({
      path: "/work/demo/out/*.ckpt",
      workspace: "demo",
      origin: "workspace demo",
    });
    const windows = { platform: "win32" as const, env: { USERPROFILE: "C:\\Users\\ada" } };
    expect(first({ id: "a", path: "~\\models\\*.bin" }, USER, windows)).toMatchObject({
      path: "C:/Users/ada/models/*.bin",
    });
  });

  test.each([
    [{ id: "a" }, "A watch needs one of path, process and pid, and only one."],
    [{ id: "a", path: "/x", pid: 3 }, "A watch needs one of path, process and pid, and only one."],
    [{ path: "/x" }, "It must be small letters, digits and dashes"],
    [{ id: "A B", path: "/x" }, "It must be small letters, digits and dashes"],
    [{ id: "a", path: "relative" }, "It must be an absolute path"],
    [{ id: "a", path: "/x/**" }, "** is not"],
    [{ id: "a", path: "/x\0y" }, "It must be an absolute path"],
    [{ id: "a", path: 5 }, "It must be an absolute path"],
    [{ id: "a", process: "*" }, "It must be a program's name"],
    [{ id: "a", process: "/usr/bin/x" }, "It must be a program's name"],
    [{ id: "a", process: {} }, "It must be a program's name"],
    [{ id: "a", pid: 0 }, "It must be the number of a process."],
    [{ id: "a", pid: "12" }, "It must be the number of a process."],
    [{ id: "a", pid: 1.5 }, "It must be the number of a process."],
    [{ id: "a", pth: "/x" }, "Did you mean path?"],
    ["backups", "A watch must hold id, and path, process or pid."],
    [null, "A watch must hold id, and path, process or pid."],
  ])("%j is refused in words", (raw, words) => {
    const { found: watches, problems } = read([raw]);
    expect(watches).toEqual([]);
    expect(problems.map((one) => one.message).join(" ")).toContain(words);
    expect(problems.every((one) => one.message.endsWith("The watch is left out."))).toBe(true);
  });

  test("that are wrong leave the others standing, and the last good one in force", () => {
    const before = read([{ id: "a", path: "/before" }]).found;
    const { found: watches, problems } = read(
      [
        { id: "a", path: "oops" },
        { id: "b", pid: 7 },
      ],
      USER,
      LINUX,
      [...before],
    );
    expect(watches.map((one) => one.id)).toEqual(["a", "b"]);
    expect(watches[0]).toMatchObject({ path: "/before" });
    expect(problems[0]).toMatchObject({ key: "watches.a.path" });
    expect(problems[0]?.message).toContain("The watch stays as it was.");
  });

  test("have ids of their own", () => {
    const { found: watches, problems } = read([
      { id: "a", path: "/x" },
      { id: "a", path: "/y" },
    ]);
    expect(watches).toHaveLength(1);
    expect(problems[0]?.message).toContain("This id is used already (user file)");
  });

  test("are at most 50 a file, and a list", () => {
    const many = Array.from({ length: 60 }, (_, index) => ({ id: `w${String(index)}`, pid: 1 }));
    expect(read(many).found).toHaveLength(50);
    expect(read(many).problems[0]?.message).toBe("Only the first 50 watches of a file are used.");
    expect(read({ id: "a" }).problems[0]?.message).toContain("It must be a list of watches");
    expect(read(undefined).problems).toEqual([]);
  });
});
