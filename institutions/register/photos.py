"""Pictures as they come from a phone, made fit to be shown: small, upright, and telling nothing.

What a file is called and what it says it is count for nothing; what it holds decides.
"""

import io
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageOps

MOST_BYTES = 10 * 1024 * 1024
# Decoding takes about four bytes a pixel. The cameras of ordinary phones have 12 to 24 million.
MOST_PIXELS = 40_000_000
LONGEST_SIDE = 1600
QUALITY = 82
# What is read -> what is written: photographs stay JPEG, drawings and screens keep sharp edges.
WRITTEN = {"JPEG": "JPEG", "MPO": "JPEG", "PNG": "WEBP", "WEBP": "WEBP"}
SUFFIXES = {"JPEG": "jpg", "WEBP": "webp"}

NO_PICTURE = "这个文件打不开，或者不是照片。请上传 JPG、PNG 或 WebP 格式的照片。"
TOO_LARGE = f"照片文件太大了，最大 {MOST_BYTES // 1024 // 1024} MB。"
TOO_MANY_PIXELS = f"照片的像素太多了，最多 {MOST_PIXELS // 10_000:,} 万像素。请用手机默认的尺寸拍。"


def prepare_photo(upload: Any) -> SimpleUploadedFile:
    """The picture to keep under a name of our own; a ValidationError says why there is none."""
    if upload.size > MOST_BYTES:
        raise ValidationError(TOO_LARGE, code="too_large")
    content = upload.read()
    try:
        picture, kind = _open_picture(content)
    except ValidationError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError(TOO_MANY_PIXELS, code="too_many_pixels") from error
    except Exception as error:
        # Decoders of broken files raise nearly anything.
        raise ValidationError(NO_PICTURE, code="no_picture") from error
    return _encode_picture(picture, WRITTEN[kind])


def _open_picture(content: bytes) -> tuple[Image.Image, str]:
    """The picture upright and no longer than it is shown, and the format that it had."""
    Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")).verify()
    # Verifying leaves nothing to read.
    picture = Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP"))
    kind = str(picture.format)
    if picture.width * picture.height > MOST_PIXELS:
        raise ValidationError(TOO_MANY_PIXELS, code="too_many_pixels")
    # A JPEG is decoded at a fraction of its size where that is enough.
    picture.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    upright = ImageOps.exif_transpose(picture)
    has_alpha = "A" in upright.getbands() or "transparency" in upright.info
    plain = upright.convert("RGBA" if has_alpha else "RGB")
    plain.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    return plain, kind


def _encode_picture(picture: Image.Image, kind: str) -> SimpleUploadedFile:
    # Place, time and camera stand in EXIF, XMP and comments, and encoders copy some of them.
    picture.info.clear()
    if kind == "JPEG":
        picture = picture.convert("RGB")
    picture.save(content := io.BytesIO(), kind, quality=QUALITY)
    name = f"{uuid.uuid4().hex}.{SUFFIXES[kind]}"
    return SimpleUploadedFile(name, content.getvalue(), f"image/{kind.lower()}")


class PhotoField(forms.FileField):
    """A file to be uploaded that becomes a picture to be shown."""

    def to_python(self, data: Any) -> Any:
        upload = super().to_python(data)
        return None if upload is None else prepare_photo(upload)

    def widget_attrs(self, widget: Any) -> dict[str, Any]:
        """Return what the chooser of files on a phone offers."""
        return {**super().widget_attrs(widget), "accept": "image/jpeg,image/png,image/webp"}
