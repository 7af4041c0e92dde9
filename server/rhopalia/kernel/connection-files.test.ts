import { describe, expect, test } from "vitest";
import { FixtureHost } from "../../host/fixture.ts";
import { ConnectionFiles, runtimeFolders } from "./connection-files.ts";

const usual = "/home/ada/.local/share/jupyter/runtime";
const HOME = "/home/ada";

describe("folders of connection files", () => {
  test("are the environment's and the one that VS Code takes", () => {
    const on = (platform: NodeJS.Platform, env: Readonly<Record<string, string>>) => runtimeFolders({ platform, env });
    expect(on("linux", { HOME })).toEqual([usual]);
    expect(on("linux", { HOME, JUPYTER_RUNTIME_DIR: "/run/jupyter" })).toEqual(["/run/jupyter", usual]);
    expect(on("linux", { HOME, JUPYTER_DATA_DIR: "/data/j" })).toEqual(["/data/j/runtime", usual]);
    expect(on("linux", { HOME, XDG_DATA_HOME: "/data", XDG_RUNTIME_DIR: "/run/user/1000" })).toEqual([
      "/data/jupyter/runtime",
      usual,
      "/run/user/1000/jupyter",
    ]);
    expect(on("darwin", { HOME, XDG_RUNTIME_DIR: "/run" })).toEqual(["/home/ada/Library/Jupyter/runtime"]);
    expect(on("win32", { USERPROFILE: "C:\\Users\\ada", APPDATA: "D:\\Roaming" })).toEqual([
      "D:\\Roaming\\jupyter\\runtime",
    ]);
    expect(on("linux", {})).toEqual([]);
    expect(on("linux", { JUPYTER_RUNTIME_DIR: "../relative" })).toEqual([]);
  });
});

describe("a connection file", () => {
  function watched(files: Readonly<Record<string, string>>) {
    const host = new FixtureHost({ files, env: { HOME } });
    let seen = 0;
    const made = new ConnectionFiles({ host, onFile: () => (seen += 1) });
    made.open();
    return { host, made, seen: () => seen };
  }

  test("is noticed when it comes and when it goes, and another file is not", () => {
    const { host, made, seen } = watched({ [`${usual}/kernel-0.json`]: "" });
    host.write(`${usual}/jpserver-1-open.html`, "");
    expect(seen()).toBe(0);
    host.write(`${usual}/kernel-1.json`, "");
    expect(seen()).toBe(1);
    made.open();
    host.remove(`${usual}/kernel-1.json`);
    expect(seen()).toBe(2);
    made.dispose();
    host.write(`${usual}/kernel-2.json`, "");
    expect(seen()).toBe(2);
  });

  test("is noticed when its folder came with it, at once or step by step", () => {
    const { host, seen } = watched({ "/home/ada/notes.txt": "" });
    host.write("/home/ada/other.txt", "");
    host.write("/home/ada/.local/bin/tool", "");
    host.write("/home/ada/.local/share/applications/a.json", "");
    expect(seen()).toBe(0);
    host.write(`${usual}/kernel-1.json`, "");
    expect(seen()).toBe(1);
    host.write(`${usual}/kernel-2.json`, "");
    expect(seen()).toBe(2);
  });

  test("is noticed after its folder was taken away and made anew", () => {
    const { host, made, seen } = watched({ [`${usual}/kernel-0.json`]: "", "/home/ada/notes.txt": "" });
    host.remove(`${usual}/kernel-0.json`);
    expect(seen()).toBe(1);
    made.open();
    host.write(`${usual}/kernel-1.json`, "");
    expect(seen()).toBe(2);
  });

  test("is not noticed where nothing of the path exists, until it does and somebody opens it again", () => {
    const { host, made, seen } = watched({});
    host.write(`${usual}/kernel-1.json`, "");
    expect(seen()).toBe(0);
    made.open();
    host.write(`${usual}/kernel-2.json`, "");
    expect(seen()).toBe(1);
  });
});
