"""A sign of life for work that cannot say how far it is."""

import contextlib
import threading
from collections.abc import Iterator

from tqdm import tqdm


@contextlib.contextmanager
def working(what: str) -> Iterator[None]:
    """Show `what` and the time that has passed, on the error stream, while the block runs.

    In a terminal the line renews itself every second; elsewhere it is written every half minute.
    """
    done = threading.Event()
    with tqdm(desc=what, bar_format="{desc} ({elapsed})", mininterval=0) as line:
        pause = 30 if line.disable or not line.fp.isatty() else 1

        def tick() -> None:
            while not done.wait(pause):
                line.refresh()

        ticker = threading.Thread(target=tick, daemon=True)
        ticker.start()
        try:
            yield
        finally:
            done.set()
            ticker.join()
