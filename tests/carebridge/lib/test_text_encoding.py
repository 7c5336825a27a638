import pytest

from carebridge.lib.text_encoding import EncodingError, decode_text

SIMPLIFIED = "名称,地区,床位数\r\n试验养老院,河北省廊坊市三河市,120\r\n开元敬老院,怀化市,9\r\n"
TRADITIONAL = "名稱,地區\r\n試驗養老院,北京市朝陽區\r\n"
# A region code leaves the name as the only text that is not ASCII.
ASCII_HEADS = "name,region\r\n{},131082\r\n"
WRONG = "编码不对：文件是繁体的 Big5"
GARBLED = "已经是乱码"


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "utf-32"],
)
@pytest.mark.parametrize(
    "text",
    [SIMPLIFIED, TRADITIONAL, ASCII_HEADS.format("甲院"), ASCII_HEADS.format("祺鑫")],
    ids=["simplified", "traditional", "ascii heads", "second level"],
)
def test_the_text_comes_back(text: str, encoding: str):
    assert decode_text(text.encode(encoding)) == text


def test_a_big_ended_file_may_have_its_mark():
    assert decode_text(b"\xfe\xff" + SIMPLIFIED.encode("utf-16-be")) == SIMPLIFIED


@pytest.mark.parametrize("text", ["name\r\nabc", "é,ü\r\n", "𠮷祥院", "ﬁ，（）①℃㎡·"])
def test_any_utf8_that_means_something_is_taken(text: str):
    assert decode_text(text.encode()) == text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (TRADITIONAL.encode("big5"), WRONG),
        (TRADITIONAL.encode("big5hkscs"), WRONG),
        (ASCII_HEADS.format("甲院").encode("big5"), WRONG),
        (ASCII_HEADS.format("仁愛之家").encode("big5"), WRONG),
        (ASCII_HEADS.format("老人院").encode("big5"), WRONG),
        (ASCII_HEADS.format("Café").encode("latin-1"), "编码看不懂"),
        (ASCII_HEADS.format("ケア").encode("shift_jis"), "编码看不懂"),
        (b"\xff\xfe\xff" * 9, "编码不对：文件是 UTF-16，但第 1 行"),
        (b"\xef\xbb\xbf" + SIMPLIFIED.encode("gbk"), "编码不对：文件是 UTF-8，但第 1 行"),
        (SIMPLIFIED.encode() + "三河".encode("gbk"), "文件是 UTF-8，但第 4 行不是"),
        (SIMPLIFIED.encode()[:-21], "文件是 UTF-8，但第 3 行不是"),
        (SIMPLIFIED.encode().decode("gb18030", "replace").encode(), GARBLED),
        ("三河".encode().decode("gb18030").encode(), GARBLED),
        (SIMPLIFIED.encode().decode("latin-1").encode(), GARBLED),
    ],
)
def test_a_wrong_encoding_is_named(content: bytes, reason: str):
    with pytest.raises(EncodingError, match=reason):
        decode_text(content)
