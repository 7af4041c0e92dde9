/** A host for tests: a folder of recorded files served as /, with files that can be changed while it runs. */
import fs from "node:fs";
import nodePath from "node:path";
import { FixtureStream } from "./fixture-stream.ts";
import type {
  Clock,
  Disposable,
  FileFacts,
  Files,
  FileSystemSize,
  Host,
  LiveFile,
  ProgramResult,
  Programs,
} from "./host.ts";
import { ManualClock } from "./manual-clock.ts";
import { ProgramFailed } from "./programs.ts";

/** What a fixture is made of. Everything may be left out. */
export interface FixtureOptions {
  /**
   * A folder that stands for `/`. Two files in it are not served: `sizes.json` (mount point -> FileSystemSize) and
   * `programs.json` (command line with single blanks -> ProgramResult).
   */
  readonly root?: string;
  readonly platform?: NodeJS.Platform;
  readonly clock?: Clock;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Added to those of the folder. */
  readonly files?: Readonly<Record<string, string>>;
}

/** What a file system answers: its size, an error code, or nothing at all. */
export type RecordedSize = FileSystemSize | { readonly error: string } | "hangs";

/** An error as the system gives it. */
function systemError(code: string, call: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${call} '${path}'`), { code, path, syscall: call });
}

/** The part of a path that lies straight in a folder; empty when it lies elsewhere. */
function firstIn(inside: string, path: string): string {
  if (!path.startsWith(inside)) return "";
  const [name = ""] = path.slice(inside.length).split("/");
  return inside + name;
}

/** Serves a folder and what was changed since as the system's files. */
export class FixtureHost implements Host {
  readonly platform: NodeJS.Platform;
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly files: Files;
  readonly programs: Programs;
  /** How often each file was read, each size asked and each program run. */
  readonly asked = new Map<string, number>();
  /** Every program that was asked to go on talking, oldest first. */
  readonly streams: FixtureStream[] = [];
  readonly #root: string | null;
  /** Null: removed. */
  readonly #changed = new Map<string, string | { readonly error: string } | null>();
  readonly #links = new Map<string, string>();
  readonly #sizes = new Map<string, RecordedSize>();
  readonly #facts = new Map<string, FileFacts>();
  readonly #hanging = new Map<string, (() => void)[]>();
  readonly #programs = new Map<string, ProgramResult>();
  readonly #watches = new Set<{ readonly inside: string; readonly onChange: (name: string) => void }>();
  // One for all files, as the real host has it: whoever keeps bytes too long sees another file's.
  #shared = Buffer.alloc(1024);

  constructor(options: FixtureOptions = {}) {
    this.platform = options.platform ?? "linux";
    this.clock = options.clock ?? new ManualClock();
    this.env = options.env ?? {};
    this.#root = options.root ?? null;
    this.files = this.#makeFiles();
    this.programs = {
      run: (file, args, { signal }) => this.#run(file, args, signal),
      stream: (file, args, streamOptions) => {
        const stream = new FixtureStream(file, args, streamOptions);
        this.streams.push(stream);
        return stream;
      },
    };
    for (const [path, text] of Object.entries(options.files ?? {})) this.#changed.set(path, text);
    for (const [path, size] of Object.entries(this.#json("sizes.json"))) this.#sizes.set(path, size as RecordedSize);
    for (const [line, result] of Object.entries(this.#json("programs.json"))) {
      this.#programs.set(line, result as ProgramResult);
    }
  }

  /** Writes a file; what is open sees it at its next reading. */
  write(path: string, text: string): void {
    const parents = [...this.#watches].map(({ inside }) => firstIn(inside, path));
    const known = new Set(parents.filter((parent) => parent !== path && this.#has(parent)));
    this.#changed.set(path, text);
    this.#tell(path, known);
  }

  /** Takes a file away. */
  remove(path: string): void {
    this.#changed.set(path, null);
    this.#tell(path, new Set());
  }

  /** Makes every reading of a file fail with a code, e.g. EACCES. */
  fail(path: string, error: string): void {
    this.#changed.set(path, { error });
  }

  /** Makes a path a symbolic link. */
  linkTo(path: string, target: string): void {
    this.#links.set(path, target);
  }

  /** Says how large a file system is, or that it fails or hangs. One that hung answers when it is set again. */
  setSize(mountPoint: string, size: RecordedSize): void {
    this.#sizes.set(mountPoint, size);
    if (size === "hangs") return;
    for (const answer of this.#hanging.get(mountPoint) ?? []) answer();
    this.#hanging.delete(mountPoint);
  }

  /** Says what looking at a path finds, whatever is in it. */
  setFacts(path: string, facts: FileFacts): void {
    if (!this.#changed.has(path)) this.#changed.set(path, "");
    this.#facts.set(path, facts);
  }

  /** Says what a program answers. */
  setProgram(commandLine: string, result: ProgramResult): void {
    this.#programs.set(commandLine, result);
  }

  #makeFiles(): Files {
    return {
      live: (path) => this.#live(path),
      text: (path) => this.#read(path).toString("utf8"),
      bytes: (path) => Promise.resolve().then(() => this.#read(path)),
      list: (path) => this.#list(path),
      exists: (path) => this.#has(path),
      link: (path) => this.#link(path),
      sizeNow: (path) => this.#sizeNow(path),
      size: (path) => this.#size(path),
      look: (path) => this.#look(path),
      entries: (path, limit) => this.#whenAnswered(path, () => this.#list(path).slice(0, limit)),
      watch: (folder, onChange) => this.#watch(folder, onChange),
    };
  }

  #watch(folder: string, onChange: (name: string) => void): Disposable {
    if (!this.#has(folder)) throw systemError("ENOENT", "watch", folder);
    const one = { inside: `${folder}/`, onChange };
    this.#watches.add(one);
    return { dispose: () => this.#watches.delete(one) };
  }

  /** Of what lies deeper only a new folder is told. */
  #tell(path: string, known: ReadonlySet<string>): void {
    for (const { inside, onChange } of [...this.#watches]) {
      const first = firstIn(inside, path);
      if (first !== "" && !known.has(first)) onChange(first.slice(inside.length));
    }
  }

  #live(path: string): LiveFile {
    return {
      read: () => {
        const bytes = this.#read(path);
        if (bytes.length > this.#shared.length) this.#shared = Buffer.alloc(bytes.length * 2);
        this.#shared.fill("#");
        bytes.copy(this.#shared);
        return this.#shared.subarray(0, bytes.length);
      },
      dispose: () => undefined,
    };
  }

  #look(path: string): Promise<FileFacts> {
    this.#count(`look ${path}`);
    return this.#whenAnswered(path, () => this.#factsOf(path));
  }

  #factsOf(path: string): FileFacts {
    const set = this.#facts.get(path);
    if (set !== undefined) return set;
    const real = this.#real(path);
    const changed = this.#changed.get(path);
    if (changed === null || (changed === undefined && !this.#has(path))) throw systemError("ENOENT", "stat", path);
    if (typeof changed === "object") throw systemError(changed.error, "stat", path);
    if (typeof changed === "string") {
      return { kind: "file", bytes: Buffer.byteLength(changed), modifiedMs: this.clock.now() };
    }
    const stats = real !== null && fs.existsSync(real) ? fs.statSync(real) : null;
    if (stats?.isFile() !== true) return { kind: "folder", bytes: 4096, modifiedMs: this.clock.now() };
    return { kind: "file", bytes: stats.size, modifiedMs: stats.mtimeMs };
  }

  /** What a call outside the event loop gives; of a path that hangs, when its size is set to anything else. */
  async #whenAnswered<T>(path: string, answer: () => T): Promise<T> {
    await Promise.resolve();
    if (this.#sizes.get(path) === "hangs") {
      await new Promise<void>((resolve) => {
        this.#hanging.set(path, [...(this.#hanging.get(path) ?? []), resolve]);
      });
    }
    return answer();
  }

  #read(path: string): Buffer {
    this.#count(path);
    const changed = this.#changed.get(path);
    if (changed === null) throw systemError("ENOENT", "open", path);
    if (typeof changed === "string") return Buffer.from(changed, "utf8");
    if (changed !== undefined) throw systemError(changed.error, "open", path);
    const real = this.#real(path);
    if (real === null) throw systemError("ENOENT", "open", path);
    try {
      return fs.readFileSync(real);
    } catch (error) {
      throw systemError((error as NodeJS.ErrnoException).code ?? "EIO", "open", path);
    }
  }

  #list(path: string): readonly string[] {
    const names = new Set<string>();
    const real = this.#real(path);
    if (real !== null && fs.existsSync(real)) for (const name of fs.readdirSync(real)) names.add(name);
    const inside = path.endsWith("/") ? path : `${path}/`;
    for (const [changed, content] of this.#changed) {
      if (!changed.startsWith(inside)) continue;
      const [name = ""] = changed.slice(inside.length).split("/");
      if (content === null && changed === `${inside}${name}`) names.delete(name);
      else names.add(name);
    }
    if (names.size === 0 && (real === null || !fs.existsSync(real))) throw systemError("ENOENT", "scandir", path);
    return [...names];
  }

  #has(path: string): boolean {
    const changed = this.#changed.get(path);
    if (changed !== undefined) return changed !== null;
    for (const [other, content] of this.#changed) if (content !== null && other.startsWith(`${path}/`)) return true;
    const real = this.#real(path);
    return real !== null && fs.existsSync(real);
  }

  #link(path: string): string {
    const target = this.#links.get(path);
    if (target !== undefined) return target;
    const real = this.#real(path);
    if (real === null) throw systemError("ENOENT", "readlink", path);
    return fs.readlinkSync(real);
  }

  #sizeNow(path: string): FileSystemSize {
    this.#count(`statfs ${path}`);
    const size = this.#sizes.get(path);
    if (size === undefined) throw systemError("ENOENT", "statfs", path);
    if (size === "hangs") throw new Error(`The fixture's ${path} hangs: it must not be asked within the event loop.`);
    if ("error" in size) throw systemError(size.error, "statfs", path);
    return size;
  }

  async #size(path: string): Promise<FileSystemSize> {
    if (this.#sizes.get(path) === "hangs") {
      this.#count(`statfs ${path}`);
      await new Promise<void>((resolve) => {
        this.#hanging.set(path, [...(this.#hanging.get(path) ?? []), resolve]);
      });
    }
    return this.#sizeNow(path);
  }

  #run(file: string, args: readonly string[], signal: AbortSignal | undefined): Promise<ProgramResult> {
    const line = [file, ...args].join(" ");
    this.#count(line);
    if (signal?.aborted === true) return Promise.reject(new ProgramFailed(file, "ABORTED", `${file} was called off.`));
    const result = this.#programs.get(line);
    if (result !== undefined) return Promise.resolve(result);
    return Promise.reject(new ProgramFailed(file, "ENOENT", `The program ${file} is not installed.`));
  }

  #count(what: string): void {
    this.asked.set(what, (this.asked.get(what) ?? 0) + 1);
  }

  #real(path: string): string | null {
    // Normalised from /, so that no `..` leads out of the folder.
    return this.#root === null ? null : nodePath.join(this.#root, nodePath.posix.normalize(`/${path}`));
  }

  #json(name: string): Record<string, unknown> {
    const path = this.#root === null ? null : nodePath.join(this.#root, name);
    return path !== null && fs.existsSync(path)
      ? (JSON.parse(fs.readFileSync(path, "utf8")) as Record<string, unknown>)
      : {};
  }
}

/** A host over a folder of recorded files, or over nothing but `files`. */
export function fixtureHost(options: FixtureOptions = {}): FixtureHost {
  return new FixtureHost(options);
}
