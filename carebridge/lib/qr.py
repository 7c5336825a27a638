"""QR codes as plain data that a template draws: no image file, nothing from elsewhere."""

from dataclasses import dataclass
from itertools import groupby

import qrcode

# Modules of white that a phone needs around the code (ISO/IEC 18004).
QUIET = 4


@dataclass(frozen=True)
class QrCode:
    """The dark modules as the path of an SVG whose unit is one module."""

    size: int
    path: str

    @property
    def view_box(self) -> str:
        return f"{-QUIET} {-QUIET} {self.size + 2 * QUIET} {self.size + 2 * QUIET}"


def qr_code(text: str) -> QrCode:
    """Return the code of an address; level M still reads with a seventh of it dirty."""
    code = qrcode.QRCode(border=0, error_correction=qrcode.ERROR_CORRECT_M)
    code.add_data(text)
    matrix = code.get_matrix()
    return QrCode(len(matrix), "".join(_draw_row(y, row) for y, row in enumerate(matrix)))


def _draw_row(y: int, row: list[bool]) -> str:
    """Return one bar for each run of dark modules."""
    bars, x = [], 0
    for dark, run in groupby(row):
        length = len(list(run))
        if dark:
            bars.append(f"M{x} {y}h{length}v1h-{length}z")
        x += length
    return "".join(bars)
