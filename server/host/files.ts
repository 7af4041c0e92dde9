/** The real file system: pseudo files kept open and read into one shared buffer, and a few plain look-ups. */
import fs from "node:fs";
import type { Disposable, FileFacts, Files, FileSystemSize, LiveFile, LiveFileOptions } from "./host.ts";

/** Enough for every file of a laptop's /proc; doubled when one is longer. */
const FIRST_BUFFER_BYTES = 32 * 1024;

/** Nothing under /proc is longer; a file that is must not eat the worker's memory. */
const LIMIT_BYTES = 64 * 1024 * 1024;

/** What the system says when an open file's source was replaced or went away, so that opening again may help. */
const REOPEN: ReadonlySet<string> = new Set(["ESTALE", "EBADF", "ENODEV", "ENXIO", "ESRCH"]);

/** The buffer that every live file of one host reads into. */
class SharedBuffer {
  bytes = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);

  grow(path: string): void {
    if (this.bytes.length >= LIMIT_BYTES) throw new Error(`${path} is longer than ${LIMIT_BYTES} bytes; not read.`);
    this.bytes = Buffer.allocUnsafeSlow(this.bytes.length * 2);
  }
}

class OpenFile implements LiveFile {
  readonly #path: string;
  readonly #shared: SharedBuffer;
  readonly #atOnce: boolean;
  #fd = -1;
  #disposed = false;

  constructor(path: string, shared: SharedBuffer, atOnce: boolean) {
    this.#path = path;
    this.#shared = shared;
    this.#atOnce = atOnce;
  }

  read(): Buffer {
    if (this.#disposed) throw new Error(`${this.#path} was given back; it cannot be read any more.`);
    if (this.#fd < 0) this.#fd = fs.openSync(this.#path, "r");
    try {
      return this.#readAll();
    } catch (error) {
      if (!REOPEN.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
      this.#close();
      this.#fd = fs.openSync(this.#path, "r");
      return this.#readAll();
    }
  }

  #readAll(): Buffer {
    const shared = this.#shared;
    for (;;) {
      let length = 0;
      while (length < shared.bytes.length) {
        const got = fs.readSync(this.#fd, shared.bytes, length, shared.bytes.length - length, length);
        length += got;
        if (got === 0 || (this.#atOnce && length < shared.bytes.length)) return shared.bytes.subarray(0, length);
      }
      // Read from the beginning again, so that no record is torn between two readings.
      shared.grow(this.#path);
    }
  }

  #close(): void {
    const fd = this.#fd;
    this.#fd = -1;
    try {
      if (fd >= 0) fs.closeSync(fd);
    } catch {
      // EBADF: it is closed already, which is what was wanted.
    }
  }

  dispose(): void {
    this.#disposed = true;
    this.#close();
  }
}

function sizeOf(stats: fs.StatsFs): FileSystemSize {
  // statvfs counts blocks in fragments, which differ from the transfer size on some FUSE file systems. Older Nodes do
  // not tell their size.
  const fragmentBytes = (stats as Partial<fs.StatsFs>).frsize ?? 0;
  return {
    blockBytes: fragmentBytes > 0 ? fragmentBytes : stats.bsize,
    blocks: stats.blocks,
    blocksFree: stats.bfree,
    blocksAvailable: stats.bavail,
    inodes: stats.files,
    inodesFree: stats.ffree,
  };
}

function factsOf(stats: fs.Stats): FileFacts {
  const kind = stats.isFile() ? "file" : stats.isDirectory() ? "folder" : "other";
  return { kind, bytes: stats.size, modifiedMs: stats.mtimeMs };
}

/** Folders can hold millions of names: they are read piece by piece, and no further than asked for. */
async function entriesOf(path: string, limit: number): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const entry of await fs.promises.opendir(path, { bufferSize: 256 })) {
    if (names.length >= limit) break;
    names.push(entry.name);
  }
  return names;
}

function watchFolder(folder: string, onChange: (name: string) => void): Disposable {
  const watcher = fs.watch(folder, { persistent: false }, (_, name) => onChange(name ?? ""));
  // As when its file system is taken away.
  watcher.on("error", () => watcher.close());
  return { dispose: () => watcher.close() };
}

/** The machine's own files. */
export function nodeFiles(): Files {
  const shared = new SharedBuffer();
  return {
    live: (path: string, options?: LiveFileOptions) => new OpenFile(path, shared, options?.atOnce === true),
    text: (path) => fs.readFileSync(path, "utf8"),
    bytes: (path) => fs.promises.readFile(path),
    list: (path) => fs.readdirSync(path),
    exists: (path) => fs.existsSync(path),
    link: (path) => fs.readlinkSync(path),
    sizeNow: (path) => sizeOf(fs.statfsSync(path)),
    size: async (path) => sizeOf(await fs.promises.statfs(path)),
    look: async (path) => factsOf(await fs.promises.stat(path)),
    entries: entriesOf,
    watch: watchFolder,
  };
}
