/** The code that is sent to a kernel: loads the package, drains its records, or asks for the process number. Python, R, Julia. */

/** What the loading code answers with. */
export const LOADED_MIME = "application/vnd.gorgon.loaded.v1+json";
/** What draining answers with. */
export const RECORDS_MIME = "application/vnd.gorgon.records.v1+json";

/** Python's literal of a text: JSON's is one, as long as nothing beyond ASCII is in it. */
function literal(text: string | null): string {
  if (text === null) return "None";
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/**
 * Loads the package. One that is installed is preferred; else the archive (a zip, base64) is unpacked into a folder of the
 * kernel's user alone, at the end of sys.path, and removed when the kernel ends. Run twice it changes nothing. No name stays.
 */
export function loadCode(archive: string, limit: string | null): string {
  return `def _gorgon_load_(archive, limit):
    import atexit, base64, importlib, importlib.util, io, os, re, shutil, sys, tempfile, zipfile
    from IPython.display import display
    said = {"how": "failed", "reason": "", "kernel": None, "version": "", "guarded": False}
    try:
        module, found = sys.modules.get("gorgon"), None
        if module is None:
            importlib.invalidate_caches()
            found = importlib.util.find_spec("gorgon")
        if module is not None:
            api, said["how"] = getattr(module, "KERNEL_API", 0), "loaded"
        elif found is not None:
            api, said["how"] = 0, "installed"
            if found.origin and os.path.isfile(found.origin):
                with open(found.origin, encoding="utf-8", errors="replace") as file:
                    line = re.search(r"^KERNEL_API\\b[^=]*=\\s*(\\d+)", file.read(), re.M)
                api = int(line.group(1)) if line else 0
        else:
            api, said["how"], owner = 1, "sent", os.getpid()
            folder = tempfile.mkdtemp(prefix="gorgon-")
            zipfile.ZipFile(io.BytesIO(base64.b64decode(archive))).extractall(folder)
            sys.path.append(folder)
            importlib.invalidate_caches()
            def leave():
                if os.getpid() == owner:
                    shutil.rmtree(folder, ignore_errors=True)
            atexit.register(leave)
        if api < 1:
            said["how"] = "foreign"
        else:
            shell = get_ipython()
            shell.extension_manager.load_extension("gorgon")
            module = sys.modules["gorgon"]
            session = module.session()
            said["version"] = str(getattr(module, "__version__", ""))
            said["kernel"] = session.kernel.to_dict() if session is not None else None
            if session is None:
                said["how"] = "failed"
            elif limit is not None:
                shell.run_line_magic("gorgon", "limit " + limit)
                said["guarded"] = True
    except Exception as error:
        said["how"], said["reason"] = "failed", (type(error).__name__ + ": " + str(error))[:300]
    display({"${LOADED_MIME}": said}, raw=True)
try:
    _gorgon_load_(${literal(archive)}, ${literal(limit)})
finally:
    del _gorgon_load_
`;
}

/** Asks for the records after this one; null: for all that the kernel has kept. */
export function drainCode(since: string | null): string {
  return `def _gorgon_drain_(since):
    import sys
    from IPython.display import display
    found = getattr(sys.modules.get("gorgon"), "drain", None)
    found = getattr(found, "drain", found)
    value = found(since) if callable(found) else None
    if value is not None:
        display(value)
try:
    _gorgon_drain_(${literal(since)})
finally:
    del _gorgon_drain_
`;
}

/** What stands before the process number in the answer. */
const PID_WORD = "gorgon-kernel";

/** Asks a kernel of another language for its process number; null for one of which we do not know how. */
export function pidCode(language: string): string | null {
  switch (language) {
    case "r":
      return `cat("${PID_WORD}", Sys.getpid(), "\\n")`;
    case "julia":
      return `println("${PID_WORD} ", getpid())`;
    default:
      return null;
  }
}

/** The process number in what such a kernel printed. */
export function pidIn(text: string): number | null {
  const found = /gorgon-kernel (\d{1,10})/.exec(text)?.[1];
  return found === undefined ? null : Number(found);
}
