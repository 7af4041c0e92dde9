/** Notices that a kernel is about to start: its front end writes a connection file into one of few folders before. */
import nodePath from "node:path";
import type { Disposable, Host } from "../../host/host.ts";

/** So far above a folder that does not exist yet is it waited for: `~` of `~/.local/share/jupyter/runtime`. */
const MOST_ABOVE = 4;

/** What the watch of the folders needs. */
export interface ConnectionFilesOptions {
  readonly host: Pick<Host, "env" | "files" | "platform">;
  /** A connection file came, changed or went. */
  readonly onFile: () => void;
}

/**
 * Where front ends of this user write connection files. Jupyter itself: jupyter_core.paths, jupyter_runtime_dir, which took
 * XDG_RUNTIME_DIR before its release 4.7. VS Code's Jupyter extension: the default of the platform, whatever the environment says.
 */
export function runtimeFolders({ platform, env }: Pick<Host, "env" | "platform">): readonly string[] {
  const path = platform === "win32" ? nodePath.win32 : nodePath.posix;
  const given = (name: string) => {
    const value = env[name] ?? "";
    return path.isAbsolute(value) ? value : null;
  };
  const below = (folder: string | null, ...names: readonly string[]) =>
    folder === null ? null : path.join(folder, ...names);
  const home = given(platform === "win32" ? "USERPROFILE" : "HOME");
  const byPlatform: Partial<Record<NodeJS.Platform, string | null>> = {
    darwin: below(home, "Library", "Jupyter"),
    win32: below(given("APPDATA"), "jupyter") ?? below(home, "AppData", "Roaming", "jupyter"),
  };
  const usual = byPlatform[platform] ?? below(home, ".local", "share", "jupyter");
  const xdg = platform in byPlatform ? null : below(given("XDG_DATA_HOME"), "jupyter");
  const found = [
    given("JUPYTER_RUNTIME_DIR") ?? below(given("JUPYTER_DATA_DIR") ?? xdg ?? usual, "runtime"),
    below(usual, "runtime"),
    platform in byPlatform ? null : below(given("XDG_RUNTIME_DIR"), "jupyter"),
  ];
  return [...new Set(found.flatMap((one) => (one === null ? [] : [path.normalize(one)])))];
}

/** The folders, watched as far as they exist. Nothing in it throws: without them kernels are found a little later. */
export class ConnectionFiles implements Disposable {
  readonly #folders: readonly Folder[];

  constructor(options: ConnectionFilesOptions) {
    this.#folders = runtimeFolders(options.host).map((folder) => new Folder(folder, options));
  }

  /** Watches what it does not watch yet, or no more. Call it now and then. */
  open(): void {
    for (const one of this.#folders) one.open();
  }

  dispose(): void {
    for (const one of this.#folders) one.dispose();
  }
}

/** One folder; while it does not exist, the nearest one above it that does. */
class Folder implements Disposable {
  readonly #options: ConnectionFilesOptions;
  readonly #path: nodePath.PlatformPath;
  /** The folder, and those above it. */
  readonly #chain: readonly string[];
  /** Which of them is watched. */
  #at = 0;
  #watch: Disposable | null = null;

  constructor(folder: string, options: ConnectionFilesOptions) {
    this.#options = options;
    this.#path = options.host.platform === "win32" ? nodePath.win32 : nodePath.posix;
    const chain = [folder];
    for (let above = 0; above < MOST_ABOVE; above++) chain.push(this.#path.dirname(chain.at(-1) ?? folder));
    this.#chain = chain;
  }

  open(): void {
    if (this.#watch !== null && this.#exists(this.#at) && !this.#exists(this.#at - 1)) return;
    this.dispose();
    this.#at = this.#chain.findIndex((_, index) => this.#open(index));
    // What came while that was done was told to nobody.
    while (this.#watch !== null && this.#exists(this.#at - 1)) {
      const above = this.#watch;
      if (!this.#open(this.#at - 1)) return;
      above.dispose();
      this.#at -= 1;
    }
  }

  dispose(): void {
    this.#watch?.dispose();
    this.#watch = null;
  }

  #open(index: number): boolean {
    try {
      this.#watch = this.#options.host.files.watch(this.#chain[index] ?? "", (name) => this.#hear(index, name));
      return true;
    } catch {
      return false; // It does not exist, or is not for us.
    }
  }

  #exists(index: number): boolean {
    const folder = this.#chain[index];
    return folder !== undefined && this.#options.host.files.exists(folder);
  }

  #hear(index: number, name: string): void {
    if (this.#watch === null || index !== this.#at) return;
    const awaited = this.#path.basename(this.#chain[index - 1] ?? "");
    // A folder that is taken away says so by its own name, and may be there anew by now.
    if (name === this.#path.basename(this.#chain[index] ?? "")) this.dispose();
    else if (index > 0 && name !== "" && name !== awaited) return;
    this.open();
    if (index === 0 ? name === "" || name.endsWith(".json") : this.#at === 0) this.#options.onFile();
  }
}
