/** Where Gorgon keeps its state and finds its configuration, on this machine and for this user. */
import { createHash } from "node:crypto";
import os from "node:os";
import nodePath from "node:path";
import { t } from "@vscode/l10n";
import type { Host } from "./host.ts";
import { isNetworkType, MOUNTINFO, parseMounts, type Mount } from "./mounts.ts";

/** A registry look-up or ioreg takes milliseconds; more means that it hangs. */
const PROGRAM_DEADLINE_MS = 5000;

/** Symbolic links followed at most, as the kernel does. */
const LINKS_LIMIT = 40;

/** The folders and files of this user on this machine. */
export interface StatePaths {
  /** `$XDG_STATE_HOME/gorgon/<machine>`, or a local folder when that lies on a network file system. */
  readonly folder: string;
  /** The history database. */
  readonly history: string;
  /** The lock of the leading worker. */
  readonly leader: string;
  /** Where the leading worker says how it can be reached. */
  readonly announcement: string;
  /** Where its socket may lie, the best first. */
  readonly sockets: readonly SocketPlace[];
  /** In words why the folder is not the usual one; empty when it is. */
  readonly moved: string;
}

/** One place for the leader's socket and the token that goes with it. */
export interface SocketPlace {
  /** Of this user alone; holds the token, and the socket where it is a file. */
  readonly folder: string;
  /** Path of the socket, or name of the pipe. */
  readonly socket: string;
  readonly token: string;
}

/** Where the state lies. Nothing is created. Two machines that share a home folder get different ones. */
export async function statePaths(host: Host): Promise<StatePaths> {
  const path = pathsOf(host);
  const machine = await machineId(host);
  const usual = path.join(stateHome(host), "gorgon", machine);
  const network = networkFileSystem(host, usual);
  // SQLite's write-ahead log needs shared memory, which network file systems do not have.
  const folder = network === null ? usual : path.join(localHome(), machine);
  return {
    folder,
    history: path.join(folder, "history.db"),
    leader: path.join(folder, "leader.db"),
    announcement: path.join(folder, "leader.json"),
    sockets: socketPlaces(host, folder, machine),
    moved:
      network === null
        ? ""
        : t(
            "{usual} lies on a network file system ({type} at {mount}), where a database cannot be shared safely; history is " +
              "kept in {folder} instead. Set XDG_STATE_HOME to a local folder to choose another.",
            { usual, type: network.type, mount: network.mountPoint, folder },
          ),
  };
}

/** A socket's path fits into 104 bytes with its end on macOS and the BSDs, 108 on Linux. */
const MAX_SOCKET_PATH = 103;

/**
 * The runtime folder, else the system's temporary one, else the state folder: a place is left out when the path of a
 * socket there would be too long. The name tells apart the state folders that one user may have.
 */
function socketPlaces(host: Host, folder: string, machine: string): SocketPlace[] {
  const path = pathsOf(host);
  const name = createHash("sha256").update(`gorgon leader ${folder}`).digest("hex").slice(0, 12);
  if (host.platform === "win32") {
    return [{ folder, socket: `\\\\.\\pipe\\gorgon-${name}`, token: path.join(folder, "leader.token") }];
  }
  const runtime = absolute(host, "XDG_RUNTIME_DIR");
  const temporary = absolute(host, "TMPDIR") ?? "/tmp";
  const folders = [
    ...(runtime === undefined ? [] : [path.join(runtime, "gorgon", machine)]),
    path.join(temporary, `gorgon-${String(userNumber())}`, machine),
    folder,
  ];
  return folders
    .map((one) => ({ folder: one, socket: path.join(one, `${name}.sock`), token: path.join(one, `${name}.token`) }))
    .filter(({ socket }) => Buffer.byteLength(socket) <= MAX_SOCKET_PATH);
}

/** `$XDG_CONFIG_HOME/gorgon` or `~/.config/gorgon`; `%APPDATA%\gorgon` on Windows. */
export function configFolder(host: Host): string {
  const path = pathsOf(host);
  if (host.platform === "win32") {
    return path.join(host.env["APPDATA"] ?? path.join(home(host), "AppData", "Roaming"), "gorgon");
  }
  return path.join(absolute(host, "XDG_CONFIG_HOME") ?? path.join(home(host), ".config"), "gorgon");
}

/**
 * 16 hexadecimal digits that tell this machine from others that may share the home folder. The system's own id is
 * hashed, because it is meant to stay on the machine; without one, the host name must do.
 */
export async function machineId(host: Host): Promise<string> {
  const raw = rawMachineId(host) ?? (await askedMachineId(host)) ?? `hostname ${os.hostname()}`;
  return createHash("sha256").update(`gorgon machine ${raw}`).digest("hex").slice(0, 16);
}

/** The mount of a network file system on which a path lies, or will lie; null when it is local or cannot be told. */
export function networkFileSystem(host: Host, path: string): Mount | null {
  if (host.platform !== "linux") return null;
  let mounts: Mount[];
  try {
    mounts = parseMounts(host.files.text(MOUNTINFO));
  } catch {
    return null; // Without /proc nothing can be said, and the usual place is tried.
  }
  const real = resolveLinks(host, path);
  let found: Mount | null = null;
  for (const mount of mounts) {
    if (!contains(mount.mountPoint, real)) continue;
    // Of several mounts on one point the last is the one in sight.
    if (found === null || mount.mountPoint.length >= found.mountPoint.length) found = mount;
  }
  return found !== null && isNetworkType(found.type) ? found : null;
}

function contains(folder: string, path: string): boolean {
  return folder === "/" || path === folder || path.startsWith(`${folder}/`);
}

/** The path with the symbolic links of those parts that exist followed. */
function resolveLinks(host: Host, path: string): string {
  const rest = path.split("/").filter((part) => part !== "" && part !== ".");
  let resolved = "";
  let links = 0;
  for (let part = rest.shift(); part !== undefined; part = rest.shift()) {
    if (part === "..") {
      resolved = resolved.slice(0, Math.max(0, resolved.lastIndexOf("/")));
      continue;
    }
    const target = links < LINKS_LIMIT ? linkTarget(host, `${resolved}/${part}`) : null;
    if (target === null) {
      resolved = `${resolved}/${part}`;
      continue;
    }
    links++;
    if (target.startsWith("/")) resolved = "";
    rest.unshift(...target.split("/").filter((one) => one !== "" && one !== "."));
  }
  return resolved === "" ? "/" : resolved;
}

function linkTarget(host: Host, path: string): string | null {
  try {
    return host.files.link(path);
  } catch {
    return null; // No link, or not there yet.
  }
}

function rawMachineId(host: Host): string | null {
  if (host.platform === "win32" || host.platform === "darwin") return null;
  for (const path of ["/etc/machine-id", "/var/lib/dbus/machine-id"]) {
    try {
      const id = host.files.text(path).trim();
      // systemd writes "uninitialized" into images that have no id yet.
      if (/^[0-9a-f]{32}$/i.test(id)) return id.toLowerCase();
    } catch {
      // The next place.
    }
  }
  return null;
}

async function askedMachineId(host: Host): Promise<string | null> {
  const question: Readonly<Partial<Record<NodeJS.Platform, readonly [string, readonly string[], RegExp]>>> = {
    darwin: ["/usr/sbin/ioreg", ["-rd1", "-c", "IOPlatformExpertDevice"], /"IOPlatformUUID"\s*=\s*"([0-9A-F-]{36})"/i],
    win32: [
      `${host.env["SystemRoot"] ?? "C:\\Windows"}\\System32\\reg.exe`,
      ["query", "HKLM\\SOFTWARE\\Microsoft\\Cryptography", "/v", "MachineGuid", "/reg:64"],
      /MachineGuid\s+REG_SZ\s+([0-9A-F-]{36})/i,
    ],
  };
  const asked = question[host.platform];
  if (asked === undefined) return null;
  const [file, args, pattern] = asked;
  try {
    const { stdout } = await host.programs.run(file, args, { deadlineMs: PROGRAM_DEADLINE_MS });
    return pattern.exec(stdout)?.[1]?.toLowerCase() ?? null;
  } catch {
    return null; // The host name must do.
  }
}

function pathsOf(host: Host): nodePath.PlatformPath {
  return host.platform === "win32" ? nodePath.win32 : nodePath.posix;
}

function home(host: Host): string {
  return (host.platform === "win32" ? host.env["USERPROFILE"] : absolute(host, "HOME")) ?? os.homedir();
}

function stateHome(host: Host): string {
  const path = pathsOf(host);
  if (host.platform === "win32") return host.env["LOCALAPPDATA"] ?? path.join(home(host), "AppData", "Local");
  return absolute(host, "XDG_STATE_HOME") ?? path.join(home(host), ".local", "state");
}

/** Survives a restart of the machine, unlike the runtime folder. By number: a name may be missing or hold anything. */
function localHome(): string {
  return `/var/tmp/gorgon-${userNumber()}`;
}

function userNumber(): number {
  return process.getuid?.() ?? 0;
}

/** The XDG rules: a relative path in these variables is ignored. */
function absolute(host: Host, variable: string): string | undefined {
  const value = host.env[variable];
  return value?.startsWith("/") === true ? value : undefined;
}
