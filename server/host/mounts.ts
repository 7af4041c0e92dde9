/** What is mounted where, from /proc/self/mountinfo, and which file systems are reached over a network. */

/** One line of mountinfo. Names are unescaped. */
export interface Mount {
  /** `major:minor` of the file system; the same for bind mounts of one. */
  readonly device: string;
  /** The part of the file system that is mounted, `/` for all of it. */
  readonly root: string;
  readonly mountPoint: string;
  /** E.g. `ext4`, `fuse.sshfs`. */
  readonly type: string;
  /** E.g. `/dev/sda1`, `server:/export`. */
  readonly source: string;
  /** Options of the mount and of the file system. */
  readonly options: readonly string[];
}

/** Where the kernel lists this process' mounts. */
export const MOUNTINFO = "/proc/self/mountinfo";

/**
 * Parses mountinfo (proc(5)): `36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw`. Lines that are not
 * in this form are left out.
 */
export function parseMounts(text: string): Mount[] {
  const mounts: Mount[] = [];
  for (const line of text.split("\n")) {
    const words = line.split(" ");
    // Any number of optional fields ends with a dash.
    const dash = words.indexOf("-", 6);
    const [, , device, root, mountPoint, options] = words;
    const type = words[dash + 1];
    if (dash < 0 || !device || !root || !mountPoint?.startsWith("/") || !options || !type) continue;
    mounts.push({
      device,
      root: unescape(root),
      mountPoint: unescape(mountPoint),
      type: unescape(type),
      source: unescape(words[dash + 2] ?? ""),
      options: [...options.split(","), ...(words[dash + 3] ?? "").split(",")],
    });
  }
  return mounts;
}

/** The kernel writes blanks, newlines, `#` and backslashes as `\040`. */
function unescape(field: string): string {
  if (!field.includes("\\")) return field;
  return field.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** Reached over a network: they may hang, and locks and shared memory cannot be relied on there. */
const NETWORK_TYPES: ReadonlySet<string> = new Set([
  ...["nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "9p", "afs", "coda", "ceph", "lustre", "gpfs", "beegfs"],
  ...["glusterfs", "orangefs", "pvfs2", "ocfs2", "gfs2", "davfs", "virtiofs", "vboxsf", "prl_fs", "vmhgfs", "drvfs"],
]);

/** FUSE file systems that are local disks all the same. */
const LOCAL_FUSE: ReadonlySet<string> = new Set(["fuseblk", "fuse.ntfs-3g", "fuse.exfat", "fuse.lxcfs", "fuse.zfs"]);

/** Whether a type of file system is reached over a network, or may be (FUSE: sshfs, rclone, s3fs...). */
export function isNetworkType(type: string): boolean {
  if (NETWORK_TYPES.has(type)) return true;
  return (type === "fuse" || type.startsWith("fuse.")) && !LOCAL_FUSE.has(type);
}

/** Whether asking a file system may hang: network ones, and all that a program serves. */
export function mayHang(type: string): boolean {
  return isNetworkType(type) || type.startsWith("fuse") || type === "autofs";
}
