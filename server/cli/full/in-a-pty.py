"""Runs a program in a pseudo terminal for a test: waits for texts, presses keys, resizes, sends signals; tells it all as JSON.

Arguments: rows, columns, the steps as JSON ([["wait", text], ["keys", text], ["resize", rows, columns], ["signal", number]]),
then the program and its arguments. Ends the program by its pid when a step takes longer than 30 s.
"""

import fcntl
import json
import os
import pty
import select
import struct
import sys
import termios
import time

DEADLINE = 30

rows, columns, steps, program = int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]), sys.argv[4:]
ready, go = os.pipe()
pid, terminal = pty.fork()
if pid == 0:
    # Not before the terminal has its size.
    os.close(go)
    os.read(ready, 1)
    os.execvp(program[0], program)


def resize(to_rows, to_columns):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", to_rows, to_columns, 0, 0))


resize(rows, columns)
before = termios.tcgetattr(terminal)
os.write(go, b"x")
output = b""
late = None


def read(seconds):
    """False when the program has closed the terminal."""
    global output
    if select.select([terminal], [], [], seconds)[0]:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            return False
        output += piece
        return piece != b""
    return True


for step, *rest in steps:
    end = time.monotonic() + DEADLINE
    if step == "wait":
        begin = len(output) if len(rest) > 1 else 0
        while rest[0].encode() not in output[begin:] and time.monotonic() < end:
            if not read(0.1):
                break
        if rest[0].encode() not in output[begin:]:
            late = rest[0]
            break
    elif step == "keys":
        os.write(terminal, rest[0].encode())
    elif step == "resize":
        resize(*rest)
    elif step == "signal":
        os.kill(pid, rest[0])

end = time.monotonic() + DEADLINE
ended = (0, 0)
while ended[0] == 0 and time.monotonic() < end:
    read(0.05)
    ended = os.waitpid(pid, os.WNOHANG)
if ended[0] == 0:
    late = late or "the end"
    os.kill(pid, 9)
    ended = os.waitpid(pid, 0)
after = termios.tcgetattr(terminal)
while select.select([terminal], [], [], 0)[0] and read(0):
    pass
status = ended[1]
print(
    json.dumps(
        {
            "output": output.decode("utf8", "replace"),
            "code": os.waitstatus_to_exitcode(status),
            "sameModes": before[:4] == after[:4],
            "late": late,
        }
    )
)
