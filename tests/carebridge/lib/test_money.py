"""Money in words: one module writes it, whatever page, file or list it stands on."""

import re
from pathlib import Path

import pytest

from carebridge.lib.money import exact_yuan, plain_yuan, whole_yuan, yuan_number

ROOT = Path(__file__).resolve().parents[3]
HUNDREDTH = re.compile(r"//? ?100\b|% ?100\b|//? ?FEN\b|\bFEN *=")
# Hundredths that are shares, not fen.
PERCENT = {
    "regions/engine/bills.py",
    "regions/engine/conditions.py",
    "institutions/costs/estimator.py",
    "institutions/management/commands/import_institutions.py",
}
# Numbers that a cell of a sheet or a sentence of law is compared with.
COMPARED = {
    "institutions/sheets/columns.py",
    "institutions/sheets/plausibility.py",
    "regions/law/citing.py",
}


@pytest.mark.parametrize(
    ("fen", "whole", "exact", "plain", "number"),
    [
        (0, "0", "0", "0", 0),
        (49, "0", "0.49", "0.49", 0.49),
        (55_50, "56", "55.50", "55.50", 55.5),
        (2_300_00, "2,300", "2,300", "2300", 2300),
        (1_234_567_05, "1,234,567", "1,234,567.05", "1234567.05", 1234567.05),
    ],
)
def test_one_amount_on_a_card_in_a_list_in_a_form_and_in_a_file(fen, whole, exact, plain, number):
    assert (whole_yuan(fen), exact_yuan(fen)) == (whole, exact)
    assert (plain_yuan(fen), yuan_number(fen)) == (plain, number)


def test_what_is_not_known_is_not_nought():
    assert (whole_yuan(None), yuan_number(None)) == ("未公布", None)


def test_no_other_module_makes_yuan_of_fen():
    packages = ("carebridge", "regions", "institutions")
    files = [path for name in packages for path in (ROOT / name).rglob("*.py")]
    found = {
        str(path.relative_to(ROOT))
        for path in files
        if "migrations" not in path.parts and HUNDREDTH.search(path.read_text())
    }
    assert found == {"carebridge/lib/money.py", *PERCENT, *COMPARED}
