"""Runs a notebook as batch jobs do: `in-batch.py nbclient|papermill IN OUT`. The kernel's extension comes by IPython's configuration."""

import sys
from pathlib import Path

import nbformat


def main(runner: str, source: str, target: str) -> None:
    if runner == "papermill":
        import papermill

        papermill.execute_notebook(source, target, progress_bar=False, parameters={"megabytes": 64})
        return
    from nbclient import NotebookClient

    notebook = nbformat.read(source, as_version=4)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(Path(target).parent)}}).execute()
    nbformat.write(notebook, target)


main(*sys.argv[1:])
