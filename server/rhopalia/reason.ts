/** Why a source could not be read, in words for people. */
import { t } from "@vscode/l10n";

/** A source that the system does not let us read, with the mend where there is one. */
export class Unreadable extends Error {
  override readonly name = "Unreadable";
  readonly code: string;
  constructor(path: string, error: unknown) {
    const code = codeOf(error);
    super(
      t(
        "{0} cannot be read: {1}",
        path,
        whyUnreadable(code) ?? (error instanceof Error ? error.message : String(error)),
      ),
    );
    this.code = code;
  }
}

/** What an error code means for a file; null for one of which there is nothing to say. */
export function whyUnreadable(code: string): string | null {
  switch (code) {
    case "ENOENT":
      return t("it does not exist. Is /proc mounted, and not hidden by a container's settings?");
    case "EACCES":
      return t("this user may not read it. Look at its permissions.");
    case "EPERM":
      return t("the system forbids it. A security profile (AppArmor, SELinux, seccomp) may be the cause.");
    case "EMFILE":
      return t("too many files are open. Raise the limit (ulimit -n).");
    case "ENFILE":
      return t("the whole system has too many files open.");
    default:
      return null;
  }
}

/** The system's error code; empty when it has none. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : "";
}
