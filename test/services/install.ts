/** Installs what tests need from npm, exactly as a package-lock.json lists it: the clients of the real services are beside this file. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { npm } from "../../scripts/workbench.ts";

/** The folder whose node_modules has them. */
export const SERVICES = import.meta.dirname;

/** Installs the clients of the real services. Throws `missing: ...` when npm cannot. */
export function installClients(): void {
  installListed(SERVICES);
}

/** Installs what a folder's lockfile lists, unless that was done already. Throws `missing: ...` when npm cannot. */
export function installListed(folder: string): void {
  const stamp = path.join(folder, "node_modules", ".gorgon-services");
  const want = readFileSync(path.join(folder, "package-lock.json"), "utf8");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === want) return;
  const { file, args } = npm(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
  // npm hands its own settings down to its scripts; a prefix meant for the root must not reach here.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^npm_(config_(prefix|local_prefix|global)|package_)/i.test(name)),
  );
  const done = spawnSync(file, [...args], { cwd: folder, env, encoding: "utf8" });
  if (done.status !== 0) {
    throw new Error(
      `missing: the packages of ${folder} (npm ci there: ${(done.stderr || String(done.error)).slice(0, 500)})`,
    );
  }
  writeFileSync(stamp, want);
}
