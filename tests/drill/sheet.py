"""A sheet of new homes to import, all invented and saying so."""

from carebridge.lib.sheet_files import csv_lines

HEADS = ["名称", "地区", "地址", "床位数"]
PLACES = (
    "北京市朝阳区",
    "河北省廊坊市三河市",
    "重庆市渝中区",
    "河南省焦作市山阳区",
    "天津市和平区",
)


def rows(number: int) -> bytes:
    """CSV with heads and `number` rows that no check refuses."""
    lines = (
        [f"演习示例养老院{n}", PLACES[n % len(PLACES)], f"演习路{n}号", str(20 + n % 300)]
        for n in range(number)
    )
    return "".join(csv_lines([HEADS, *lines])).encode()
