"""Shapes of codes and numbers that a register must get right."""

import datetime
import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.timezone import localdate

# GB 32100-2015: no I, O, S, V, Z; the value of a character is its place here.
CREDIT_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"

validate_phone = RegexValidator(
    r"^(?:"
    r"1[3-9][0-9]{9}"  # mobile
    r"|0[0-9]{2,3}-?[0-9]{7,8}(?:-[0-9]{1,6})?"  # area code, number, extension
    r"|0[0-9]{2,3}-?[0-9]{5}"  # area code and a service number: 0898-12349
    r"|[48]00-?[0-9]{3}-?[0-9]{4}(?:-[0-9]{1,6})?"  # 400 and 800 numbers, extension
    r"|1[0-9]{2}|1[0-9]{4}|9[0-9]{4,5}"  # 120, 12345, 95598
    r"|000-[0-9]{7,8}"  # demo numbers, which nobody can dial
    r")\Z",
    "电话的写法不对。例：010-12345678、13800000000、400-000-0000、12345。",
)


def credit_code_check_character(stem: str) -> str:
    """Return the 18th character that belongs to the first 17 (GB 32100-2015).

    Raises `ValueError` for a character outside the alphabet.
    """
    total = sum(
        CREDIT_CODE_ALPHABET.index(character) * pow(3, place, 31)
        for place, character in enumerate(stem)
    )
    return CREDIT_CODE_ALPHABET[(31 - total % 31) % 31]


def validate_credit_code(value: str) -> None:
    """A unified social credit code: 18 characters of the alphabet, the last one checks."""
    if not re.fullmatch(f"[{CREDIT_CODE_ALPHABET}]{{18}}", value):
        raise ValidationError("统一社会信用代码是 18 位数字或大写字母（没有 I、O、S、V、Z）。")
    if credit_code_check_character(value[:17]) != value[17]:
        raise ValidationError("统一社会信用代码的校验位不对，请核对有没有抄错。")


def validate_not_future(value: datetime.date) -> None:
    """A figure cannot be as of a day that has not come."""
    if value > localdate():
        raise ValidationError("日期还没有到，请核对年份。")
