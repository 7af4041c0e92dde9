/** File systems on Linux: what /proc/self/mountinfo lists, measured by statfs. */
import { t } from "@vscode/l10n";
import type { Reading } from "../../../protocol/reading.ts";
import type { FileSystemSize, Host } from "../../host/host.ts";
import { MOUNTINFO, parseMounts } from "../../host/mounts.ts";
import { codeOf } from "../reason.ts";
import { NoData, PartialFailure, type Rhopalium } from "../rhopalium.ts";
import { Source } from "../source.ts";
import * as names from "./metrics.ts";
import { chooseMounts, type Choice } from "./mount-choice.ts";
import { RemoteSizes } from "./remote-sizes.ts";

/** Not failures: a mount that this user may not look into, or that was taken away in the meantime. */
const NOT_OURS: ReadonlySet<string> = new Set(["EACCES", "EPERM", "ENOENT", "ENOTDIR"]);

class Filesystem {
  readonly choice: Choice;
  readonly attributes: names.FilesystemAttributes;

  constructor(choice: Choice) {
    const { source, mountPoint, type } = choice.mount;
    this.choice = choice;
    this.attributes = names.filesystemAttributes(source, mountPoint, type);
  }
}

class LinuxFilesystems implements Rhopalium {
  readonly name = "filesystem";
  readonly metrics = [...names.FILESYSTEM_METRICS, ...names.INODE_METRICS];
  readonly #host: Host;
  readonly #mountinfo: Source;
  readonly #remote: RemoteSizes;
  #listed = Buffer.alloc(0);
  #local: readonly Filesystem[] = [];
  #hanging: readonly Filesystem[] = [];

  constructor(host: Host) {
    this.#host = host;
    this.#mountinfo = new Source(host, MOUNTINFO);
    this.#remote = new RemoteSizes(host);
  }

  read(signal: AbortSignal): readonly Reading[] | Promise<readonly Reading[]> {
    this.#list();
    const readings: Reading[] = [];
    const failures: string[] = [];
    for (const one of this.#local) {
      const { mount } = one.choice;
      try {
        pushSize(readings, one, this.#host.files.sizeNow(mount.mountPoint));
      } catch (error) {
        addFailure(failures, one, error);
      }
    }
    // A machine with local disks alone is read without leaving the event loop's turn.
    if (this.#hanging.length === 0) return finish(readings, failures);
    return this.#readRemote(readings, failures, signal);
  }

  async #readRemote(readings: Reading[], failures: string[], signal: AbortSignal): Promise<readonly Reading[]> {
    const answers = await this.#remote.ask(
      this.#hanging.map((one) => one.choice.mount.mountPoint),
      signal,
    );
    this.#hanging.forEach((one, index) => {
      const answer = answers[index];
      if (answer === undefined || answer instanceof Error) addFailure(failures, one, answer);
      else pushSize(readings, one, answer);
    });
    return finish(readings, failures);
  }

  /** Reads the mounts, and parses them only when they changed. */
  #list(): void {
    const bytes = this.#mountinfo.bytes();
    if (bytes.equals(this.#listed)) return;
    this.#listed = Buffer.from(bytes);
    const all = chooseMounts(parseMounts(bytes.toString("utf8"))).map((choice) => new Filesystem(choice));
    this.#local = all.filter((one) => !one.choice.remote);
    this.#hanging = all.filter((one) => one.choice.remote);
  }

  dispose(): void {
    this.#mountinfo.dispose();
  }
}

function pushSize(into: Reading[], one: Filesystem, size: FileSystemSize): void {
  // Without blocks it is a file system of the kernel's own that the list of types does not know.
  if (!(size.blocks > 0)) return;
  const used = Math.max(0, size.blocks - size.blocksFree) * size.blockBytes;
  const available = Math.max(0, Math.min(size.blocksAvailable, size.blocksFree)) * size.blockBytes;
  names.pushFilesystem(into, one.attributes, size.blocks * size.blockBytes, used, available);
  names.pushInodes(into, one.attributes, size.inodes, size.inodesFree);
}

function addFailure(failures: string[], one: Filesystem, error: unknown): void {
  if (NOT_OURS.has(codeOf(error))) return;
  const { type, mountPoint } = one.choice.mount;
  failures.push(
    error instanceof Error
      ? `${mountPoint} (${type}) ${error.message}`
      : t("{0} ({1}) gave no answer", mountPoint, type),
  );
}

function finish(readings: readonly Reading[], failures: readonly string[]): readonly Reading[] {
  if (failures.length > 0) throw new PartialFailure(readings, failures.join(" "));
  if (readings.length === 0) throw new NoData(t("no file system of a known size is mounted"));
  return readings;
}

/** Space and inodes of each file system. Throws PartialFailure naming those that do not answer; the others are in it. */
export function linuxFilesystems(host: Host): Rhopalium {
  return new LinuxFilesystems(host);
}
