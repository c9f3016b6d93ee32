"""How names are shown in figures."""

import pytest

from paribus.report.style import label


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("depth=5", "depth=5"),
        ("activation=leaky_relu", "activation=<br>leaky_relu"),
        ("skip connections=residual, 3 blocks", "skip connections=<br>residual, 3 blocks"),
        ("a name without any sign of it", "a name without any<br>sign of it"),
        ("<b>", "&lt;b&gt;"),
        ("", ""),
    ],
)
def test_long_names_are_broken_between_factor_and_level(text: str, shown: str) -> None:
    assert label(text) == shown
