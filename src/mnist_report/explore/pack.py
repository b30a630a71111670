"""The models as few bytes, and the page around them.

Every array is integers with one scale for each of its rows, or float32; the page multiplies. What
the rounding costs, README.md says.
"""

import base64
import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.svm import SVC

PAGE = Path(__file__).with_name("page")

Array = NDArray[Any]
#: What is packed so far, by name.
Arrays = dict[str, Array]


def add_rows(arrays: Arrays, name: str, rows: Array, bits: int) -> None:
    """Add a matrix as integers of so many bits (8 to 16), scaled by the largest of each row."""
    scale = (np.abs(rows).max(axis=1) / (2 ** (bits - 1) - 1)).astype("<f4")
    integers = np.rint(rows / np.where(scale > 0, scale, 1)[:, np.newaxis])
    arrays[name] = integers.astype("i1" if bits == 8 else "<i2")
    arrays[f"{name}.scale"] = scale


def add_pixels(arrays: Arrays, name: str, images: Array) -> None:
    """Add images, shape (n, pixels), from 0 to 1: they were bytes, so nothing is lost."""
    arrays[name] = np.rint(images * 255).astype("u1")
    arrays[f"{name}.scale"] = np.full(len(images), 1 / 255, dtype="<f4")


def add_floats(arrays: Arrays, name: str, values: Array) -> None:
    """Add an array as float32."""
    arrays[name] = np.asarray(values, dtype="<f4")


def add_layer(
    arrays: Arrays, name: str, weights: Array, bias: Array, activation: str, *, first: bool
) -> dict[str, Any]:
    """Add a layer's weights, a row for each output, and its bias; return what the page reads."""
    # A small layer takes no space; of large ones the first is the most sensitive.
    bits = 16 if weights.size < 100_000 else 10 if first else 8
    add_rows(arrays, f"{name}.weights", weights, bits)
    add_floats(arrays, f"{name}.bias", bias)
    return {"name": name, "activation": activation}


def add_scratch(arrays: Arrays, key: str, network: Any) -> dict[str, Any]:  # noqa: ANN401
    """Add the network from scratch."""
    last = len(network.coefs_) - 1
    layers = []
    for number, (W, b) in enumerate(zip(network.coefs_, network.intercepts_, strict=True)):
        activation = "softmax" if number == last else network.activation
        layer = add_layer(arrays, f"{key}.{number}", W.T, b, activation, first=number == 0)
        layers.append({"kind": "dense", **layer})
    return {"classes": network.classes_, "layers": layers}


def add_keras(arrays: Arrays, key: str, network: Any) -> dict[str, Any]:  # noqa: ANN401
    """Add a network of `models.keras`. Of dropout, reshaping and flattening the page needs none."""
    layers: list[dict[str, Any]] = []
    for layer in network.layers:
        kind, name = type(layer).__name__, f"{key}.{layer.name}"
        if kind == "MaxPooling2D":
            layers.append({"kind": "pooling", "name": name})
        elif kind in ("Dense", "Conv2D"):
            shape = {"kind": "dense"}
            if kind == "Conv2D":
                shape = {"kind": "convolution", "side": layer.kernel_size[0]}
            kernel, bias = layer.get_weights()
            # Keras has the outputs last.
            weights, activation = kernel.reshape(-1, kernel.shape[-1]).T, layer.activation.__name__
            first = all(before["kind"] != "dense" for before in layers)
            layers.append(shape | add_layer(arrays, name, weights, bias, activation, first=first))
    return {"classes": np.arange(network.output_shape[-1]), "layers": layers}


def add_svm(arrays: Arrays, key: str, machine: SVC, sigmoids: Array, pca: Any) -> dict[str, Any]:  # noqa: ANN401
    """Add a support vector machine, with the `pca` before it if there is one, and its sigmoids."""
    if pca is None:
        add_pixels(arrays, f"{key}.vectors", machine.support_vectors_)
    else:
        add_rows(arrays, f"{key}.vectors", machine.support_vectors_, 16)
        add_rows(arrays, f"{key}.components", pca.components_, 16)
        add_floats(arrays, f"{key}.mean", pca.mean_)
    # Of two classes scikit-learn turns the sign round: there a positive value is for the second.
    sign = -1 if len(machine.classes_) == 2 else 1
    add_floats(arrays, f"{key}.weights", sign * machine.dual_coef_)
    add_floats(arrays, f"{key}.bias", sign * machine.intercept_)
    add_floats(arrays, f"{key}.sigmoids", sigmoids)
    return {
        "classes": machine.classes_,
        "counts": machine.n_support_,
        "kernel": machine.kernel,
        "gamma": float(machine.gamma),
        "degree": machine.degree,
        "coef0": machine.coef0,
        "projected": pca is not None,
    }


def curves(values: pd.DataFrame) -> dict[str, Any]:
    """Return ``mean``, ``low`` and ``high`` over the seeds of every curve of accuracy by epoch."""
    names = values["metric"].str.extract(r"^(?P<curve>.+)\.epoch_(?P<epoch>\d+)\.accuracy$")
    table = values.join(names).dropna().astype({"epoch": int})
    spread = table.groupby(["curve", "epoch"])["value"].agg(mean="mean", low="min", high="max")
    return {
        str(curve): {str(name): column.round(4).tolist() for name, column in rows.items()}
        for curve, rows in spread.groupby(level="curve")
    }


def after_training(values: pd.DataFrame) -> dict[str, Any]:
    """Return the accuracies of every variant, by seed; `values` are a study's."""
    accuracies = values[values["metric"].str.endswith(".accuracy")]
    variants = accuracies["metric"].str.removesuffix(".accuracy")
    return {str(name): group.tolist() for name, group in accuracies["value"].groupby(variants)}


def render(about: Mapping[str, Any], arrays: Arrays) -> str:
    """Return the page: one HTML file with its style, its modules and all that they read.

    The arrays go in as their bytes, all first bytes before all second ones, which compresses well;
    then gzip, which browsers undo, and base64.
    """
    blob = b"".join(
        np.ascontiguousarray(array).view("u1").reshape(-1, array.itemsize).T.tobytes()
        for array in arrays.values()
    )
    index = [(name, array.dtype.name, array.shape) for name, array in arrays.items()]
    described = json.dumps({**about, "arrays": index}, default=lambda value: value.tolist())
    modules = {
        path.stem: "data:text/javascript;charset=utf-8," + quote(path.read_text(encoding="utf-8"))
        for path in sorted(PAGE.glob("*.js"))
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGE), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("page.html").render(
        title=about["title"],
        style=(PAGE / "page.css").read_text(encoding="utf-8"),
        imports=json.dumps({"imports": modules}, indent=0),
        about=described.replace("<", "\\u003c"),
        arrays=base64.b64encode(gzip.compress(blob, mtime=0)).decode(),
    )
