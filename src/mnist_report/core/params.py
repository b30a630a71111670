"""The parameters: what `params.yaml` may hold, and the one function that reads it."""

import math
import reprlib
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mnist_report.core import paths
from mnist_report.core.errors import UserError

#: A parameter file is a page of text; what is larger is not one.
MAX_BYTES = 100_000

#: A number in single precision has no more digits than these before its point.
MOST_DIGITS = 38

#: The least price of mistakes for which a plane parts the lifted rings, however few points: at a
#: lower one all points may end on one side of it, and there is nothing to draw.
LEAST_PRICE = 0.01

Rows = Annotated[int, Field(ge=1, le=10_000_000)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Section(BaseModel):
    """A section of `params.yaml`: unknown keys and wrong types are refused, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def _is_line(text: str) -> str:
    """Refuse what neither a path nor a title holds: it would end lines and steer terminals."""
    if not text.strip() or any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in text):
        raise ValueError("it should be one line of text without control characters")
    return text


Line = Annotated[str, Field(min_length=1), AfterValidator(_is_line)]


def _differ(numbers: list[int]) -> list[int]:
    """Refuse a number that is listed twice: there would be less to compare than it seems."""
    for number, times in Counter(numbers).items():
        if times > 1:
            raise ValueError(f"{number} is listed twice")
    return numbers


#: Sizes of training sets to compare. Of ten images drawn, some show different digits.
Sizes = Annotated[
    list[Annotated[int, Field(ge=10, le=10_000_000)]], Field(min_length=1), AfterValidator(_differ)
]


class Own(Section):
    """A data set of the user's own."""

    source: Line | None
    title: Annotated[Line, Field(max_length=80)] | None


class Data(Section):
    """Which images to work on."""

    dataset: Literal["mnist", "fashion_mnist", "kmnist", "digits", "own"]
    own: Own

    @model_validator(mode="after")
    def _own_is_named(self) -> "Data":
        if self.dataset == "own" and (self.own.source is None or self.own.title is None):
            raise ValueError("dataset 'own' needs data.own.source and data.own.title")
        return self


class Scale(Section):
    """How many images to keep."""

    train_rows: Rows
    test_rows: Rows


Components = Annotated[int, Field(ge=1, le=784)]


class Pca(Section):
    """The paper's section 1."""

    components: Annotated[int, Field(ge=3, le=784)]
    printed_components: Components
    sums: Annotated[list[Components], Field(min_length=1)]
    thresholds: Annotated[list[Share], Field(min_length=1)]


Positive = Annotated[float, Field(gt=0, le=1e9)]
#: On points that overlap the solver's time grows with the price; beyond this it takes hours.
Price = Annotated[float, Field(gt=0, le=10_000)]
Kernel = Literal["linear", "poly", "sigmoid", "rbf"]


class SvmIntuition(Section):
    """The paper's section 2.1."""

    points: Annotated[int, Field(ge=50, le=100_000)]
    separable_C: Annotated[float, Field(ge=LEAST_PRICE, le=1e9)]
    overlapping_C: Annotated[list[Price], Field(min_length=1, max_length=4)]
    pairs: Annotated[int, Field(ge=1, le=10_000_000)]


class SvmKernels(Section):
    """The four kernels of the paper's section 2.2."""

    rows: Rows
    kernels: Annotated[list[Kernel], Field(min_length=1, max_length=4)]
    C: Positive
    gamma: Positive | Literal["auto", "scale"]
    degree: Annotated[int, Field(ge=1, le=10)]
    region_rows: Annotated[int, Field(ge=2, le=10_000_000)]

    @model_validator(mode="after")
    def _poly_is_finite(self) -> "SvmKernels":
        # The solver keeps kernel values in single precision, and two white images have this one.
        digits = 0.0 if isinstance(self.gamma, str) else math.log10(784 * self.gamma) * self.degree
        if "poly" in self.kernels and digits > MOST_DIGITS:
            raise ValueError(
                f"with the kernel 'poly' (784 gamma)^degree may be at most 1e{MOST_DIGITS}; "
                "lower svm_kernels.gamma or svm_kernels.degree"
            )
        return self


class SvmGridsearch(Section):
    """The grid search of the paper's section 2.2."""

    rows: Rows
    folds: Annotated[int, Field(ge=2, le=100)]
    C: Annotated[list[Positive], Field(min_length=1)]
    gamma: Annotated[list[Positive], Field(min_length=1)]


class SvmFinal(Section):
    """The final model of the paper's section 2.2."""

    rows: Rows
    kernel: Kernel
    hyperparameters: Literal["from_gridsearch", "pinned"]
    C: Positive
    gamma: Positive
    pca_components: Components | None


Units = Annotated[int, Field(ge=1, le=100_000)]
Epochs = Annotated[int, Field(ge=1, le=10_000)]
Dropout = Annotated[float, Field(ge=0, lt=1)]


class ScratchNn(Section):
    """The paper's section 3.2."""

    hidden_layer_sizes: Annotated[list[Units], Field(min_length=1, max_length=20)]
    activation: Literal["sigmoid", "relu"]
    init: Literal["normal", "fan_in"]
    epochs: Epochs
    minibatch_size: Rows
    learning_rate: Positive
    shuffle: bool
    minibatching: Literal["standard", "as_printed"]
    dtype: Literal["float32", "float64"]
    validation_share: Share


class KerasDense(Section):
    """The paper's section 3.3."""

    hidden_units: Annotated[list[Units], Field(min_length=1, max_length=20)]
    dropout: Dropout
    epochs: Epochs
    batch_size: Rows


class Cnn(Section):
    """The paper's section 3.4."""

    filters: Annotated[list[Units], Field(min_length=2, max_length=2)]
    kernel_size: Annotated[int, Field(ge=1, le=5)]
    dense_units: Annotated[list[Units], Field(min_length=2, max_length=2)]
    dropout: Dropout
    epochs: Epochs
    batch_size: Rows
    validation_share: Share
    image: Annotated[int, Field(ge=0)]


class Compute(Section):
    """How every stage computes, and where the grid search runs."""

    threads: Annotated[int, Field(ge=1, le=1024)]
    portable: bool
    backend: Literal["local", "dask"]
    scheduler: Annotated[str, Field(min_length=1)] | None
    jobs: Annotated[int, Field(ge=1, le=1024)]

    @model_validator(mode="after")
    def _dask_is_somewhere(self) -> "Compute":
        if self.backend == "dask" and self.scheduler is None:
            raise ValueError(
                "compute.backend 'dask' needs compute.scheduler; set it to an address such as "
                "tcp://host:8786, or to local for a cluster on this machine"
            )
        return self


Seeds = Annotated[int, Field(ge=2, le=1000)]


class Repeated(Section):
    """A study that repeats a measurement in the paper's own setting."""

    seeds: Seeds


class Origins(Repeated):
    """Candidates for what a printed number comes from."""

    kernel_rows: Rows
    final_rows: Sizes


class SlipsSvm(Repeated):
    """The cost of the slips with support vector machines."""

    rows: Rows
    search_seeds: Seeds
    search_rows: Rows


class AblationsSvm(Repeated):
    """What the paper says of support vector machines, put to the test."""

    rows: Rows
    components: Annotated[list[Components], Field(min_length=2), AfterValidator(_differ)]
    growth_rows: Annotated[Sizes, Field(min_length=2)]


class AblationsNetwork(Repeated):
    """What the paper says of activations, scaling and Adam, put to the test."""

    epochs: Epochs
    # Metrics are named after them, as 0.1 or 1e-05; MLflow does not take the + of 1e+06.
    learning_rates: Annotated[list[Annotated[float, Field(gt=0, le=100_000)]], Field(min_length=1)]


class AblationsKeras(Repeated):
    """What the paper says of dropout and scaling, put to the test."""

    dense_epochs: Epochs
    cnn_epochs: Epochs
    unscaled_epochs: Epochs


class Studies(Section):
    """The long studies, a section each."""

    spread_svm_kernels: Repeated
    spread_svm_gridsearch: Repeated
    spread_svm_final: Repeated
    spread_scratch_nn: Repeated
    spread_keras_dense: Repeated
    spread_cnn: Repeated
    origins: Origins
    slips_network: Repeated
    slips_svm: SlipsSvm
    ablations_svm: AblationsSvm
    ablations_network: AblationsNetwork
    ablations_keras: AblationsKeras


class Params(Section):
    """The whole of `params.yaml`, a section per stage."""

    seed: Annotated[int, Field(ge=0, lt=2**32)]
    data: Data
    scale: Scale
    pca: Pca
    svm_intuition: SvmIntuition
    svm_kernels: SvmKernels
    svm_gridsearch: SvmGridsearch
    svm_final: SvmFinal
    scratch_nn: ScratchNn
    keras_dense: KerasDense
    cnn: Cnn
    compute: Compute
    studies: Studies


def load_params(path: Path = paths.PARAMS) -> Params:
    """Read and check the parameters, all of them, before any work starts.

    Raises
    ------
    UserError
        If the file is missing, is not YAML, or holds a key or a value that is not allowed; the
        message names the key, the value and what is allowed.
    """
    content = _read(path)
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        faults: dict[str, list[ErrorDetails]] = {}
        for detail in error.errors():
            faults.setdefault(_key(detail), []).append(detail)
        # A misspelt key is both unknown and missing: the unknown one is the one to mend.
        first = min(faults, key=lambda key: faults[key][0]["type"] != "extra_forbidden")
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise UserError(f"{path.name}: {_explain(first, faults[first])}{more}") from error


def _read(path: Path) -> Any:  # noqa: ANN401  (whatever the file holds)
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UserError(f"{path.name} has {size} bytes; at most {MAX_BYTES} are allowed")
        # The YAML library and mode that DVC uses: both read the same values.
        return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; 'git checkout params.yaml' brings it back") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    # Numbers and dates that cannot be made, and lists in lists in lists, fail in their own ways.
    except (YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{path.name} is not valid YAML: {_one_line(str(error))}") from error


def _key(detail: ErrorDetails) -> str:
    """Return the dotted key at fault, without pydantic's names for the members of a union."""
    section: Any = Params
    parts = []
    for part in detail["loc"]:
        if isinstance(part, str) and isinstance(section, type) and issubclass(section, BaseModel):
            field = section.model_fields.get(part)
            section = field.annotation if field else None
        elif isinstance(part, str):
            continue
        parts.append(_one_line(str(part)))
    return ".".join(parts) or "the file"


def _explain(key: str, faults: list[ErrorDetails]) -> str:
    """Say in one line which key is wrong, what it holds and what is allowed."""
    kind = faults[0]["type"]
    if kind in ("extra_forbidden", "missing"):
        section: Any = Params
        for part in faults[0]["loc"][:-1]:
            section = section.model_fields[str(part)].annotation
        keys = ", ".join(section.model_fields)
        if kind == "missing":
            return f"{key} is missing; this section must hold: {keys}"
        return f"{key} is not a known key; allowed here: {keys}"
    messages = [fault["msg"].removeprefix("Value error, ") for fault in faults]
    reasons = ", or ".join(f"{message[0].lower()}{message[1:]}" for message in messages)
    return f"{key} = {_one_line(reprlib.repr(faults[0]['input']))} is not allowed: {reasons}"


def _one_line(text: str, limit: int = 200) -> str:
    """Fold `text` to one line of at most `limit` characters, all of which can be printed."""
    # An unknown key may hold what YAML writes as "\e": no terminal is to obey it.
    line = printable(" ".join(text.split()))
    return line if len(line) <= limit else line[: limit - 1] + "…"


def printable(text: str) -> str:
    """Write the characters that end a line or steer a terminal as Python escapes them."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
