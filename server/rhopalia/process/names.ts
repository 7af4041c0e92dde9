/** What a process is called for people: its program, and for an interpreter what it runs. Never its options' values. */
import type { Host } from "../../host/host.ts";

const MOST_LETTERS = 60;

/** Programs whose name says nothing about what they do. */
const INTERPRETER = /^(?:python|pypy|node|deno|bun|ruby|perl|php|java|dotnet|Rscript|julia|lua|bash|dash|zsh|sh|code)/;

/** Options that take a program's text or a value: what follows them may hold secrets. */
const TAKES_TEXT = /^(?:-[ceprE]|--eval|--print|--command|-classpath|-cp|--require|--import|-W|-X)$/;

/** The name behind the last slash, in bounds. */
function base(path: string): string {
  return clip(path.slice(path.lastIndexOf("/") + 1));
}

function clip(text: string): string {
  return Array.from(text).slice(0, MOST_LETTERS).join("");
}

/** The program's file name; `otherwise` (its short name of at most 15 bytes) where the system does not tell. */
export function programOf(host: Host, pid: number, otherwise: string): string {
  try {
    const target = host.files.link(`/proc/${String(pid)}/exe`).replace(/ \(deleted\)$/, "");
    return base(target) || otherwise;
  } catch {
    return otherwise; // A kernel thread, another user's process, or one that has just gone.
  }
}

/** What an interpreter runs: `train.py`, `http.server` of `-m`, `extensionHost` of `--type`. Empty for other programs. */
export function detailOf(program: string, argv: readonly string[]): string {
  if (!INTERPRETER.test(program)) return "";
  const kind = argv.find((word) => /^--type=\w+$/.test(word));
  if (kind !== undefined) return clip(kind.slice("--type=".length));
  for (let place = 1; place < argv.length; place++) {
    const word = argv[place] ?? "";
    if (word === "-m" || word === "-jar") return base(argv[place + 1] ?? "");
    if (TAKES_TEXT.test(word)) return "";
    if (word !== "" && !word.startsWith("-")) return base(word);
  }
  return "";
}

/** The words of a process' command line; none where it may not be read. */
export function commandOf(host: Host, pid: number): readonly string[] {
  try {
    return host.files.text(`/proc/${String(pid)}/cmdline`).split("\0");
  } catch {
    return [];
  }
}
