/** Lists of CPUs as the kernel writes them. */

/** The kernel's own limit (NR_CPUS) is 8192; a number beyond it is damage. */
const CPUS_LIMIT = 8192;

/** How many a list such as `0-3,8,10-11` names (cpuset(7)); null when it is no such list. */
export function cpusIn(list: string): number | null {
  let count = 0;
  for (const range of list.split(",")) {
    const [, from = "", to = from] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(range) ?? [];
    if (from === "" || Number(to) < Number(from) || Number(to) >= CPUS_LIMIT) return null;
    count += Number(to) - Number(from) + 1;
  }
  return count;
}
