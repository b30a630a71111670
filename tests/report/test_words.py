"""How numbers are written."""

from mnist_report.report import words


def test_number_formats():
    for text, expected in (
        (words.percent(0.82465), "82.5 %"),
        (words.count(60000.0), "60,000"),
        (words.plain(1e-5), "1e-05"),
        (words.power(2.5e-13), r"$2.5 \times 10^{-13}$"),
        (words.difference_like(0.0246, "0.80"), "+0.025"),
        (words.difference_like(-0.0246, "0.80"), "−0.025"),
        (words.difference_like(0.0, "0.80"), "0"),
        (words.fixed(-0.5, 2), "−0.50"),
        (words.signed(-3.067, 2), "−3.07"),
        (words.span({"min": 10.0, "max": 100.0}), "10 to 100"),
        (words.span({"min": 0.01, "max": 0.01}), "0.01"),
        (words.points({"mean": 0.01, "low": -0.01, "high": 0.03}), "+1.00 (−1.00 to +3.00) points"),
        (words.lead({"low": 0.01, "high": 0.03}, 3), "ahead by 0.010 to 0.030"),
        (words.lead({"low": -0.03, "high": -0.01}, 3), "behind by 0.010 to 0.030"),
        (words.lead({"low": -0.01, "high": 0.03}, 3), "−0.010 to +0.030, within chance"),
        (words.p_value(0.00009), "below 0.0001"),
        (words.p_value(0.0433), "0.0433"),
        (words.listed(["a"]), "a"),
        (words.listed(["a", "b", "c"]), "a, b and c"),
    ):
        assert text == expected
