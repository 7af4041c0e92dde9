/** For tests: systeminformation as it answered on another system, from `recorded/`. */
import { readFileSync } from "node:fs";
import type { Library } from "./systeminformation.ts";

/** Answers by call, the last of them again and again. */
type Answers = Record<keyof Library, unknown[]>;

/** A library that gives recorded answers in turn; `changes` replaces the answers of some calls. */
export function recordedLibrary(platform: "darwin" | "win32", changes: Partial<Answers> = {}): Library {
  const file = new URL(`recorded/${platform}.json`, import.meta.url);
  const answers: Answers = { ...(JSON.parse(readFileSync(file, "utf8")) as Answers), ...changes };
  const given = new Map<string, number>();
  const answer = <K extends keyof Library>(call: K) => {
    const list = answers[call];
    const turn = given.get(call) ?? 0;
    given.set(call, turn + 1);
    return Promise.resolve(list[Math.min(turn, list.length - 1)]) as ReturnType<Library[K]>;
  };
  return {
    currentLoad: () => answer("currentLoad"),
    mem: () => answer("mem"),
    fsSize: () => answer("fsSize"),
    fsStats: () => answer("fsStats"),
    disksIO: () => answer("disksIO"),
    networkStats: () => answer("networkStats"),
    osInfo: () => answer("osInfo"),
    cpu: () => answer("cpu"),
    system: () => answer("system"),
  };
}
