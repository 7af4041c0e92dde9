"""Puts the built front end into the wheel and the source archive; builds it where it is not there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: Builds without the front end: kernels and server have all of theirs, JupyterLab and Notebook show nothing.
SKIP = "GORGON_SKIP_FRONT_END"
#: Where the front end is built to, and where JupyterLab looks for it.
BUILT = "gorgon/labextension"
SHARED = "share/jupyter/labextensions/gorgon-jupyter"


class FrontEndMissing(Exception):
    """It is not there and cannot be built. The message says what to do."""


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """hatchling calls it before it builds."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """version: `standard`, or `editable`: then the front end is linked by `jupyter labextension develop`."""
        if version == "editable":
            return
        root = Path(self.root)
        if not is_built(root):
            if os.environ.get(SKIP, "") not in ("", "0"):
                return
            build(root)
        if self.target_name == "wheel":
            build_data["shared_data"][str(root / BUILT)] = SHARED
            if (root / "install.json").exists():
                build_data["shared_data"][str(root / "install.json")] = f"{SHARED}/install.json"
        else:
            build_data["artifacts"].append(f"/{BUILT}")


def is_built(root: Path) -> bool:
    """Whether the front end is there."""
    return (root / BUILT / "package.json").exists() and (root / BUILT / "static").is_dir()


def build(root: Path) -> None:
    """Runs npm. Raises FrontEndMissing."""
    advice = f"or set {SKIP}=1 to build without it"
    if not (root / "package.json").exists():
        raise FrontEndMissing(f"The front end's source is not in {root}: build from a clone of the project, {advice}.")
    npm = shutil.which("npm")
    if npm is None:
        raise FrontEndMissing(
            "The front end for JupyterLab and Notebook must be built, and there is no npm: install Node.js 22 or later "
            f"(https://nodejs.org), {advice}."
        )
    for words in (("ci", "--no-audit", "--no-fund"), ("run", "build")):
        done = subprocess.run([npm, *words], cwd=root, check=False)
        if done.returncode != 0:
            raise FrontEndMissing(
                f"npm {words[0]} failed in {root} with exit code {done.returncode}; see above, mend it, {advice}."
            )
    if not is_built(root):
        raise FrontEndMissing(f"npm run build left no front end in {root / BUILT}.")
