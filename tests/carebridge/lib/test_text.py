"""Text in the form it is kept in: every row is what somebody typed, and what stands afterwards."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from carebridge.lib.fit_text import fit
from carebridge.lib.text import MOST_MARKS, name_key, normal_lines, normalize

ANY = st.text(st.characters(exclude_categories=()))
LINES = [
    # White space of any kind, and cells that were wrapped.
    ("试验\n养老院", "试验养老院"),
    ("试验\r\n  养老院", "试验养老院"),
    ("试验\x0b竖排院", "试验竖排院"),
    ("试验\u2028养老院", "试验养老院"),
    ("试验\x85养老院", "试验养老院"),
    ("Sunny\nHome", "Sunny Home"),
    ("试验\u3000全角空格院", "试验 全角空格院"),
    ("试验\xa0不断行院", "试验 不断行院"),
    ("\t试验\u2003\u2009院 ", "试验 院"),
    # What has no shape.
    ("试验\u200b零宽院", "试验零宽院"),
    ("\ufeff试验\u200d\u2060院", "试验院"),
    ("试验\u202e反向院\u202c", "试验反向院"),
    ("试验\u2066反向院\u2069\u200f\u061c", "试验反向院"),
    ("试验\xad\u034f\u3164\u115f院", "试验院"),
    ("葛\U000e0100家\ufe00院", "葛家院"),
    ("试验\U000e0041院", "试验院"),
    # What is no text.
    ("试验\x00\x01\x1f\x7f\x9f院", "试验院"),
    ("试验\ufffe\uffff\ufdd0\U0001fffe\U0010ffff院", "试验院"),
    ("试验\ud800\udfff院", "试验院"),
    # Compatibility forms.
    ("ＡＢＣ１２３院", "ABC123院"),
    ("⻓者之家", "长者之家"),
    ("⽼年公寓⻔诊", "老年公寓门诊"),
    ("⺠政⻦巢", "民政鸟巢"),
    ("金\uf90a利院", "金金利院"),
    ("\ufa19\ufa1a", "神祥"),
    ("第Ⅲ养老院①号楼", "第III养老院1号楼"),
    ("ｶﾞｰﾃﾞﾝ", "ガーデン"),
    ("e\u0301", "é"),
    # Brackets are of one kind, and Chinese punctuation stays Chinese.
    ("试验(括号)院", "试验（括号）院"),
    ("试验（括号）院", "试验（括号）院"),
    ("试验︵竖排︶院", "试验（竖排）院"),
    ("试验﹙小﹚院", "试验（小）院"),
    ("Home（North）", "Home(North)"),
    ("一路，二路；三路：四路", "一路，二路；三路：四路"),
    ("8:00～17:00", "8:00～17:00"),
    # What is meant stays.
    ("𠮷祥试验院", "𠮷祥试验院"),
    ("试验😀院", "试验😀院"),
    ("試驗繁體院", "試驗繁體院"),
    ("مركز رعاية", "مركز رعاية"),
    ("", ""),
    (" \u200b\n", ""),
]


@pytest.mark.parametrize(("typed", "kept"), LINES)
def test_one_line(typed, kept):
    assert normalize(typed) == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("第一行\r\n第二行\r第三行", "第一行\n第二行\n第三行"),
        ("第一段\n\n第二段\n", "第一段\n\n第二段"),
        ("面积 10² 平方米(约½)，①套", "面积 10² 平方米(约½)，①套"),
        ("第\x0b一\u200b行\u202e", "第\n一行"),
        ("ＡＢＣ⻓者，你好！", "ABC长者，你好！"),
    ],
)
def test_several_lines(typed, kept):
    assert normal_lines(typed) == kept


def test_marks_do_not_tower_over_a_letter():
    tower = "院" + "\u0335" * 50

    assert normalize(tower) == "院" + "\u0335" * MOST_MARKS
    assert normalize("é\u0323") == unicodedata.normalize("NFC", "é\u0323")


@given(ANY)
@example("\uff1b\u0338")
@example("\ufdfa")
@example("\u2f00\u0301\u0301\u0301")
def test_what_is_kept_is_kept_as_it_is(text):
    """Twice is once, whatever comes; and what comes out holds nothing that a file cannot."""
    for step in (normalize, normal_lines, name_key):
        once = step(text)
        assert step(once) == once
        assert fit(once) == once
        once.encode()


@given(ANY)
def test_no_line_has_a_line_end_or_padding(text):
    kept = normalize(text)

    assert kept == kept.strip()
    assert kept.splitlines() in ([], [kept])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("试验（括号）院", "试验(括号) 院"),
        ("试验（括号）院", "试验括号院"),
        ("試驗繁體院", "试验繁体院"),
        ("臺北養老院", "台北养老院"),
        ("试验\u3000院", "试验院"),
        ("颐和·养老院", "颐和•养老院"),
        ("“颐和”养老院。", "颐和养老院"),
        ("Sunny HOME", "sunny-home"),
        ("ＡＢＣ院", "abc院"),
        ("⻓者之家", "長者之家"),
        ("第Ⅱ院", "第ii院"),
    ],
)
def test_names_that_are_one(one, other):
    assert name_key(one) == name_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("试验院", "试验二院"),
        ("试验院", "试验😀院"),
        ("第1院", "第11院"),
        ("一路院", "二路院"),
        ("吉祥院", "𠮷祥院"),
    ],
)
def test_names_that_are_two(one, other):
    assert name_key(one) != name_key(other)


def test_a_file_of_xml_holds_what_is_kept_already():
    assert fit("院\x0b\x00\ufffe\uffff\ud800\t\n") == "院\t\n"
