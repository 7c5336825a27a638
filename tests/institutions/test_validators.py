import datetime

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from institutions.models.provenance import validate_field_path
from institutions.validators import (
    CREDIT_CODE_ALPHABET,
    credit_code_check_character,
    validate_credit_code,
    validate_not_future,
    validate_phone,
)

stems = st.text(CREDIT_CODE_ALPHABET, min_size=17, max_size=17)
# What python-stdnum takes: a digit or letter of registration, then eight digits at least.
official_stems = st.tuples(
    st.integers(10_000_000, 99_999_999).map(str),
    st.text(CREDIT_CODE_ALPHABET, min_size=9, max_size=9),
).map("".join)

# Codes of public bodies, printed on their own pages; the last is python-stdnum's own example.
REAL_CODES = [
    "9144030071526726XG",
    "91110000802100433B",
    "91330100799655058B",
    "91110000600037341L",
]


def is_refused(code: str) -> bool:
    try:
        validate_credit_code(code)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize("code", REAL_CODES)
def test_real_codes_pass(code: str):
    validate_credit_code(code)
    assert uscc.is_valid(code)


@given(official_stems)
def test_the_check_character_is_that_of_python_stdnum(stem: str):
    assert credit_code_check_character(stem) == uscc.calc_check_digit(stem)
    code = stem + credit_code_check_character(stem)
    assert uscc.is_valid(code)
    validate_credit_code(code)


@given(official_stems, st.sampled_from(CREDIT_CODE_ALPHABET))
def test_a_code_passes_if_and_only_if_python_stdnum_takes_it(stem: str, last: str):
    assert is_refused(stem + last) != uscc.is_valid(stem + last)


@given(stems, st.integers(0, 17), st.sampled_from(CREDIT_CODE_ALPHABET))
def test_one_wrong_character_is_always_refused(stem: str, place: int, character: str):
    code = stem + credit_code_check_character(stem)
    wrong = code[:place] + character + code[place + 1 :]

    assert is_refused(wrong) == (wrong != code)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("", "18 位"),
        ("91110000802100433", "18 位"),
        ("91110000802100433BB", "18 位"),
        ("91110000802100433b", "18 位"),
        ("9111000080210043IB", "18 位"),
        ("91110000802100433B\n", "18 位"),
        ("９1110000802100433B", "18 位"),
        ("91110000802100433\0", "18 位"),
        ("91110000802100433C", "校验位"),
    ],
)
def test_a_wrong_code_is_told_why(code: str, message: str):
    with pytest.raises(ValidationError, match=message):
        validate_credit_code(code)


def test_a_character_outside_the_alphabet_has_no_check_character():
    with pytest.raises(ValueError, match="substring"):
        credit_code_check_character("I" * 17)


@pytest.mark.parametrize(
    "number",
    [
        "12345",
        "12349",
        "120",
        "95598",
        "400-000-0000",
        "4000000000",
        "800-810-0000",
        "0898-12349",
        "010-12349",
        "13800000000",
        "19900000000",
        "010-12345678",
        "01012345678",
        "0316-1234567",
        "0391-12345678-801",
        "000-12345678",
    ],
)
def test_a_phone_of_a_known_shape_passes(number: str):
    validate_phone(number)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "12",
        "1234",
        "123456",
        "12800000000",
        "1380000000",
        "138000000000",
        "010-123456",
        "010-123456789",
        "10-12345678",
        "0898-1234",
        "400-000-000",
        "400-0000-000-0",
        "500-000-0000",
        "000-123456",
        "010 12345678",
        "010—12345678",
        "（010）12345678",
        "＋86 13800000000",
        "+8613800000000",
        "010-1234567a",
        "电话 12345",
        "12345\0",
        "12345\n",
        "1２３４５",
        "12345;67890",
        "010-12345678-1234567",
        "1" * 500,
    ],
)
def test_any_other_phone_is_refused(number: str):
    with pytest.raises(ValidationError, match="电话的写法不对"):
        validate_phone(number)


@pytest.mark.parametrize("path", ["beds", "beds/nursing/twin", "fees", "address", "ratings"])
def test_a_path_that_begins_with_a_field_passes(path: str):
    validate_field_path(path)


@pytest.mark.parametrize("path", ["bed/twin", "/beds", "price", "beds2", "费用"])
def test_a_path_that_leads_nowhere_is_refused(path: str):
    with pytest.raises(ValidationError, match="来源会落空"):
        validate_field_path(path)


def test_a_figure_is_not_of_tomorrow(today: datetime.date):
    validate_not_future(today)
    with pytest.raises(ValidationError, match="日期还没有到"):
        validate_not_future(today + datetime.timedelta(1))
