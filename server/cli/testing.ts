/** Users of the command line for tests: each with a home of their own, whose commands run in this process. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { runCli } from "./cli.ts";
import type { CliIo } from "./io.ts";

/** How a command ended, and what it said. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A user of this machine. */
export interface User {
  readonly home: string;
  /** Runs the command whose words stand between blanks. */
  readonly run: (args: string, over?: Partial<CliIo>, env?: Record<string, string>) => Promise<Ran>;
  /** Writes the user's gorgon.yaml. */
  readonly configure: (text: string) => void;
}

/** Makes users whose commands may run beside each other; `remove` takes their homes away. */
export function homes(): { user: () => User; remove: () => void } {
  const root = mkdtempSync(path.join(os.tmpdir(), "gorgon-cli-"));
  let count = 0;
  const user = (): User => {
    const home = path.join(root, String(count++));
    const folder = path.join(home, ".config", "gorgon");
    mkdirSync(folder, { recursive: true });
    return {
      home,
      run: async (args, over = {}, env = {}) => {
        let out = "";
        let err = "";
        const code = await runCli(
          args.split(" ").filter((one) => one !== ""),
          {
            stdout: { write: (text) => (out += text) },
            stderr: { write: (text) => (err += text) },
            env: { HOME: home, ...env },
            isTTY: false,
            ...over,
          },
        );
        return { code, out, err };
      },
      configure: (text) => writeFileSync(path.join(folder, "gorgon.yaml"), text),
    };
  };
  return { user, remove: () => rmSync(root, { recursive: true, force: true }) };
}
