"""The tracker's command line, and what it does to the MLflow store."""

import sys

import pytest

from miniature import ROOT, UNREACHABLE, Checkout

#: A server that is not there is asked once.
GONE = UNREACHABLE | {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}


@pytest.fixture
def here(tmp_path):
    """Return this checkout, with a folder of its own for the store."""

    class Here(Checkout):
        def environment(self, extra):
            return super().environment({"DVC_ROOT": str(tmp_path)} | (extra or {}))

        def track(self, *arguments, env=None):
            return self.python("-m", "mnist_report.tracking", *arguments, env=env)

    return Here(ROOT, tmp_path)


@pytest.mark.parametrize("code", [0, 3])
def test_a_server_out_of_reach_costs_a_run_that_is_done_a_warning(here, code):
    done = here.track("around", sys.executable, "-c", f"raise SystemExit({code})", env=GONE)
    assert done.code == code
    warnings = done.err.splitlines()
    assert len(warnings) == (code == 0), done.err
    for line in warnings:
        assert line.startswith("track: warning: MLflow cannot be used (")
        assert "the results are not affected; 'make track' records" in line


def test_to_level_with_a_server_out_of_reach_is_an_error(here):
    done = here.track("level", env=GONE)
    assert done.code == 1
    assert done.err.startswith("track: error: MLflow cannot be used (")
    assert len(done.err.splitlines()) == 1
