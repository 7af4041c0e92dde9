"""Splits a magic's line into words, and a `run` from the statement that it runs."""

from __future__ import annotations

import re

#: Options that take the next word.
VALUED = ("-v", "--variable", "--label", "--warn", "--limit", "--json", "--by")

_WORD = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[^\s"'])+)""")
_QUOTED = re.compile(r""""([^"]*)"|'([^']*)'""")


class BadLine(ValueError):
    """The line cannot be split. Its message is for people."""


def split_words(line: str) -> list[str]:
    """Words, with what is in quotes as one and without them. Backslashes are left: paths of Windows have them."""
    words, at = [], 0
    end = len(line.rstrip())
    while at < end:
        found = _WORD.match(line, at, end)
        if found is None:
            raise BadLine("A quote is not closed.")
        words.append(_unquoted(found[1]))
        at = found.end()
    return words


def split_run(line: str) -> tuple[list[str], str] | None:
    """The options of a `[options] run [options] STATEMENT` and the statement as it stands; None for anything else."""
    options: list[str] = []
    at, is_run = 0, False
    while (found := _WORD.match(line, at)) is not None:
        word = found[1]
        if not word.startswith("-"):
            if is_run:
                break
            if word != "run":
                return None
            is_run, at = True, found.end()
            continue
        at = found.end()
        if word == "--":
            break
        options.append(_unquoted(word))
        if word in VALUED and (value := _WORD.match(line, at)) is not None:
            options.append(_unquoted(value[1]))
            at = value.end()
    return (options, line[at:].strip()) if is_run else None


def _unquoted(word: str) -> str:
    return _QUOTED.sub(lambda found: found[1] if found[1] is not None else found[2], word)
