"""Run stages of the checkout in which this starts, time after time, and pay for imports once.

Each line on stdin is a JSON list of stages. They run one after the other, up to the first that does
not end well, in a child of this process: it starts with every module imported and nothing computed,
which TensorFlow does not bear twice with other settings. The answer is a line of JSON: a list of
stage, how it ended ("ok", "refused" or "crashed") and what it said.
"""

import contextlib
import importlib.util
import json
import os
import sys
import traceback

import tensorflow

from mnist_report.errors import UserError
from mnist_report.figures import style
from mnist_report.params import load_params
from mnist_report.stage import Stage


def load(name):
    spec = importlib.util.spec_from_file_location(name, f"stages/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(modules, names):
    for name in names:
        try:
            modules[name].main(Stage(load_params()))
        except UserError as error:
            yield name, "refused", str(error)
            return
        except Exception:
            yield name, "crashed", traceback.format_exc()
            return
        yield name, "ok", ""


def main():
    modules = {name: load(name) for name in sys.argv[1:]}
    # Pictures are drawn and networks trained all the same, in a fraction of the time.
    style.SETTINGS["figure.dpi"] = 40
    tensorflow.config.run_functions_eagerly(True)
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            answers = sys.stdout
            with contextlib.redirect_stdout(sys.stderr):
                result = list(run(modules, json.loads(line)))
            print(json.dumps(result), file=answers, flush=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if status != 0:
            print(json.dumps([["?", "crashed", f"wait status {status}"]]), flush=True)


if __name__ == "__main__":
    main()
