/** Tells a Jupyter kernel by its command line: which language it runs and which connection file it was given. */

/** What a command line says of a kernel. */
export interface KernelCommand {
  /** As Jupyter names it, lower case; `other` where the program does not say. */
  readonly language: string;
  /** The last part of the connection file's path; empty where none is named. */
  readonly connection: string;
}

/** A command line is looked at so far: a kernel's is short, and a hostile one may be two megabytes. */
const MOST_WORDS = 200;
const MOST_LETTERS = 4096;

/** Programs that name a connection file and are no kernel: they read it, edit it, or start what is one. */
const NO_KERNEL =
  /^(?:cat|less|more|head|tail|grep|rg|jq|watch|stat|ls|cp|mv|rm|vi|vim|nvim|nano|emacs|code|(?:ba|da|z|k|c|tc|fi)?sh|sudo|env|nohup|timeout|setsid|ssh|srun|docker|podman|kubectl|conda|mamba|micromamba|strace|gdb)$/;

/** A front end that talks to a kernel which somebody else runs. */
const FRONT_END = /^--existing(?:=|$)/;

/** Options behind which a kernel's connection file stands, beside being named as one. */
const CONNECTION_OPTION =
  /^(?:-f|--f|--connection-file|--connection_file|--control_file|--conn|--IPKernelApp\.connection_file)$/;
const CONNECTION_ASSIGNED =
  /^(?:--f|--connection-file|--connection_file|--control_file|--conn|--IPKernelApp\.connection_file)=(.+)$/;

/** `kernel-1f3c.json`, `kernel-v2-4711AbC.json`. */
const CONNECTION_NAME = /^kernel-[\w.-]{1,200}\.json$/;

/** What names a language, looked for in each word of the command line, first come first served. */
const LANGUAGES: readonly (readonly [RegExp, string])[] = [
  [
    /^(?:ipykernel(?:_launcher)?|xpython_launcher)$|[/\\](?:ipykernel_launcher\.py|ipykernel[/\\]__main__\.py)$/,
    "python",
  ],
  [/^IRkernel::main\(/, "r"],
  [/[/\\]IJulia[/\\].*kernel\.jl$/, "julia"],
  [/^(?:bash_kernel|octave_kernel|sas_kernel|metakernel_\w+)$/, ""],
];

/** Programs that are kernels by themselves, or run only one language. */
const PROGRAMS: readonly (readonly [RegExp, string])[] = [
  [/^xpython(?:-raw)?$/, "python"],
  [/^(?:python|pypy)[\d.]*(?:\.exe|w\.exe)?$/, "python"],
  [/^(?:R|Rscript|xr)(?:\.exe)?$/, "r"],
  [/^julia(?:\.exe)?$/, "julia"],
  [/^xcpp(?:\d+)?$/, "c++"],
  [/^xsql(?:ite)?$/, "sql"],
  [/^deno(?:\.exe)?$/, "typescript"],
  [/^evcxr_jupyter(?:\.exe)?$/, "rust"],
  [/^gophernotes(?:\.exe)?$/, "go"],
];

/** What a process is, by its command line; null: no kernel. Words are data: nothing of them is kept but a file's name. */
export function kernelCommand(argv: readonly string[]): KernelCommand | null {
  const words = argv.slice(0, MOST_WORDS).map((word) => word.slice(0, MOST_LETTERS));
  const program = baseName(words[0] ?? "");
  if (program === "" || NO_KERNEL.test(program) || words.some((word) => FRONT_END.test(word))) return null;
  const connection = connectionOf(words);
  const named = LANGUAGES.find(([pattern]) => words.some((word) => pattern.test(word)));
  // A kernel that is asked for its version or its help, or runs without a front end, has no connection file to name.
  if (connection === null) return null;
  if (!connection.certain && named === undefined) return null;
  const language = named?.[1] ?? "";
  return { language: language === "" ? languageOf(words, program) : language, connection: connection.name };
}

/** The languages that readings name; the rest is `other`, because nobody can say how many there are. */
export const KNOWN_LANGUAGES: ReadonlySet<string> = new Set([
  ...PROGRAMS.map(([, language]) => language),
  "bash",
  "octave",
  "sas",
]);

function languageOf(words: readonly string[], program: string): string {
  const own = words.map((word) => /^(bash|octave|sas)_kernel$/.exec(word)?.[1]).find((one) => one !== undefined);
  return own ?? PROGRAMS.find(([pattern]) => pattern.test(program))?.[1] ?? "other";
}

function connectionOf(words: readonly string[]): { readonly name: string; readonly certain: boolean } | null {
  let likely: string | null = null;
  for (const [index, word] of words.entries()) {
    if (index === 0) continue;
    const assigned = CONNECTION_ASSIGNED.exec(word)?.[1];
    const behind = CONNECTION_OPTION.test(words[index - 1] ?? "") ? word : undefined;
    const name = baseName(assigned ?? behind ?? word);
    if (CONNECTION_NAME.test(name)) return { name, certain: true };
    // R and Julia take the file as their last word; clients other than Jupyter's call it what they like.
    const given = assigned !== undefined || behind !== undefined || index === words.length - 1;
    if (given && name.endsWith(".json")) likely = name.slice(0, 200);
  }
  return likely === null ? null : { name: likely, certain: false };
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}
