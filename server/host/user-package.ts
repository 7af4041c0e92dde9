/** Packages that the user installs into the configuration folder, because most people need none of them. */
import { createRequire } from "node:module";
import path from "node:path";
import { t } from "@vscode/l10n";

/** The package is not there; the message says how to install it. */
export class PackageMissing extends Error {
  override readonly name = "PackageMissing";
  constructor(wanted: string, folder: string) {
    const place = folder.includes(" ") ? `"${folder}"` : folder;
    super(t("The package {0} is not installed. Run: npm install --prefix {1} {0}", wanted, place));
  }
}

/**
 * Loads a package from the first of the folders that has it in its node_modules. Throws PackageMissing, or what the
 * package itself throws.
 */
export function loadUserPackage(name: string, folders: readonly string[]): unknown {
  for (const folder of folders) {
    const require = createRequire(path.join(folder, "package.json"));
    try {
      require.resolve(name);
    } catch {
      continue; // The next folder.
    }
    return require(name);
  }
  throw new PackageMissing(name, folders[0] ?? ".");
}
