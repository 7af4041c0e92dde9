/** A workbench's own folders: user data, extensions, HOME and XDG, so that a run leaves the user's own untouched. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { MARK } from "./processes.ts";

/** Where one workbench keeps everything. */
export interface Profile {
  readonly base: string;
  readonly userData: string;
  readonly extensions: string;
  readonly home: string;
  /** Sockets; in the system's temporary folder because their paths may have 107 characters at most. */
  readonly runtime: string;
  /** What every process of this run carries in its environment. */
  readonly mark: string;
}

/** What a fresh VS Code shows on its own account, turned off; nothing that Gorgon does is touched. */
export const QUIET: Readonly<Record<string, unknown>> = {
  "workbench.startupEditor": "none",
  "workbench.tips.enabled": false,
  "workbench.enableExperiments": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "chat.disableAIFeatures": true,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "update.showReleaseNotes": false,
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "git.enabled": false,
  "window.confirmBeforeClose": "never",
};

/**
 * Replaces the settings in a user-data folder. Both files: in a workbench on a server the settings of a machine (and
 * Gorgon's are such) come from Machine, on the desktop from User.
 */
export function writeSettings(userData: string, settings: Readonly<Record<string, unknown>>): void {
  for (const folder of ["User", "Machine"]) {
    mkdirSync(path.join(userData, folder), { recursive: true });
    const text = `${JSON.stringify({ ...QUIET, ...settings }, null, 2)}\n`;
    writeFileSync(path.join(userData, folder, "settings.json"), text);
  }
}

/** A profile in `base`, or in a fresh temporary folder. Settings that are there already are kept. */
export function createProfile(base = mkdtempSync(path.join(tmpdir(), "gorgon-wb-"))): Profile {
  const profile: Profile = {
    base,
    userData: path.join(base, "user-data"),
    extensions: path.join(base, "extensions"),
    home: path.join(base, "home"),
    runtime: mkdtempSync(path.join(tmpdir(), "gorgon-rt-")),
    mark: randomUUID(),
  };
  for (const folder of [profile.extensions, profile.home]) mkdirSync(folder, { recursive: true });
  if (!existsSync(path.join(profile.userData, "User", "settings.json"))) writeSettings(profile.userData, {});
  return profile;
}

/** Variables that would carry the surrounding VS Code, npm or test run into the workbench, or redirect code-server. */
const FOREIGN =
  /^(VSCODE_|ELECTRON_|CODE_SERVER_|CS_|GORGON_|VITEST|npm_|NODE_OPTIONS$|NODE_ENV$|PORT$|PASSWORD$|HASHED_PASSWORD$|DISPLAY$|WAYLAND_DISPLAY$)/i;

/** The environment for every process of the run. */
export function environmentOf(profile: Profile, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (value !== undefined && !FOREIGN.test(name)) kept[name] = value;
  }
  return {
    ...kept,
    HOME: profile.home,
    XDG_CONFIG_HOME: path.join(profile.home, ".config"),
    XDG_DATA_HOME: path.join(profile.home, ".local", "share"),
    XDG_STATE_HOME: path.join(profile.home, ".local", "state"),
    XDG_CACHE_HOME: path.join(profile.home, ".cache"),
    XDG_RUNTIME_DIR: profile.runtime,
    // No gallery: neither the browser nor the server asks the network for extensions.
    EXTENSIONS_GALLERY: JSON.stringify({ serviceUrl: "", itemUrl: "", resourceUrlTemplate: "" }),
    [MARK]: profile.mark,
    ...more,
  };
}

/** Removes the sockets, and with `all` the whole profile. */
export function removeProfile(profile: Profile, all: boolean): void {
  rmSync(profile.runtime, { recursive: true, force: true });
  if (all) rmSync(profile.base, { recursive: true, force: true, maxRetries: 5 });
}
