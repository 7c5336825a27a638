"""Photos: made fit to be shown when they come in, and their files deleted when nobody needs them.

What comes from a phone is kept small, upright, and without metadata about its maker; only what
a file holds decides, not its name. A photo may show a person, so the file of one that was taken
down or turned away does not stay on the server.
"""

import datetime
import io
import uuid
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models, transaction
from PIL import Image, ImageOps

from institutions.models import Institution, PendingChange, Photo
from institutions.register.record import Change, Record

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
    """Return the picture to keep under a name of our own; raise ValidationError with the reason if
    unfit.
    """
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
    """Return the picture upright and no longer than it is shown, and the format that it had."""
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


FOLDER = "photos"


def removed_files(changes: Iterable[Change]) -> set[str]:
    """Return the files of photos that these changes take away; an exchanged one is of another
    row.
    """
    return {
        change.old["image"] for change in changes if _is_photo(change.path) and change.new is None
    }


def requested_files(pending: PendingChange) -> set[str]:
    """Return the files of photos that this change would bring."""
    return {
        change["new"]["image"]
        for change in pending.changes
        if _is_photo(change["path"]) and change["new"]
    }


def _is_photo(path: str) -> bool:
    return path.startswith(f"{FOLDER}/")


def files_of(homes: models.QuerySet[Institution]) -> set[str]:
    """Return the files of all photos that these homes show, or were asked to show."""
    found = set(Photo.objects.filter(institution__in=homes).values_list("image", flat=True))
    return found.union(*map(requested_files, PendingChange.objects.filter(institution__in=homes)))


def delete_unused(files: Iterable[str]) -> None:
    """Delete those of the files that nothing needs, once what is being written is written."""
    if names := set(files):
        transaction.on_commit(lambda: _delete_files(names), robust=True)


def _delete_files(names: set[str]) -> None:
    for name in names - _used_files():
        default_storage.delete(name)


def _used_files() -> set[str]:
    """Return the files of every photo that is shown or waits to be."""
    found = set(Photo.objects.values_list("image", flat=True))
    return found.union(*map(requested_files, PendingChange.objects.waiting()))


def drop_lost_photos(record: Record, before: Record) -> Record:
    """Return the record without photos that it would bring back though their files are deleted."""
    held = {row["image"] for row in before["photos"]}
    kept = [
        row
        for row in record["photos"]
        if row["image"] in held or default_storage.exists(row["image"])
    ]
    return record | {"photos": kept}


def find_strays(until: datetime.datetime) -> set[str]:
    """Files written before then that no photo and no waiting change names."""
    old = {name for name in _walk_files(FOLDER) if default_storage.get_modified_time(name) < until}
    return old - _used_files()


def _walk_files(folder: str) -> Iterator[str]:
    if not default_storage.exists(folder):
        return
    folders, files = default_storage.listdir(folder)
    yield from (f"{folder}/{name}" for name in files)
    for name in folders:
        yield from _walk_files(f"{folder}/{name}")
