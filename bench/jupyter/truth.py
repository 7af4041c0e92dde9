"""The ten cells of which the truth is known, or can be read from outside."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 2**20
PREPARE = (
    "import mmap, time\nimport numpy as np\nimport pandas as pd\npd.DataFrame({'a': np.arange(10)}).sort_values('a')"
)


@dataclass(frozen=True)
class Cell:
    """A cell, and the bytes that it touches at once where its text says so, MiB."""

    name: str
    code: str
    known: float | None = None
    before: str = ""


CELLS = (
    Cell("64 MiB, one byte a page", "x = np.empty(64 << 20, 'u1')\nx[::4096] = 1\ndel x", 64),
    Cell("512 MiB in one C call", "text = b'x' * (512 << 20)\ndel text", 512),
    Cell("400 MiB freed at once, then idle", "x = np.ones(50 << 20)\ndel x\ntime.sleep(0.3)", 400),
    # numpy puts the sum into the first product: two arrays at once, not three.
    Cell("temporaries of 64 MiB", "c = a * 2 + b * 3\ndel c", 128, "a = np.ones(8 << 20)\nb = np.ones(8 << 20)"),
    Cell("1 GiB reserved, not touched", "x = np.empty(1 << 30, 'u1')\ntime.sleep(0.2)\ndel x", 0),
    Cell("16 MiB for a moment, then idle", "x = b'x' * (16 << 20)\ndel x\ntime.sleep(0.5)", 16),
    Cell("128 MiB four times over", "for _ in range(4):\n    x = b'x' * (128 << 20)\n    del x", 128),
    Cell("a table, sorted", "d = pd.DataFrame({'k': np.arange(4_000_000)[::-1]})\ns = d.sort_values('k')\ndel d, s"),
    Cell("a list of five million numbers", "x = list(range(5_000_000))\ndel x"),
    Cell(
        "a file of 200 MiB, mapped and read",
        "m = np.memmap('scan.bin', 'u1', 'r')\nint(m[::4096].sum())\ndel m",
        200,
        "with open('scan.bin', 'wb') as file:\n    for _ in range(200): file.write(b'x' * (1 << 20))",
    ),
)
