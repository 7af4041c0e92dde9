import { describe, expect, test } from "vitest";
import { fixtureHost, type FixtureOptions } from "./fixture.ts";
import { configFolder, machineId, networkFileSystem, statePaths } from "./paths.ts";

const ID = "8f0c3c7e4f1a4a6db0ab9b4a0c6f2d11";
const LOCAL = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n";
const NFS_HOME = `${LOCAL}2 1 0:90 / /home rw - nfs4 nas:/home rw\n`;

function machine(files: Record<string, string> = {}, env: FixtureOptions["env"] = { HOME: "/home/ada" }) {
  return fixtureHost({ env, files: { "/etc/machine-id": `${ID}\n`, "/proc/self/mountinfo": LOCAL, ...files } });
}

describe("the machine's id", () => {
  test("is always the same for a machine, differs between machines, and does not disclose the system's own", async () => {
    const first = await machineId(machine());
    expect(first).toMatch(/^[0-9a-f]{16}$/);
    expect(await machineId(machine())).toBe(first);
    expect(ID).not.toContain(first);
    expect(await machineId(machine({ "/etc/machine-id": ID.replace("8f", "9f") }))).not.toBe(first);
  });

  test("is D-Bus's where systemd's is not there or not set", async () => {
    const unset = machine({ "/etc/machine-id": "uninitialized\n", "/var/lib/dbus/machine-id": ID });
    expect(await machineId(unset)).toBe(await machineId(machine()));
  });

  test("falls back to the host's name", async () => {
    expect(await machineId(fixtureHost())).toMatch(/^[0-9a-f]{16}$/);
  });

  test("is asked of ioreg on macOS and of the registry on Windows", async () => {
    const mac = fixtureHost({ platform: "darwin" });
    const stdout = '  "IOPlatformUUID" = "5B9E5C0E-1F0B-5D3C-8F7E-0A1B2C3D4E5F"\n';
    const without = await machineId(mac);
    mac.setProgram("/usr/sbin/ioreg -rd1 -c IOPlatformExpertDevice", { stdout, stderr: "", code: 0 });
    expect(await machineId(mac)).not.toBe(without);

    const windows = fixtureHost({ platform: "win32" });
    const query = "query HKLM\\SOFTWARE\\Microsoft\\Cryptography /v MachineGuid /reg:64";
    windows.setProgram(`C:\\Windows\\System32\\reg.exe ${query}`, {
      stdout: "    MachineGuid    REG_SZ    5b9e5c0e-1f0b-5d3c-8f7e-0a1b2c3d4e5f\r\n",
      stderr: "",
      code: 0,
    });
    expect(await machineId(windows)).toBe(await machineId(mac));
  });
});

describe("the state folder", () => {
  test("is the user's, by machine", async () => {
    const host = machine();
    const paths = await statePaths(host);
    expect(paths.folder).toBe(`/home/ada/.local/state/gorgon/${await machineId(host)}`);
    expect(paths.history).toBe(`${paths.folder}/history.db`);
    expect(paths.moved).toBe("");
  });

  test("follows XDG_STATE_HOME, unless that is not absolute", async () => {
    const folderOf = async (home: string) =>
      (await statePaths(machine({}, { HOME: "/home/ada", XDG_STATE_HOME: home }))).folder;
    expect(await folderOf("/srv/state")).toMatch(/^\/srv\/state\/gorgon\//);
    expect(await folderOf("state")).toMatch(/^\/home\/ada\/\.local\/state\/gorgon\//);
  });

  test("is a local one when the home folder lies on a network, and says so", async () => {
    const paths = await statePaths(machine({ "/proc/self/mountinfo": NFS_HOME }));
    expect(paths.folder).toMatch(/^\/var\/tmp\/gorgon-\d+\/[0-9a-f]{16}$/);
    expect(paths.moved).toContain("nfs4 at /home");
    expect(paths.moved).toContain("Set XDG_STATE_HOME");
  });

  test("on Windows lies in the local, not the roaming, profile", async () => {
    const env = { USERPROFILE: "C:\\Users\\ada", LOCALAPPDATA: "C:\\Users\\ada\\AppData\\Local" };
    const host = fixtureHost({ platform: "win32", env });
    expect((await statePaths(host)).folder).toMatch(/^C:\\Users\\ada\\AppData\\Local\\gorgon\\[0-9a-f]{16}$/);
  });
});

describe("the configuration folder", () => {
  test("follows XDG_CONFIG_HOME, and APPDATA on Windows", () => {
    expect(configFolder(machine())).toBe("/home/ada/.config/gorgon");
    expect(configFolder(machine({}, { HOME: "/home/ada", XDG_CONFIG_HOME: "/etc/ada" }))).toBe("/etc/ada/gorgon");
    const windows = fixtureHost({ platform: "win32", env: { APPDATA: "C:\\Users\\ada\\AppData\\Roaming" } });
    expect(configFolder(windows)).toBe("C:\\Users\\ada\\AppData\\Roaming\\gorgon");
  });
});

describe("whether a path lies on a network file system", () => {
  test("is told by the nearest mount above it", () => {
    const mounts = `${NFS_HOME}3 2 8:2 / /home/ada/scratch rw - ext4 /dev/sdb1 rw\n`;
    const host = machine({ "/proc/self/mountinfo": mounts });
    expect(networkFileSystem(host, "/home/ada/.local/state")?.type).toBe("nfs4");
    expect(networkFileSystem(host, "/home/ada/scratch/x")).toBeNull();
    expect(networkFileSystem(host, "/homework")).toBeNull();
    expect(networkFileSystem(host, "/var/tmp")).toBeNull();
  });

  test.each(["nfs", "cifs", "smb3", "9p", "fuse.sshfs", "fuse.rclone", "ceph", "virtiofs"])(
    "counts %s as one",
    (type) => {
      const host = machine({ "/proc/self/mountinfo": `${LOCAL}2 1 0:90 / /mnt/x rw - ${type} src rw\n` });
      expect(networkFileSystem(host, "/mnt/x/y")?.type).toBe(type);
    },
  );

  test.each(["fuseblk", "btrfs", "overlay", "zfs", "tmpfs"])("counts %s as local", (type) => {
    const host = machine({ "/proc/self/mountinfo": `${LOCAL}2 1 0:90 / /mnt/x rw - ${type} src rw\n` });
    expect(networkFileSystem(host, "/mnt/x/y")).toBeNull();
  });

  test("is told of where symbolic links lead, and links in a circle end", () => {
    const host = machine({ "/proc/self/mountinfo": NFS_HOME });
    host.linkTo("/data", "home/ada");
    host.linkTo("/loop", "/loop");
    expect(networkFileSystem(host, "/data/state")?.mountPoint).toBe("/home");
    expect(networkFileSystem(host, "/loop/state")).toBeNull();
  });

  test("is taken for local where the mounts cannot be read", () => {
    expect(networkFileSystem(fixtureHost(), "/home/ada")).toBeNull();
    expect(networkFileSystem(fixtureHost({ platform: "darwin" }), "/Users/ada")).toBeNull();
  });
});
