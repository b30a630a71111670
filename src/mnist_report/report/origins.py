"""Which candidate a printed number fits best: where it comes from if not from the printed code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mnist_report.report.ledger import REACH

#: In words.
GAMMAS = {
    "auto": "1/784, as printed",
    "scale_2019": "'scale' of January 2019",
    "scale": "'scale' of today",
}
ROWS = {"train": "training", "test": "test"}


@dataclass(frozen=True)
class Candidate:
    """A way in which a printed number may have come about.

    Attributes
    ----------
    gamma, rows
        Keys of `GAMMAS` and `ROWS`.
    mean, sd
        The number that it gives, over seeds.
    z
        How many standard deviations the printed number lies above the mean.
    """

    gamma: str
    rows: str
    mean: float
    sd: float
    z: float

    @property
    def fits(self) -> bool:
        """Whether the printed number could be one of these."""
        return abs(self.z) <= REACH


def candidates(measured: Mapping[str, Any], printed: float) -> list[Candidate]:
    """Return the candidates for one printed number, the best first.

    Parameters
    ----------
    measured
        Gamma to rows to the spread of the number over seeds (metrics of stage ``origins``).
    """
    found = []
    for gamma, by_rows in measured.items():
        for rows, spread in by_rows.items():
            off = printed - spread["mean"]
            # Seeds that all agree leave no doubt: any difference is one too many.
            z = off / spread["sd"] if spread["sd"] > 0 else (0.0 if off == 0 else float("inf"))
            found.append(Candidate(gamma, rows, spread["mean"], spread["sd"], z))
    return sorted(found, key=lambda candidate: abs(candidate.z))
