"""The parameters: what `params.yaml` may hold, and the one function that reads it."""
# ruff: noqa: D101  (params.yaml says what each section is about)

import re
import reprlib
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mnist_report.core import paths
from mnist_report.core.errors import UserError


class Section(BaseModel):
    """A section of `params.yaml`: unknown keys and wrong types are refused, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


def _said(rule: str) -> WrapValidator:
    """Say `rule` of a refused value, where pydantic would name its own types or a pattern."""

    def check(value: object, validate: ValidatorFunctionWrapHandler) -> object:
        try:
            return validate(value)
        except ValidationError:
            raise ValueError(f"Input should be {rule}") from None

    return WrapValidator(check)


def _differ(values: list[Any]) -> list[Any]:
    """Refuse a list with a value twice: there would be less to compare than it seems."""
    for value in values:
        if values.count(value) > 1:
            raise ValueError(f"{value} is listed twice")
    return values


T = TypeVar("T")
DIFFER = AfterValidator(_differ)
Different = Annotated[list[T], Field(min_length=1), DIFFER]
Kernel = Literal["linear", "poly", "sigmoid", "rbf"]
Rows = Annotated[int, Field(ge=1, le=10_000_000)]
#: The size of a training set to compare. Of ten images drawn, some show different digits.
Size = Annotated[int, Field(ge=10, le=10_000_000)]
Components = Annotated[int, Field(ge=1, le=784)]
Units = Annotated[int, Field(ge=1, le=100_000)]
Epochs = Annotated[int, Field(ge=1, le=10_000)]
Seeds = Annotated[int, Field(ge=2, le=1000)]
Share = Annotated[float, Field(gt=0, lt=1)]
Dropout = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0, le=1e9)]
#: On points that overlap the solver's time grows with the price; beyond this it takes hours.
Price = Annotated[float, Field(gt=0, le=10_000)]
#: Metrics are named after them, as 0.1 or 1e-05; MLflow does not take the + of 1e+06.
Rate = Annotated[float, Field(gt=0, le=100_000)]
Strength = Annotated[float, Field(ge=0, le=5)]
#: A path or a title: it begins with something to see and holds no control characters.
LINE = r"^[^\p{C}\p{Z}]\P{Cc}*$"
Source = Annotated[str, Field(pattern=LINE), _said("a line that begins with no blank")]
Title = Annotated[
    str,
    Field(pattern=LINE, max_length=80),
    _said("a line of at most 80 characters that begins with no blank"),
]
Scheduler = Annotated[
    str,
    Field(pattern=r"^(local|(tcp|tls|ws|wss|ucx)://.+)$"),
    _said("'local' or an address such as tcp://host:8786"),
]


class Own(Section):
    source: Source | None
    title: Title | None


class Data(Section):
    dataset: Literal["mnist", "fashion_mnist", "kmnist", "digits", "own"]
    own: Own

    @model_validator(mode="after")
    def _own_is_named(self) -> "Data":
        if self.dataset == "own" and (self.own.source is None or self.own.title is None):
            raise ValueError("dataset 'own' needs data.own.source and data.own.title")
        return self


class Scale(Section):
    train_rows: Rows
    test_rows: Rows


class Pca(Section):
    components: int = Field(ge=3, le=784)
    printed_components: Components
    sums: list[Components] = Field(min_length=1)
    thresholds: list[Share] = Field(min_length=1)


class SvmIntuition(Section):
    points: int = Field(ge=50, le=100_000)
    # At a lower price a plane may not part the lifted rings: there is nothing to draw.
    separable_C: float = Field(ge=0.01, le=1e9)
    overlapping_C: list[Price] = Field(min_length=1, max_length=4)
    pairs: Rows


class SvmKernels(Section):
    rows: Rows
    kernels: Different[Kernel]
    C: Positive
    # The solver's numbers have single precision, in which (784 gamma)^degree is to stay finite.
    gamma: Annotated[
        Annotated[float, Field(gt=0, le=8)] | Literal["auto", "scale"],
        _said("a number above 0 and at most 8, or 'auto' or 'scale'"),
    ]
    degree: int = Field(ge=1, le=10)
    region_rows: int = Field(ge=2, le=10_000_000)


class SvmGridsearch(Section):
    rows: Rows
    folds: int = Field(ge=2, le=100)
    C: list[Positive] = Field(min_length=1)
    gamma: list[Positive] = Field(min_length=1)


class SvmFinal(Section):
    rows: Rows
    kernel: Kernel
    hyperparameters: Literal["from_gridsearch", "pinned"]
    C: Positive
    gamma: Positive
    pca_components: Components | None


class ScratchNn(Section):
    hidden_layer_sizes: list[Units] = Field(min_length=1, max_length=20)
    activation: Literal["sigmoid", "relu"]
    init: Literal["normal", "fan_in"]
    epochs: Epochs
    minibatch_size: Rows
    learning_rate: Positive
    solver: Literal["descent", "adam"]
    shuffle: bool
    minibatching: Literal["standard", "as_printed"]
    dtype: Literal["float32", "float64"]
    validation_share: Share


class KerasDense(Section):
    hidden_units: list[Units] = Field(min_length=1, max_length=20)
    dropout: Dropout
    epochs: Epochs
    batch_size: Rows


class Cnn(Section):
    filters: list[Units] = Field(min_length=2, max_length=2)
    kernel_size: int = Field(ge=1, le=5)
    dense_units: list[Units] = Field(min_length=2, max_length=2)
    dropout: Dropout
    epochs: Epochs
    batch_size: Rows
    validation_share: Share
    image: int = Field(ge=0)


class Compute(Section):
    threads: int = Field(ge=1, le=1024)
    portable: bool
    backend: Literal["local", "dask"]
    scheduler: Scheduler | None
    jobs: int = Field(ge=1, le=1024)

    @model_validator(mode="after")
    def _dask_is_somewhere(self) -> "Compute":
        if self.backend == "dask" and self.scheduler is None:
            raise ValueError(
                "compute.backend 'dask' needs compute.scheduler; set it to an address such as "
                "tcp://host:8786, or to local for a cluster on this machine"
            )
        return self


class Repeated(Section):
    """A study that repeats a measurement in the paper's own setting."""

    seeds: Seeds


class Origins(Repeated):
    kernel_rows: Rows
    final_rows: Different[Size]


class SlipsSvm(Repeated):
    rows: Rows
    search_seeds: Seeds
    search_rows: Rows


class AblationsSvm(Repeated):
    rows: Rows
    components: Annotated[list[Components], Field(min_length=2), DIFFER]
    growth_rows: Annotated[list[Size], Field(min_length=2), DIFFER]


class AblationsNetwork(Repeated):
    epochs: Epochs
    learning_rates: Different[Rate]


class AblationsKeras(Repeated):
    adam_rates: Different[Rate]
    descent_rates: Different[Rate]
    optimizer_epochs: Epochs
    dense_epochs: Epochs
    cnn_epochs: Epochs
    unscaled_epochs: Epochs


class Frontier(Repeated):
    best_seeds: Seeds
    strengths: Different[Strength]


class FrontierNetwork(Frontier):
    epochs: Epochs
    trial_epochs: Epochs


class FrontierSvm(Frontier):
    pca_components: Components
    gammas: Different[Positive]
    copies: int = Field(ge=1, le=100)  # of every support vector


class Studies(Section):
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
    frontier_scratch_nn: FrontierNetwork
    frontier_svm: FrontierSvm
    frontier_keras_dense: FrontierNetwork
    frontier_cnn: FrontierNetwork


class Params(Section):
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
    try:
        # The YAML library and mode that DVC uses: both read the same values.
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
        if not isinstance(content, dict):
            back = "'git checkout params.yaml' brings it back"
            raise UserError(f"{path.name} is empty or holds no sections; {back}")
        return Params.model_validate(content)
    except FileNotFoundError:
        raise UserError(f"{path} is missing; 'git checkout params.yaml' brings it back") from None
    except ValidationError as error:
        raise UserError(f"{path.name}: {explain(error)}") from error
    # Numbers and dates that cannot be made, and lists in lists in lists, fail in their own ways.
    except (YAMLError, ValueError, OSError, RecursionError) as error:
        raise UserError(f"{path.name} cannot be read as YAML: {error}") from error


def explain(error: ValidationError) -> str:
    """Say where something is wrong, what stands there and what is allowed, by pydantic's words."""
    # An unknown key first: where one is misspelt, it is also missing.
    faults = sorted(error.errors(), key=lambda fault: fault["type"] != "extra_forbidden")
    said = []
    for fault in faults[:3]:
        where = ".".join(map(str, fault["loc"]))
        if fault["type"] != "missing" and not isinstance(fault["input"], dict):
            where += f" = {reprlib.repr(fault['input'])}"
        what = fault["msg"].removeprefix("Value error, ")
        what = re.sub(r"valid dictionary or instance of \w+", "section of keys and values", what)
        said.append(f"{where}: {what}".removeprefix(": "))
    more = f" (and {len(faults) - 3} more)" if len(faults) > 3 else ""
    return "; ".join(said) + more
