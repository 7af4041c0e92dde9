"""Says what each notebook cell cost: `%load_ext gorgon`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

# Imported here: Python puts a module here by its name when it is first imported, and these names are to be functions.
from .drain import drain as drain
from .session import Session

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__version__ = "0.1.0"

#: Raised when a front end has to speak to the package in another way.
KERNEL_API = 1


def load_ipython_extension(ip: InteractiveShell) -> None:
    """Measures the cells of this shell from the next one on. Says nothing; `%gorgon doctor` does."""
    from . import extension

    extension.load(ip)


def unload_ipython_extension(ip: InteractiveShell) -> None:
    """Measures no more. The records stay, and are there again after another load."""
    from . import extension

    extension.unload(ip)


def session() -> Session | None:
    """The measuring of this kernel; None where the extension is not loaded."""
    from . import extension

    return extension.session()


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """What a Jupyter server loads. Nothing of it is imported in a kernel."""
    from .server.app import Gorgon

    return [{"module": "gorgon.server.app", "app": Gorgon}]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Where the built front end lies, for `jupyter labextension develop`."""
    return [{"src": "labextension", "dest": "gorgon-jupyter"}]
