/** How many processes of a kernel's memory group were killed for want of memory, where no watcher counts them. */
import type { Host } from "../../host/host.ts";
import { memoryLimit, type Cgroup } from "../cgroup.ts";
import { oomKills } from "../limits/groups.ts";
import { machineOf } from "./limit.ts";
import type { DeathReport } from "../../wire/kernel-watcher.ts";

/** One group's counter, looked at again and again. */
export class KillCount {
  readonly #host: Host;
  readonly #group: Cgroup;
  #before: number | null = null;

  constructor(host: Host, group: Cgroup) {
    this.#host = host;
    this.#group = group;
  }

  /** Looks while the kernel lives. */
  look(): void {
    this.#before = oomKills(this.#host, this.#group);
  }

  /** What was counted since the last look; null where nothing is. */
  since(): DeathReport["oom"] {
    const after = this.#before === null ? null : oomKills(this.#host, this.#group);
    if (this.#before === null || after === null) return null;
    const limit = memoryLimit(this.#host, machineOf(this.#host), [this.#group]);
    return { group: this.#group.name, before: this.#before, after, limitBytes: limit?.bytes ?? null };
  }
}
