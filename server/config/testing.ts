/** A home folder with configuration files, for tests that load them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach } from "vitest";
import type { Host } from "../host/host.ts";
import { nodeHost } from "../host/node.ts";
import type { LoadedConfig, Provenance } from "./config.ts";
import { type ConfigInputs, loadConfig } from "./load.ts";

/** A home of one's own for each test; call `configHome()` once, outside of any test. */
export class ConfigHome {
  #folder = "";

  begin(): void {
    this.#folder = mkdtempSync(path.join(os.tmpdir(), "gorgon-config-"));
  }

  end(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** The user's file. */
  get file(): string {
    return path.join(this.#folder, "gorgon", "gorgon.yaml");
  }

  host(env: Record<string, string> = {}): Host {
    const home = { HOME: this.#folder, XDG_CONFIG_HOME: this.#folder };
    return { ...nodeHost(), platform: "linux", env: { ...home, ...env } };
  }

  /** Writes the user's file, or another; gives its path. */
  write(text: string | Uint8Array, file = this.file): string {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  }

  /** A workspace with this file. */
  workspace(text: string, name = "demo"): { readonly name: string; readonly path: string } {
    const place = path.join(this.#folder, name);
    this.write(text, path.join(place, "gorgon.yaml"));
    return { name, path: place };
  }

  /** Reads with defaults; each test changes one thing. */
  load(over: Partial<ConfigInputs> = {}): Promise<LoadedConfig> {
    return loadConfig({ host: this.host(), defaultIntervalMs: 5000, previous: null, ...over });
  }
}

/** The home of a test file, new for each test. */
export function configHome(): ConfigHome {
  const home = new ConfigHome();
  beforeEach(() => home.begin());
  afterEach(() => home.end());
  return home;
}

/** Where the value of a key is from. */
export function originOf(loaded: LoadedConfig, key: string): Provenance | undefined {
  return loaded.provenance.find((one) => one.key === key);
}
