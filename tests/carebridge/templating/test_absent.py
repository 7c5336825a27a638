"""What is not there is blank at any depth, a wrong name is an error, and days are in words."""

import datetime
from decimal import Decimal

import pytest
from django.template import engines
from django.utils.html import format_html
from jinja2 import UndefinedError

from carebridge.lib.money import UNKNOWN


class Cost:
    ledger = None


def render(text: str, **values: object) -> str:
    return engines["jinja2"].from_string(text).render(values)


@pytest.mark.parametrize(
    "text",
    [
        "{{ nothing }}",
        "{{ nothing.at.all }}",
        "{{ cost.ledger.bill.fee }}",
        "{{ form.errors.name }}",
        "{% if cost.ledger.bill is not none %}x{% endif %}",
        "{% if nothing.at.all is not none %}x{% endif %}",
        "{% for line in cost.ledger.lines %}x{% endfor %}",
        "{% if 'a' in cost.ledger.names %}x{% endif %}",
    ],
)
def test_nothing_is_blank(text: str) -> None:
    assert render(text, cost=Cost(), form={"errors": {}}) == ""


@pytest.mark.parametrize("text", ["{{ cost.leger }}", "{% if cost.leger.bill %}{% endif %}"])
def test_an_attribute_that_an_object_lacks_is_an_error(text: str) -> None:
    with pytest.raises(UndefinedError, match="Cost has no 'leger'"):
        render(text, cost=Cost())


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (datetime.date(2026, 7, 17), "2026年7月17日"),
        (datetime.datetime(2026, 7, 17, 17, 30, tzinfo=datetime.UTC), "2026年7月18日 01:30"),
        (datetime.time(9, 5), "09:05"),
        (Decimal("39.981311"), "39.981311"),
        (1234567, "1234567"),
        (2.5, "2.5"),
        (True, "True"),
        (UNKNOWN, "未公布"),
        ('<b>"&', "&lt;b&gt;&#34;&amp;"),
        (format_html("<b>{}</b>", "&"), "<b>&amp;</b>"),
    ],
)
def test_a_value_is_written_as_django_writes_it(value: object, written: str) -> None:
    assert render("{{ value }}", value=value) == written
    if not isinstance(value, str):
        assert engines["django"].from_string("{{ value }}").render({"value": value}) == written


def test_a_method_is_not_written() -> None:
    with pytest.raises(TypeError, match="without being called"):
        render("{{ word.upper }}", word="x")
