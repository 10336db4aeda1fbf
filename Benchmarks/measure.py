#!/usr/bin/env python3
"""Runs a command and says on standard error how long it took and the most memory that it held.

    measure.py COMMAND ARGUMENT ...
"""
import os
import sys
import time

began = time.monotonic()
child = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(
    f"[{time.monotonic() - began:.1f} s, {usage.ru_utime + usage.ru_stime:.1f} s of processor time, "
    f"at most {usage.ru_maxrss / 1024:.0f} MB]",
    file=sys.stderr,
)
sys.exit(os.waitstatus_to_exitcode(status))
