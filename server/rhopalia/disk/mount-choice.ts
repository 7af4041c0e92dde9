/** Which mounts are file systems that can fill up, each counted once. */
import { mayHang, type Mount } from "../../host/mounts.ts";

/** Types that hold no files of anybody's, by reason. */
const KERNEL = "an interface of the kernel, not a store of files";
const IMAGE = "a read-only image: always full, and cannot get fuller";
const BRIDGE = "a view of other file systems, made by a program";
const SKIPPED_TYPES: Readonly<Record<string, string>> = {
  ...all(KERNEL, "autofs bdev binderfs binfmt_misc bpf cgroup cgroup2 configfs cpuset debugfs devfs devpts devtmpfs"),
  ...all(KERNEL, "efivarfs functionfs fusectl hugetlbfs mqueue nfsd none nsfs proc pstore resctrl rootfs rpc_pipefs"),
  ...all(KERNEL, "securityfs selinuxfs smackfs sockfs sysfs tracefs usbfs"),
  ...all(IMAGE, "composefs cramfs erofs iso9660 romfs squashfs udf fuse.snapfuse fuse.squashfuse"),
  ...all(BRIDGE, "fuse.gvfsd-fuse fuse.portal fuse.lxcfs fuse.gvfs-fuse-daemon fuse.xdg-document-portal"),
};

/** Folders in which memory file systems serve the system, not its users. */
const SYSTEM_FOLDER = /^\/(?:(?:proc|sys|dev)(?:\/|$)|(?:var\/)?run\/)/;

/** Files that container runtimes mount one by one from the machine's disk. */
const INJECTED =
  /^\/(?:etc\/(?:hosts|hostname|resolv\.conf|timezone|localtime)|dev\/termination-log|run\/\.containerenv)$/;

/** A mount that is measured. */
export interface Choice {
  readonly mount: Mount;
  /** It may hang, so it is asked outside the event loop. */
  readonly remote: boolean;
}

/** Why a mount is not counted; empty when it is, unless another mount stands for it. */
export function reasonToSkip(mount: Mount): string {
  const { type, mountPoint, options } = mount;
  const known = SKIPPED_TYPES[type];
  if (known !== undefined) return known;
  if (type === "tmpfs" || type === "ramfs") {
    if (type === "ramfs") return "memory without a limit: it has no size";
    if (options.includes("ro")) return "memory that is read-only";
    if (mountPoint !== "/dev/shm" && SYSTEM_FOLDER.test(mountPoint)) return "memory for the system's own use";
  }
  // A container's own root is an overlay, and its only view of the disk.
  if (type === "overlay" && mountPoint !== "/") return "shows the space of the file system that holds its upper layer";
  if (INJECTED.test(mountPoint)) return "a single file, mounted by the container runtime";
  return "";
}

/** The mounts to measure, in the order of their mount points. */
export function chooseMounts(mounts: readonly Mount[]): readonly Choice[] {
  const visible = new Map<string, Mount>();
  // The later of two mounts on one point hides the earlier.
  for (const mount of mounts) visible.set(mount.mountPoint, mount);
  const byDevice = new Map<string, Mount>();
  for (const mount of visible.values()) {
    if (reasonToSkip(mount) !== "") continue;
    const other = byDevice.get(mount.device);
    if (other === undefined || preferred(mount, other)) byDevice.set(mount.device, mount);
  }
  return [...byDevice.values()]
    .sort((a, b) => (a.mountPoint < b.mountPoint ? -1 : 1))
    .map((mount) => ({ mount, remote: mayHang(mount.type) }));
}

/** Of several mounts of one file system the shortest mount point is the one its users know. */
function preferred(mount: Mount, other: Mount): boolean {
  return mount.mountPoint.length < other.mountPoint.length;
}

function all(reason: string, types: string): Record<string, string> {
  return Object.fromEntries(types.split(" ").map((type) => [type, reason]));
}
