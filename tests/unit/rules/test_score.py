"""Which terms and signs decided a finding."""

import pytest

from rules.pack_parts import deciding


@pytest.mark.parametrize(
    ("weights", "threshold", "decided"),
    [
        pytest.param([("slot", 5), ("gacor", 7)], 12, ("slot", "gacor"), id="each is needed"),
        pytest.param([("slot", 5), ("gacor", 7)], 7, ("gacor",), id="one is enough alone"),
        pytest.param([("slot", 9), ("gacor", 9)], 9, (), id="each is enough"),
        pytest.param([("slot", 5), ("kakak", -2)], 3, ("slot",), id="one that speaks against it"),
        pytest.param([("slot", 5)], 6, (), id="no finding at all"),
        pytest.param([], 1, (), id="nothing"),
    ],
)
def test_a_term_decided_if_the_score_without_it_is_too_low(
    weights: list[tuple[str, int]], threshold: int, decided: tuple[str, ...]
) -> None:
    assert deciding(weights, threshold) == decided
