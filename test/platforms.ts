/**
 * What cannot be tested on every platform, with the reason. This list is the only way to skip a test: a test guarded
 * by `here(id)` carries `[id]` in its title, the test driver prints each entry that does not apply, and any other
 * skipped test counts as a failure.
 */
import { readFileSync } from "node:fs";

/** One thing that needs something no package manager can install. */
export interface PlatformNeed {
  readonly id: string;
  readonly reason: string;
  /** Whether it can run on this machine. */
  applies(): boolean;
}

/** Root in a container often lacks the capability: bit 21 of the effective set (capabilities(7)). */
function mayMount(): boolean {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return false;
  const effective = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return (BigInt(`0x${effective}`) & (1n << 21n)) !== 0n;
}

export const PLATFORM_NEEDS: readonly PlatformNeed[] = [
  {
    id: "linux",
    reason: "/proc, /sys and cgroups are Linux's own",
    applies: () => process.platform === "linux",
  },
  {
    id: "macos",
    reason: "macOS calls need a Mac; elsewhere the sensors are tested on recorded outputs",
    applies: () => process.platform === "darwin",
  },
  {
    id: "windows",
    reason: "Windows calls need Windows; elsewhere the sensors are tested on recorded outputs",
    applies: () => process.platform === "win32",
  },
  {
    id: "root",
    reason: "mounting a tiny file system to fill it needs root with the right to mount (CAP_SYS_ADMIN) on Linux",
    applies: mayMount,
  },
  {
    id: "not-root",
    reason: "root ignores file permissions, so a read-only folder does not refuse it",
    applies: () => process.getuid !== undefined && process.getuid() !== 0,
  },
  {
    id: "desktop",
    reason: "a desktop VS Code needs a display and its download; the suite runs in the browser workbench instead",
    applies: () => false,
  },
];

/** Whether tests of this need run here. Throws for an id that is not on the list. */
export function here(id: string): boolean {
  const need = PLATFORM_NEEDS.find((one) => one.id === id);
  if (!need) throw new Error(`'${id}' is not on the list in test/platforms.ts`);
  return need.applies();
}
