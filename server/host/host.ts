/**
 * The operating system behind one injectable interface: clock, files, programs. Sensors and stores reach the world
 * through it alone, so that a folder of recorded files or a clock of a test's own can stand in for it.
 */

/** Ends a subscription or a timer. Calling it twice does nothing the second time. */
export interface Disposable {
  dispose(): void;
}

/** Time. */
export interface Clock {
  /** Milliseconds since the epoch, UTC. May jump. */
  now(): number;
  /** Milliseconds since some fixed moment, with fractions. Never goes back; the base of every rate. */
  monotonic(): number;
  /** Runs `run` once after `milliseconds`. The timer does not keep the process alive by itself when `unref` is set. */
  schedule(run: () => void, milliseconds: number, options?: { readonly unref?: boolean }): Disposable;
}

/** A pseudo file (as in /proc) kept open and read again and again into one buffer. */
export interface LiveFile extends Disposable {
  /**
   * Reads the file from its beginning. The bytes are valid until the next `read` of any file of this host.
   * Throws with the system's error (`code`: ENOENT, EACCES...).
   */
  read(): Buffer;
}

/** How a live file is read. */
export interface LiveFileOptions {
  /**
   * The kernel gives the file in one piece (one record, as /proc/stat, /proc/meminfo and cgroup files are), so that
   * the read which only finds the end can be saved. Never for lists (mounts, disks, interfaces).
   */
  readonly atOnce?: boolean;
}

/** Size of a file system, in bytes and inodes, as statvfs gives it. */
export interface FileSystemSize {
  readonly blockBytes: number;
  readonly blocks: number;
  readonly blocksFree: number;
  /** Free to users other than root. */
  readonly blocksAvailable: number;
  readonly inodes: number;
  readonly inodesFree: number;
}

/** What a path leads to, symbolic links followed. */
export interface FileFacts {
  readonly kind: "file" | "folder" | "other";
  readonly bytes: number;
  /** Milliseconds since the epoch, UTC. */
  readonly modifiedMs: number;
}

/** Files. Paths are the host's own; a fixture maps them into its folder. */
export interface Files {
  /** Opens a pseudo file for repeated reading. Opening never fails; reading may. */
  live(path: string, options?: LiveFileOptions): LiveFile;
  /** Reads a small file whole as UTF-8. Throws with the system's error. */
  text(path: string): string;
  /**
   * Reads a file whole outside the event loop: for pseudo files that take the kernel milliseconds. Rejects with the
   * system's error.
   */
  bytes(path: string): Promise<Buffer>;
  /** Names in a folder, unsorted. Throws with the system's error. */
  list(path: string): readonly string[];
  exists(path: string): boolean;
  /** The target of a symbolic link. Throws with the system's error. */
  link(path: string): string;
  /** Size of the file system at a mount point, at once: only for local file systems, which cannot hang. */
  sizeNow(path: string): FileSystemSize;
  /** The same for file systems that may hang (network, FUSE): it runs outside the event loop. */
  size(path: string): Promise<FileSystemSize>;
  /** Looks at a path that may hang, outside the event loop. Rejects with the system's error. */
  look(path: string): Promise<FileFacts>;
  /** Names in a folder that may hang, outside the event loop; at most `limit` of them. Rejects with the system's error. */
  entries(path: string, limit: number): Promise<readonly string[]>;
  /**
   * Calls with the name of what came, changed or went in a folder, without what lies deeper; empty where the system does not
   * say which. It does not keep the process alive. Throws with the system's error; one that breaks later says nothing more.
   */
  watch(folder: string, onChange: (name: string) => void): Disposable;
}

/** What a program said. */
export interface ProgramResult {
  readonly stdout: string;
  readonly stderr: string;
  /** Exit code; null when it was ended by a signal. */
  readonly code: number | null;
}

/** How a program that went on talking came to its end. */
export interface StreamEnd {
  /** Exit code; null when it was ended by a signal or never started. */
  readonly code: number | null;
  /** Why it could not be started or was ended by us (a line or a flood too long); null when it ended by itself. */
  readonly failure: Error | null;
  /** The last that it said on its standard error, shortened. */
  readonly stderr: string;
}

/** What is done with what a long-lived program says. */
export interface StreamOptions {
  /** A whole line of its standard output, without its end. Half a line at the program's end is a line too. */
  readonly onLine: (line: string) => void;
  /** Called once when it has ended by itself or could not be started; never after `dispose`. */
  readonly onEnd: (end: StreamEnd) => void;
  /** It listens too: its standard input stays open for `write`. Absent: it has none. */
  readonly input?: boolean;
}

/** A program that goes on talking. `dispose` ends it and everything it started. */
export interface Talking extends Disposable {
  /** Says a line to it, where it has an input; one that has ended or reads nothing hears nothing. */
  write(line: string): void;
}

/** Programs. Arguments are a list; there is never a shell. */
export interface Programs {
  /** Runs a program to its end. Rejects when it cannot be started, when the deadline passes or the signal aborts. */
  run(
    file: string,
    args: readonly string[],
    options: { readonly deadlineMs: number; readonly signal?: AbortSignal },
  ): Promise<ProgramResult>;
  /**
   * Starts a program that goes on talking, and hears it line by line until `dispose`, which ends it and everything it
   * started. It ends with this process too, however that ends. Its locale is C. A line over 64 KiB, or more than
   * 1 MiB within a second, ends it (`TOO_LONG`).
   */
  stream(file: string, args: readonly string[], options: StreamOptions): Talking;
}

/** The operating system. */
export interface Host {
  readonly platform: NodeJS.Platform;
  readonly clock: Clock;
  readonly files: Files;
  readonly programs: Programs;
  /** The environment. Read only. */
  readonly env: Readonly<Record<string, string | undefined>>;
}
