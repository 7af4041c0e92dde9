/** What the machine is: read once, through systeminformation. */
import os from "node:os";
import type { HostFacts } from "../../protocol/state.ts";
import type { Host } from "../host/host.ts";
import { SystemInformation, type Library } from "./systeminformation.ts";

/** What is known at once, without asking anybody. */
export function provisionalFacts(): HostFacts {
  const cpus = os.cpus();
  return {
    hostname: os.hostname(),
    os: os.type(),
    kernel: os.release(),
    cpuModel: cpus[0]?.model.trim() ?? "",
    cores: Math.max(1, cpus.length),
    memoryBytes: os.totalmem(),
    virtualization: "",
  };
}

/** The facts in full. Never rejects: what cannot be found out stays as `provisionalFacts` has it. */
export async function hostFacts(host: Host, library: Library | null = null): Promise<HostFacts> {
  const information = new SystemInformation(host, library);
  const known = provisionalFacts();
  const [name, cpu, memory, virtualization] = await Promise.all([
    attempt(() => osName(host, information)),
    attempt(() => information.ask("the CPU", (one) => one.cpu())),
    attempt(() => information.ask("the memory", (one) => one.mem())),
    attempt(() => virtualizationOf(host, information)),
  ]);
  return {
    ...known,
    os: name === null || name === "" ? known.os : name,
    cpuModel: cpuModel(cpu?.manufacturer, cpu?.brand) || known.cpuModel,
    // The library says 0 for what it could not find out.
    cores: cpu && cpu.cores > 0 ? cpu.cores : known.cores,
    memoryBytes: memory && memory.total > 0 ? memory.total : known.memoryBytes,
    virtualization: virtualization ?? "",
  };
}

async function attempt<T>(ask: () => Promise<T> | T): Promise<T | null> {
  try {
    return await ask();
  } catch {
    return null; // Decoration; its absence is shown as such.
  }
}

/**
 * On Linux from os-release, which needs no program: the library's `osInfo` would also run `hostname -f`, which asks
 * the name server and blocks for as long as that takes.
 */
async function osName(host: Host, information: SystemInformation): Promise<string> {
  if (host.platform === "linux") {
    const path = host.files.exists("/etc/os-release") ? "/etc/os-release" : "/usr/lib/os-release";
    return osRelease(host.files.text(path));
  }
  const { distro, release } = await information.ask("the system", (library) => library.osInfo());
  return [distro, release].filter((word) => word && word !== "unknown").join(" ");
}

/** `PRETTY_NAME` without its quotes and code name: `Debian GNU/Linux 12`. */
function osRelease(text: string): string {
  const [, quoted = ""] = /^PRETTY_NAME=(.*)$/m.exec(text) ?? [];
  return quoted
    .trim()
    .replace(/^(["'])(.*)\1$/, "$2")
    .replace(/\s*\([^)]*\)$/, "");
}

async function virtualizationOf(host: Host, information: SystemInformation): Promise<string> {
  if (host.platform === "linux") {
    if (host.files.exists("/.dockerenv")) return "docker";
    if (host.files.exists("/run/.containerenv")) return "podman";
  }
  const system = await information.ask("the machine", (library) => library.system());
  if (!system.virtual) return "";
  return system.virtualHost === undefined || system.virtualHost === "" ? "virtual machine" : system.virtualHost;
}

function cpuModel(manufacturer = "", brand = ""): string {
  // Recorded as "AMD" and "EPYC 7B13", but also as "Apple" and "Apple M2".
  return brand.toLowerCase().startsWith(manufacturer.toLowerCase()) ? brand.trim() : `${manufacturer} ${brand}`.trim();
}
