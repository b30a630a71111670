"""The parameters: what `params.yaml` may hold, and the one function that reads it."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mnist_report import paths
from mnist_report.errors import UserError

#: A parameter file is a page of text; what is larger is not one.
MAX_BYTES = 100_000

Rows = Annotated[int, Field(ge=1, le=10_000_000)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Section(BaseModel):
    """A section of `params.yaml`: unknown keys and wrong types are refused, nothing is coerced."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Own(Section):
    """A data set of the user's own."""

    source: Annotated[str, Field(min_length=1)] | None
    title: Annotated[str, Field(min_length=1, max_length=80)] | None


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


class Pca(Section):
    """The paper's section 1."""

    components: Annotated[int, Field(ge=3, le=784)]
    printed_components: Annotated[int, Field(ge=1, le=784)]
    sums: Annotated[list[Annotated[int, Field(ge=1, le=784)]], Field(min_length=1)]
    thresholds: Annotated[list[Share], Field(min_length=1)]


class Params(Section):
    """The whole of `params.yaml`, a section per stage."""

    seed: Annotated[int, Field(ge=0, lt=2**32)]
    data: Data
    scale: Scale
    pca: Pca


def load_params(path: Path = paths.PARAMS) -> Params:
    """Read and check the parameters, all of them, before any work starts.

    Raises
    ------
    UserError
        If the file is missing, is not YAML, or holds a key or a value that is not allowed; the
        message names the key, the value and what is allowed.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UserError(f"{path.name} has {size} bytes; at most {MAX_BYTES} are allowed")
        # The YAML library and mode that DVC uses: both read the same values.
        content: Any = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path} is missing; 'git checkout params.yaml' brings it back") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name} is not valid YAML: {_one_line(str(error))}") from error
    try:
        return Params.model_validate(content)
    except ValidationError as error:
        # A misspelt key is both unknown and missing: the unknown one is the one to mend.
        first, *others = sorted(error.errors(), key=lambda e: e["type"] != "extra_forbidden")
        more = f" (and {len(others)} more)" if others else ""
        raise UserError(f"{path.name}: {_explain(first)}{more}") from error


def _explain(detail: ErrorDetails) -> str:
    """Say in one line which key is wrong, what it holds and what is allowed."""
    location = detail["loc"]
    key = ".".join(str(part) for part in location) or "the file"
    if detail["type"] == "extra_forbidden":
        allowed = ", ".join(_keys_beside(location))
        return f"{key} is not a known key; allowed here: {allowed}"
    if detail["type"] == "missing":
        return f"{key} is missing; {_allowed(location)}"
    value = _one_line(repr(detail["input"]))
    message = detail["msg"].removeprefix("Value error, ")
    return f"{key} = {value} is not allowed: {message[0].lower()}{message[1:]}"


def _keys_beside(location: tuple[int | str, ...]) -> list[str]:
    """List the keys that the section around `location` may hold."""
    section: type[BaseModel] = Params
    for part in location[:-1]:
        section = section.model_fields[str(part)].annotation  # type: ignore[assignment]
    return list(section.model_fields)


def _allowed(location: tuple[int | str, ...]) -> str:
    """Say which keys a section must hold."""
    return "this section must hold: " + ", ".join(_keys_beside(location))


def _one_line(text: str, limit: int = 200) -> str:
    """Fold `text` to one line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
