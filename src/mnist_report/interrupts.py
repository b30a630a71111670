"""Ctrl-C and SIGTERM, for processes that wait for others."""

import contextlib
import signal
import threading
from collections.abc import Iterator

import psutil


@contextlib.contextmanager
def interrupts_noted() -> Iterator[threading.Event]:
    """Note Ctrl-C and SIGTERM in an event while the block runs, in place of ending by them.

    Ctrl-C reaches the processes that are waited for, too. SIGTERM reaches this one only, so it is
    passed on, as Ctrl-C: this is what stages end by in good order. Where Ctrl-C is ignored (in the
    background of a script), that stays so, and SIGTERM is passed on as it is.
    """
    interrupted = threading.Event()
    before = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM)}
    ignored = before[signal.SIGINT] is signal.SIG_IGN

    def terminate(*_: object) -> None:
        interrupted.set()
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                process.send_signal(signal.SIGTERM if ignored else signal.SIGINT)

    signal.signal(signal.SIGTERM, terminate)
    # A function, for what is ignored here would be ignored by the processes started from here too.
    if not ignored:
        signal.signal(signal.SIGINT, lambda *_: interrupted.set())
    try:
        yield interrupted
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)
