"""Run a command and note what it took: a line of JSON with its wall and CPU seconds and its memory.

usage: python -IS metered.py LOG COMMAND ARGUMENT...

CPU and memory are those of the command and of every process that it waited for. This imports next
to nothing, so that it costs milliseconds.
"""

import json
import os
import sys
import time

log, *command = sys.argv[1:]
start = time.perf_counter()
child = os.spawnv(os.P_NOWAIT, command[0], command)  # noqa: S606  (that is its purpose)
_, status, used = os.wait4(child, 0)
record = {
    "command": command[1:],
    "wall": time.perf_counter() - start,
    "cpu": used.ru_utime + used.ru_stime,
    "peak_gib": used.ru_maxrss / 2**20,
}
with open(log, "a", encoding="utf-8") as stream:  # noqa: PTH123  (pathlib costs 20 ms)
    stream.write(json.dumps(record) + "\n")
sys.exit(os.waitstatus_to_exitcode(status))
