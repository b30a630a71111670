"""One Chromium for the pages of a file."""

import pytest
from browser import CHROMIUM, Browser


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("there is no Chromium; Debian has it in its package chromium")
    started = Browser()
    yield started
    started.close()
