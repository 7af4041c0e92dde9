/** Puts the kernels' Python package into dist/python: as a folder, and as a zip that is the same for the same files. */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import JSZip from "jszip";

/** The first day that a zip can name: the time of a build must not make another file. */
const NO_TIME = new Date(Date.UTC(1980, 0, 1));

/** The kernel's files of the package, relative to its folder with `/` between, in order: Python alone, without caches. */
export function pythonFiles(folder: string): string[] {
  return (
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .map((file) => file.replaceAll(path.sep, "/"))
      // What a Jupyter server runs comes with the wheel.
      .filter((file) => file.endsWith(".py") && !/(^|\/)(tests|__pycache__)\/|^(server|labextension)\//.test(file))
      .sort()
  );
}

/**
 * Copies the package in `from` to `to`/gorgon and zips it to `to`/gorgon.zip, whose one folder is `gorgon`. What was in
 * `to` is gone.
 */
export async function copyPython(from: string, to: string): Promise<void> {
  const zip = new JSZip();
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const file of pythonFiles(from)) {
    cpSync(path.join(from, file), path.join(to, "gorgon", file));
    const options = { date: NO_TIME, createFolders: false, unixPermissions: 0o644 };
    zip.file(`gorgon/${file}`, readFileSync(path.join(from, file)), options);
  }
  const bytes = await zip.generateAsync({
    type: "nodebuffer",
    platform: "UNIX",
    compression: "DEFLATE",
    compressionOptions: { level: 9 },
  });
  writeFileSync(path.join(to, "gorgon.zip"), bytes);
}
