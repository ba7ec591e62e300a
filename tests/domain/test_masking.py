"""What is covered in a text that others read, and what must stay readable."""

import pytest

from dispatch.domain.masking import COVER, masked


@pytest.mark.parametrize(
    "said",
    [
        "0912345678",
        "0912 345 678",
        "0912.345.678",
        "+84 912-345-678",
        "84912345678",
        "nam.le@example.vn",
        "025199001234",
        "123456789",
    ],
)
def test_personal_numbers_are_covered(said: str) -> None:
    assert masked(f"Gọi tôi {said} nhé") == f"Gọi tôi {COVER} nhé"


@pytest.mark.parametrize(
    "said",
    [
        "Số nhà 12 ngõ 345",
        "ngày 24/11/2026 lúc 10:25",
        "hết 1.200.000 đồng",
        "cột đèn 0457",
        "QL.32C km 84",
        "hẻm 0/12/34",
    ],
)
def test_what_helps_to_find_the_place_stays(said: str) -> None:
    assert masked(said) == said
