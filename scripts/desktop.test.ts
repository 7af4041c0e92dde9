/** Where `npm start` opens: a desktop window, or the browser workbench with the reason. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findCode, reaches, whyNoDesktop } from "./desktop.ts";

describe("a desktop window", () => {
  it("is opened on macOS, on Windows and under X or Wayland", () => {
    expect(whyNoDesktop({ platform: "darwin", env: {}, uid: 501 })).toBe("");
    expect(whyNoDesktop({ platform: "win32", env: {}, uid: null })).toBe("");
    expect(whyNoDesktop({ platform: "linux", env: { WAYLAND_DISPLAY: "wayland-0" }, uid: 1000 })).toBe("");
  });

  it("is not opened without a display, as root or in a terminal of another machine", () => {
    const display = { DISPLAY: ":0" };
    expect(whyNoDesktop({ platform: "linux", env: {}, uid: 1000 })).toBe("there is no display");
    expect(whyNoDesktop({ platform: "linux", env: display, uid: 0 })).toContain("root");
    for (const name of ["VSCODE_IPC_HOOK_CLI", "SSH_CONNECTION", "CODESPACES", "WSL_DISTRO_NAME"]) {
      expect(whyNoDesktop({ platform: "linux", env: { ...display, [name]: "x" }, uid: 1000 })).not.toBe("");
    }
  });

  it("needs a VS Code that is new enough", () => {
    expect(reaches("1.125.0", "^1.125.0")).toBe(true);
    expect(reaches("1.139.1", "^1.125.0")).toBe(true);
    expect(reaches("1.124.9", "^1.125.0")).toBe(false);
    expect(reaches("2.0.0", "^1.125.0")).toBe(false);
    expect(reaches("", "^1.125.0")).toBe(false);
  });
});

describe("the command `code`", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "gorgon-code-"));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("is found in a later folder of PATH", () => {
    const file = path.join(folder, process.platform === "win32" ? "code.cmd" : "code");
    const at = { platform: process.platform, env: { PATH: ["/nowhere", folder].join(path.delimiter) }, uid: 1000 };
    expect(findCode(at)).toBeNull();
    writeFileSync(file, "");
    chmodSync(file, 0o755);
    expect(findCode(at)).toBe(file);
  });
});
