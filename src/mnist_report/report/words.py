"""How the report writes numbers: the Jinja filters of its templates and of its sentences."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import jinja2

TEMPLATES = Path(__file__).with_name("templates")


def fixed(value: float, digits: int) -> str:
    """Write a number with `digits` digits after the point."""
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def signed(value: float, digits: int) -> str:
    """Write a number with its sign."""
    return f"{value:+.{digits}f}".replace("-", "\N{MINUS SIGN}")


def interval(difference: Mapping[str, float], digits: int) -> str:
    """Write a difference with its interval."""
    mean, low, high = (signed(difference[key], digits) for key in ("mean", "low", "high"))
    return f"{mean} ({low} to {high})"


def points(difference: Mapping[str, float]) -> str:
    """Write a difference of shares, in percentage points, with its interval."""
    scaled = {key: 100 * difference[key] for key in ("mean", "low", "high")}
    return f"{interval(scaled, 2)} points"


def lead(difference: Mapping[str, float], digits: int) -> str:
    """Write the interval of a difference as who is ahead by how much."""
    low, high = difference["low"], difference["high"]
    if low > 0:
        return f"ahead by {fixed(low, digits)} to {fixed(high, digits)}"
    if high < 0:
        return f"behind by {fixed(-high, digits)} to {fixed(-low, digits)}"
    return f"{signed(low, digits)} to {signed(high, digits)}, within chance"


def span(spread: Mapping[str, float]) -> str:
    """Write the extremes of a spread over seeds, once if they are the same."""
    return " to ".join(plain(end) for end in dict.fromkeys((spread["min"], spread["max"])))


def p_value(p: float) -> str:
    """Write a p-value."""
    return "below 0.0001" if p < 0.0001 else f"{p:.4f}"


def listed(parts: Sequence[str]) -> str:
    """Write parts as a list in a sentence."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def plain(value: float) -> str:
    """Write a number the short way: 10, 0.01, 1e-05."""
    return f"{value:.6g}"


def power(value: float) -> str:
    """Write a small number as a multiple of a power of ten, in TeX."""
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.1e}".split("e")
    return rf"${mantissa} \times 10^{{{int(exponent)}}}$"


def like(value: float, printed: str) -> str:
    """Write a number with as many digits after the point as a printed one has, at most eight."""
    return fixed(value, _decimals(printed))


def short(printed: str) -> str:
    """Cut a printed number after eight digits behind the point, with dots where any are cut off."""
    whole, _, decimals = printed.partition(".")
    return f"{whole}.{decimals[:8]}…" if len(decimals) > 8 else printed


def difference_like(value: float, printed: str) -> str:
    """Write a difference with a sign, to one digit more than the printed number shows."""
    digits = _decimals(printed) + 1
    return signed(value, digits) if round(value, digits) else "0"


def over_seeds(spread: Mapping[str, float], printed: str) -> str:
    """Write mean and sd over seeds, to one digit more than the printed number, at most five."""
    digits = min(_decimals(printed) + 1, 5)
    return f"{fixed(spread['mean'], digits)} ± {fixed(spread['sd'], digits)}"


def round_ratio(value: float) -> str:
    """Write a ratio with two significant digits, powers of ten from a million on."""
    return f"{float(f'{value:.2g}'):,.{1 if value < 10 else 0}f}" if value < 1e6 else power(value)


def _decimals(printed: str) -> int:
    return min(len(printed.partition(".")[2]), 8)


def percent(value: float, digits: int = 1) -> str:
    """Write a share as a percentage."""
    return f"{100 * value:.{digits}f} %"


def count(value: float) -> str:
    """Write a whole number with commas between thousands."""
    return f"{value:,.0f}"


def escape(text: str) -> str:
    """Put a text in one line, and take the special meaning from what has one inside of a line."""
    return re.sub(r"([\\`*_\[\]|<>&$~^])", r"\\\1", " ".join(text.split()))


#: The one Jinja environment of the project; a name that is not there is an error.
ENVIRONMENT = jinja2.Environment(
    loader=jinja2.FileSystemLoader(TEMPLATES),
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701  (Markdown, not HTML; `escape` is Markdown's)
)
ENVIRONMENT.filters |= {
    function.__name__: function
    for function in (
        fixed, signed, interval, points, lead, span, p_value, listed, percent, count, plain, power,
        escape, like, short, difference_like, over_seeds, round_ratio,
    )
}  # fmt: skip
