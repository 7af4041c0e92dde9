"""Sizes and shares as people write them."""

from __future__ import annotations

import pytest

from gorgon.sizes import BadSize, parse_share, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("12GiB", 12 << 30),
        ("12G", 12 << 30),
        ("12 g", 12 << 30),
        ("1.5gib", 3 << 29),
        ("12GB", 12 * 10**9),
        ("500MiB", 500 << 20),
        ("'500M'", 500 << 20),
        ("2T", 2 << 40),
        ("12884901888", 12 << 30),
        ("4096B", 4096),
        ("80%", 800 << 20),
        ("12.5 %", 125 << 20),
    ],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text, 1000 << 20) == size


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12 apples",
        "apples",
        "12",
        "-1GiB",
        "0GiB",
        "0%",
        "101%",
        "1e9",
        "nan",
        "12GiB\n13GiB",
        "9" * 400,
        "99999999999999T",
        "½G",
        "٣G",
    ],
)
def test_what_is_no_size_says_so_shortly(text: str) -> None:
    if text == "٣G":
        # Digits of other scripts are digits.
        assert parse_size(text) == 3 << 30
        return
    with pytest.raises(BadSize) as caught:
        parse_size(text, 1 << 30)
    assert 10 < len(str(caught.value)) < 150


def test_a_share_of_nothing_known_is_no_size() -> None:
    with pytest.raises(BadSize, match="of what is not known"):
        parse_size("80%")


@pytest.mark.parametrize(("text", "share"), [("80%", 0.8), ("0.8", 0.8), ("100%", 1.0), ("1", 1.0)])
def test_shares(text: str, share: float) -> None:
    assert parse_share(text) == pytest.approx(share)


@pytest.mark.parametrize("text", ["80", "0", "x", "", "-5%", "1000%"])
def test_what_is_no_share_says_so(text: str) -> None:
    with pytest.raises(BadSize, match="80%"):
        parse_share(text)
