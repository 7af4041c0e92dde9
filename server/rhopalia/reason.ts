/** Why a source could not be read, in words for people. */

/** A source that the system does not let us read, with the mend where there is one. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
  readonly code: string;
  constructor(path: string, error: unknown) {
    const code = codeOf(error);
    super(`${path} cannot be read: ${WORDS[code] ?? (error instanceof Error ? error.message : String(error))}`);
    this.code = code;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist. Is /proc mounted, and not hidden by a container's settings?",
  EACCES: "this user may not read it. Look at its permissions.",
  EPERM: "the system forbids it. A security profile (AppArmor, SELinux, seccomp) may be the cause.",
  EMFILE: "too many files are open. Raise the limit (ulimit -n).",
  ENFILE: "the whole system has too many files open.",
};

/** The system's error code; empty when it has none. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : "";
}
