"""The magics `%gorgon` and `%%gorgon`, and the settings that `%config GorgonMagics` shows."""

from __future__ import annotations

import json
import keyword
import os
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import IPython.display
from IPython.core import magic, magic_arguments
from IPython.core.error import UsageError
from traitlets import Bool, Enum, Float

from .arguments import BadLine, split_run, split_words
from .display import line, plain, text_table
from .limiter import Limiter
from .ranking import ORDERS, Top
from .report import CannotWrite, Report, write_text
from .results import RichRecord, bundle
from .running import BadStatement, run_body, run_statement
from .sizes import BadSize, parse_share

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .record import CellRecord
    from .session import Session

#: Traits that are fields of Config, too.
_SETTINGS = ("auto", "min_wall", "warn", "crit", "annotate", "reset_peak")

#: How many cells `%gorgon top` shows.
_TOP = 10


#: IPython gives no types for these.
_magic: Any = magic
_arguments: Any = magic_arguments
_display: Any = IPython.display.display

_OPTIONS: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (("words",), {"nargs": "*", "metavar": "command", "help": "see above; none: kernel, last cell and bell"}),
    (("-q", "--quiet"), {"action": "store_true", "help": "print nothing"}),
    (("-o", "--output"), {"action": "store_true", "help": "give back the record or report as an object"}),
    (("-v", "--variable"), {"metavar": "NAME", "help": "put that object into a variable"}),
    (("--label",), {"default": "", "help": "name this run in records and reports"}),
    (("--warn",), {"metavar": "SHARE", "help": "WARN from this share of the memory limit on, e.g. 80%%"}),
    (("--limit",), {"metavar": "SIZE", "help": "guard the memory while this runs, e.g. 12GiB or 80%%"}),
    (("--json",), {"metavar": "FILE", "help": "write the record to a file"}),
    (("--by",), {"choices": tuple(ORDERS), "default": "time", "help": "what top sorts by"}),
)


def _gorgon_magic(method: Any) -> Any:
    """Makes the method a line and cell magic that takes the options, which `%gorgon?` explains."""
    made = _magic.needs_local_scope(_magic.no_var_expand(_magic.line_cell_magic(method)))
    # The last one that is applied stands first.
    for flags, how in reversed(_OPTIONS):
        made = _arguments.argument(*flags, **how)(made)
    return _arguments.magic_arguments()(made)


def register(ip: Any, session: Session) -> Callable[[], None]:
    """Adds the magics to the shell; gives back what takes them away. Settings survive `%reload_ext`."""
    magics: GorgonMagics = session.magics if session.magics is not None else GorgonMagics(ip, session)
    session.magics = magics
    if magics not in ip.configurables:
        ip.configurables.append(magics)
    ip.register_magics(magics)
    unsubscribe = session.on_record(magics.annotate_output)
    magics.limiter.resume()

    def end() -> None:
        unsubscribe()
        magics.limiter.pause()
        if magics in ip.configurables:
            ip.configurables.remove(magics)
        ip.magics_manager.registry.pop(type(magics).__name__, None)
        for kind in ("line", "cell"):
            ip.magics_manager.magics[kind].pop("gorgon", None)

    return end


@_magic.magics_class
class GorgonMagics(magic.Magics):
    """What each cell cost, exactly. Settings count from the next cell on."""

    auto = Bool(True, help="Measure every cell; off: only those with %%gorgon.").tag(config=True)
    min_wall = Float(0.0, min=0, help="Seconds: a faster cell leaves no record, unless it failed or has a label.").tag(
        config=True
    )
    warn = Float(0.8, min=0, max=1, help="Share of the tightest memory limit from which on a cell is WARN.").tag(
        config=True
    )
    crit = Float(0.95, min=0, max=1, help="The same for CRIT.").tag(config=True)
    annotate = Enum(
        ("ui", "output", "off"),
        "ui",
        help="Show the cost in the front end (ui), as an output of the cell (output), or not (off).",
    ).tag(config=True)
    reset_peak = Bool(
        True, help="Make peaks exact by resetting the process's high-water mark; resets ru_maxrss, too."
    ).tag(config=True)
    store_metadata = Bool(False, help="Let front ends keep the cost in the notebook file, under metadata.gorgon.").tag(
        config=True
    )

    shell: Any

    def __init__(self, shell: InteractiveShell, session: Session) -> None:
        super().__init__(shell)
        self._session = session
        self.limiter = Limiter(session)
        for name in _SETTINGS:
            setattr(session.config, name, getattr(self, name))
        self.observe(self._changed, names=list(_SETTINGS))

    def _changed(self, change: Any) -> None:
        setattr(self._session.config, change["name"], change["new"])
        if change["name"] == "reset_peak":
            try:
                self._session.meter.prepare(change["new"])
            except Exception as error:  # noqa: BLE001 - the doctor says it
                self._session.failed("meter", error)

    def annotate_output(self, record: CellRecord) -> None:
        """Called in the cell's own thread, so what is displayed is an output of the cell."""
        if self._session.config.annotate == "output":
            _display(bundle(record), raw=True)

    # -- the magic -------------------------------------------------------------------------------------------------

    @_gorgon_magic
    def gorgon(self, line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None) -> Any:
        """Say what cells cost, exactly.

        %gorgon                    the kernel, the last cell, the bell
        %gorgon on | off           measure every cell, or only those with %%gorgon
        %gorgon run STATEMENT      run a statement and say what it cost
        %gorgon top [N]            the most expensive cells (--by time|memory|cpu|disk)
        %gorgon report [FILE]      all of the session; FILE.html, FILE.md or FILE.json
        %gorgon limit [SIZE|off]   guard the kernel's memory: 12GiB, 500MiB, 80%
        %gorgon config             the settings
        %gorgon doctor             what works, what does not, and what to do

        %%gorgon [options]         run the cell and say what it cost
        """
        # What a statement raises is the user's: IPython shows none of our frames with it.
        __tracebackhide__ = True
        try:
            statement = split_run(line) if cell is None else None
            words = statement[0] if statement is not None else split_words(line)
            options: Namespace = self.gorgon.parser.parse_intermixed_args(words)
            self._check(options)
            if cell is not None:
                return self._cell(cell, options)
            if statement is not None:
                return self._run(statement[1], options, local_ns)
            return self._command(options)
        except (BadLine, BadSize, BadStatement, CannotWrite) as error:
            raise UsageError(str(error)) from None

    def _check(self, options: Namespace) -> None:
        """What can be known to be wrong before something long is run."""
        if options.variable is not None and (
            keyword.iskeyword(options.variable) or not options.variable.isidentifier()
        ):
            raise UsageError(f"{plain(options.variable, 40)} is no name of a variable.")
        if options.json is not None:
            folder = os.path.dirname(os.path.abspath(os.path.expanduser(options.json)))
            if not os.path.isdir(folder):
                raise UsageError(f"{plain(folder, 120)} is no folder: the record could not be written there.")

    def _command(self, options: Namespace) -> Any:
        name, *rest = options.words or ["status"]
        command = _COMMANDS.get(name)
        if command is None:
            raise UsageError(
                f"{plain(name, 40)} is no command of %gorgon: {', '.join(_COMMANDS)} or run; %gorgon? explains them."
            )
        return command(self, rest, options)

    # -- runs ------------------------------------------------------------------------------------------------------

    def _cell(self, body: str, options: Namespace) -> Any:
        if options.words:
            raise UsageError(
                f"%%gorgon takes options only, not {plain(options.words[0], 40)}; %gorgon (one %) takes commands."
            )
        if self.shell.should_run_async(body, transformed_cell=self.shell.transform_cell(body)) and _loop_runs():
            raise UsageError(
                "No cell magic can await: write the cell without %%gorgon, it is measured all the same (%gorgon on)."
            )
        with self.limiter.during(options.limit):
            record = run_body(self._session, body, options.label, self._warn(options))
        # With annotate = 'output' the cell's own line follows.
        quiet = options.quiet or self._session.config.annotate == "output"
        return self._done(record, options, quiet, part=False)

    def _run(self, statement: str, options: Namespace, local_ns: dict[str, Any] | None) -> Any:
        __tracebackhide__ = True
        if not statement:
            raise UsageError("%gorgon run needs a statement, for example: %gorgon run sorted(data)")
        with self.limiter.during(options.limit):
            value, record = run_statement(self._session, statement, options.label, self._warn(options), local_ns)
        given = self._done(record, options, options.quiet, part=True)
        return given if options.output else value

    def _warn(self, options: Namespace) -> float | None:
        return None if options.warn is None else parse_share(options.warn)

    def _done(self, record: CellRecord | None, options: Namespace, quiet: bool, part: bool) -> RichRecord | None:
        """Hands on the record as the options want it."""
        if record is None:
            if not quiet:
                print("Gorgon could not measure this: %gorgon doctor says why.", file=sys.stderr)
            return None
        if options.json is not None:
            try:
                path = os.path.abspath(os.path.expanduser(options.json))
                write_text(path, json.dumps(record.to_dict(), indent=2, allow_nan=False) + "\n")
            except CannotWrite as error:
                # What was run must not look as if it had failed.
                print(error, file=sys.stderr)
        given: RichRecord | None = self._give(RichRecord(record, part), options, None if quiet else line(record))
        return given

    def _give(self, found: Any, options: Namespace, text: str | None) -> Any:
        if options.variable is not None:
            self.shell.user_ns[options.variable] = found
        if options.output:
            return found
        if text is not None:
            print(text)
        return None

    # -- commands --------------------------------------------------------------------------------------------------

    def _status(self, rest: list[str], options: Namespace) -> Any:
        from .status import status

        _no_more(rest, "status")
        last = self._session.records.last()
        found = None if last is None else RichRecord(last)
        return self._give(found, options, None if options.quiet else status(self._session, self.limiter.guard))

    def _on(self, rest: list[str], options: Namespace) -> None:
        _no_more(rest, "on")
        if self._session.quiet:
            self._session.stop()
            self._session.start()
        self.auto = True
        self._say(options, "Every cell is measured from the next one on.")

    def _off(self, rest: list[str], options: Namespace) -> None:
        _no_more(rest, "off")
        self.auto = False
        self._say(options, "Only cells with %%gorgon are measured from the next one on.")

    def _top(self, rest: list[str], options: Namespace) -> Any:
        if len(rest) > 1 or (rest and not (rest[0].isdecimal() and 0 < int(rest[0][:9]))):
            raise UsageError("%gorgon top takes a number of cells, for example: %gorgon top 5 --by memory")
        most = int(rest[0][:9]) if rest else _TOP
        return self._show(Top(self._session.records.all(), options.by, most), options)

    def _report(self, rest: list[str], options: Namespace) -> Any:
        report = Report.of(self._session)
        if not rest:
            return self._show(report, options)
        path = report.write(" ".join(rest))
        return self._give(report, options, None if options.quiet else f"Written: {path}")

    def _show(self, found: Any, options: Namespace) -> Any:
        given = self._give(found, options, None)
        if not options.output and not options.quiet:
            _display(found)
        return given

    def _config(self, rest: list[str], options: Namespace) -> None:
        _no_more(rest, "config")
        traits = self.class_traits(config=True)
        rows = [(name, repr(getattr(self, name)), trait.help) for name, trait in sorted(traits.items())]
        table = text_table(("setting", "now", ""), rows, most=120)
        self._say(options, f"{table}\nChange one: %config GorgonMagics.{rows[0][0]} = {rows[0][1]}")

    def _doctor(self, rest: list[str], options: Namespace) -> None:
        from .doctor import examine, page

        _no_more(rest, "doctor")
        self._say(options, page(examine(self._session, self.limiter.guard)))

    def _say(self, options: Namespace, text: str) -> None:
        if not options.quiet:
            print(text)

    def _limit(self, rest: list[str], options: Namespace) -> None:
        wanted, limiter = " ".join(rest), self.limiter
        if wanted.lower() in ("off", "none"):
            limiter.clear()
        elif wanted:
            limiter.set(limiter.size(wanted))
        self._say(options, limiter.words())


def _no_more(rest: list[str], command: str) -> None:
    if rest:
        raise UsageError(f"%gorgon {command} takes nothing more, not {plain(rest[0], 40)}.")


def _loop_runs() -> bool:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


_COMMANDS: dict[str, Callable[[GorgonMagics, list[str], Namespace], Any]] = {
    "status": GorgonMagics._status,
    "on": GorgonMagics._on,
    "off": GorgonMagics._off,
    "top": GorgonMagics._top,
    "report": GorgonMagics._report,
    "limit": GorgonMagics._limit,
    "config": GorgonMagics._config,
    "doctor": GorgonMagics._doctor,
}
