"""Ctrl-C, for processes that wait for others which it reaches too."""

import contextlib
import signal
import threading
from collections.abc import Iterator


@contextlib.contextmanager
def interrupts_noted() -> Iterator[threading.Event]:
    """Note Ctrl-C in an event while the block runs, in place of ending by it.

    Where it is ignored, that stays so.
    """
    interrupted = threading.Event()
    before = signal.getsignal(signal.SIGINT)
    # A function, for what is ignored here would be ignored by the processes started from here too.
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    try:
        yield interrupted
    finally:
        signal.signal(signal.SIGINT, before)
