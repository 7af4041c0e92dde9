"""Runs the body of a `%%gorgon` cell or a statement, once, and measures it."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .display import plain

if TYPE_CHECKING:
    from .record import CellRecord
    from .run import Run
    from .session import Session


class BadStatement(ValueError):
    """The statement is no Python. Its message is for people."""


class Measured:
    """Measures a part of a cell. A failure of the measuring leaves the part as it is, and `record` None."""

    def __init__(self, session: Session, label: str, warn: float | None, whole: bool = False) -> None:
        self._session = session
        self._measuring = session.measure(label, whole)
        self._label = label
        self._warn = warn
        self._run: Run | None = None

    @property
    def record(self) -> CellRecord | None:
        return None if self._run is None else self._run.record

    def begin(self) -> None:
        try:
            self._run = self._measuring.__enter__()
            self._run.name(self._label, self._warn)
        except Exception as error:  # noqa: BLE001 - nothing of ours may reach the user's cell
            self._session.failed("magics", error)

    def end(self, raised: BaseException | None) -> None:
        """raised: what the part ended with."""
        if self._run is None:
            return
        traceback = None if raised is None else raised.__traceback__
        try:
            self._measuring.__exit__(None if raised is None else type(raised), raised, traceback)
        except BaseException as error:  # noqa: BLE001 - what the part raised is passed on by who knows of it
            if error is not raised:
                self._session.failed("magics", error)
        if raised is not None:
            # Our frames are none of the user's.
            raised.__traceback__ = traceback


def run_body(session: Session, body: str, label: str, warn: float | None) -> CellRecord | None:
    """Runs a cell's body as the shell does, which also shows its error; the cell around then counts as failed.

    The record; None where measuring failed.
    """
    _name_cell(session, label, warn)
    measured = Measured(session, label, warn, whole=True)
    measured.begin()
    failure: BaseException | None = None
    try:
        shell: Any = session.shell
        result = shell.run_cell(body, store_history=False)
        failure = result.error_before_exec or result.error_in_exec
    except BaseException as error:
        failure = error
        raise
    finally:
        measured.end(failure)
        # One inside of the body may have named it, too.
        _name_cell(session, label, warn)
    if failure is not None:
        session.fail_cell(failure)
    return measured.record


def _name_cell(session: Session, label: str, warn: float | None) -> None:
    """Also has it measured where measuring is off."""
    try:
        session.label_next(label, warn)
    except Exception as error:  # noqa: BLE001 - nothing of ours may reach the user's cell
        session.failed("magics", error)


def run_statement(
    session: Session, statement: str, label: str, warn: float | None, local_ns: dict[str, Any] | None
) -> tuple[Any, CellRecord | None]:
    """Runs one statement where the magic stands: the value of its last expression, and the record. What it raises passes."""
    __tracebackhide__ = True
    run = _compiled(session.shell, statement)
    measured = Measured(session, label, warn)
    measured.begin()
    raised: BaseException | None = None
    try:
        value = run(session.shell.user_ns, local_ns)
    except BaseException as error:
        raised = error
        raise
    finally:
        measured.end(raised)
    return value, measured.record


def _compiled(shell: Any, statement: str) -> Callable[[dict[str, Any], dict[str, Any] | None], Any]:
    """As `%time` does it: with the shell's own transformations, and a name by which a traceback finds the text."""
    __tracebackhide__ = True
    text = shell.transform_cell(statement)
    name = shell.compile.cache(text, shell.execution_count)
    try:
        tree = shell.transform_ast(ast.parse(text, name, "exec"))
    except SyntaxError as error:
        # A traceback of it would be one through our code.
        raise BadStatement(f"{error.msg}: {plain(error.text or statement, 120)}") from None
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    flags = shell.compile.flags
    before = compile(tree, name, "exec", flags, True)
    value = None if last is None else compile(ast.Expression(last.value), name, "eval", flags, True)

    def run(names: dict[str, Any], local_ns: dict[str, Any] | None) -> Any:
        __tracebackhide__ = True
        # It is the user's own code, as in any cell.
        exec(before, names, local_ns)
        return None if value is None else eval(value, names, local_ns)

    return run
