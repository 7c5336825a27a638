"""Pictures that staff upload: what is kept of them, and what is refused."""

import io
import os
import re
import struct
import zlib
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client
from PIL import Image

from institutions.models import Institution, PendingChange, Photo
from institutions.register import photos as photographs
from institutions.register.listings import delete_homes
from institutions.register.photos import prepare_photo
from tests.factories import make_institution
from tests.institutions.admin.test_admin import added, change_page, row_of, typed
from tests.institutions.register.test_workflow import press, signed_in

GPS = 0x8825
ORIENTATION = 0x0112
MAKER = 0x010F


def picture(
    kind: str = "JPEG", size: tuple[int, int] = (40, 30), mode: str = "RGB", **options: Any
) -> bytes:
    Image.new(mode, size, 200).save(content := io.BytesIO(), kind, **options)
    return content.getvalue()


def upload(content: bytes, name: str = "IMG_0001.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/jpeg")


def told_by_a_phone() -> bytes:
    """A JPEG lying on its side, with the place in EXIF and XMP and a comment."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "MakerOfPhones"
    exif[GPS] = {1: "N", 2: (39.0, 54.0, 27.0), 3: "E", 4: (116.0, 23.0, 17.0)}
    xmp = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>GPSLatitude 39,54N</x:xmpmeta>"
    return picture(size=(2000, 1000), exif=exif, xmp=xmp, comment=b"room 302", dpi=(72, 72))


def bomb() -> bytes:
    """A PNG of 130 bytes that says it is 60,000 pixels wide and as high."""

    def chunk(name: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + check

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 100)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def test_nothing_is_told_of_place_time_or_camera():
    sent = told_by_a_phone()
    assert all(word in sent for word in (b"MakerOfPhones", b"GPSLatitude", b"room 302"))

    kept = prepare_photo(upload(sent)).read()

    seen = Image.open(io.BytesIO(kept))
    assert not seen.getexif()
    assert not {"exif", "xmp", "comment", "icc_profile"} & seen.info.keys()
    assert not re.search(b"MakerOfPhones|GPS|room 302|xmpmeta", kept)
    # Upright, as the phone was held, and small.
    assert (seen.format, seen.size) == ("JPEG", (800, 1600))


@pytest.mark.parametrize(
    ("content", "kind", "mode"),
    [
        (picture("PNG"), "WEBP", "RGB"),
        (picture("PNG", mode="RGBA"), "WEBP", "RGBA"),
        (picture("PNG", mode="L", transparency=200), "WEBP", "RGBA"),
        (picture("PNG", mode="1"), "WEBP", "RGB"),
        (picture("WEBP"), "WEBP", "RGB"),
        (picture("JPEG", mode="L"), "JPEG", "RGB"),
        (picture("JPEG", mode="CMYK"), "JPEG", "RGB"),
        (picture("MPO", save_all=True, append_images=[Image.new("RGB", (40, 30))]), "JPEG", "RGB"),
    ],
)
def test_what_a_file_holds_decides_what_it_becomes(content: bytes, kind: str, mode: str):
    kept = prepare_photo(upload(content, "../../从前.jpg"))

    seen = Image.open(kept)
    assert (seen.format, seen.mode, seen.size) == (kind, mode, (40, 30))
    suffix = {"JPEG": "jpg", "WEBP": "webp"}[kind]
    assert re.fullmatch(rf"[0-9a-f]{{32}}\.{suffix}", kept.name)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html><script>alert(1)</script></html>", "不是照片"),
        (b"GIF89a" + b"\0" * 50, "不是照片"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "不是照片"),
        (picture("GIF"), "不是照片"),
        (picture("TIFF"), "不是照片"),
        (picture()[:400], "打不开"),
        (picture("PNG", size=(300, 300))[:-30], "打不开"),
        (bomb(), "像素太多"),
        (picture("PNG", size=(8000, 5001), mode="1"), "最多 4,000 万像素"),
        (b"\xff\xd8\xff" + b"\0" * 100, "打不开"),
        (b"\0" * (10 * 1024 * 1024 + 1), "最大 10 MB"),
    ],
)
def test_what_is_no_picture_to_show_is_refused(content: bytes, said: str):
    with pytest.raises(ValidationError, match=said):
        prepare_photo(upload(content))


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(photographs.ImageOps, "exif_transpose", pytest.fail)
    with pytest.raises(ValidationError, match="像素太多"):
        prepare_photo(upload(bomb()))


# In the admin


@pytest.fixture
def media(settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def send(client: Client, home: Institution, content: bytes, alt: str = "南门") -> Any:
    data = typed(client, change_page(home))
    added(data, "photos", image=upload(content, "x.html"), alt=alt, position=0)
    return client.post(change_page(home), data)


@pytest.mark.django_db
def test_a_reviewer_adds_a_picture(media: Path):
    home = make_institution(stage="draft")

    assert send(signed_in("reviewer", "laoli"), home, told_by_a_phone()).status_code == 302

    photo = Photo.objects.get()
    assert re.fullmatch(r"photos/2026/11/[0-9a-f]{32}\.jpg", photo.image.name)
    assert b"GPS" not in (media / photo.image.name).read_bytes()
    assert (photo.alt, photo.institution) == ("南门", home)


@pytest.mark.django_db
def test_a_clerk_s_picture_of_a_published_home_waits_for_the_reviewer(media: Path):
    home = make_institution()
    send(signed_in("clerk", "xiaowang"), home, told_by_a_phone())
    assert not Photo.objects.exists()

    waiting = PendingChange.objects.get()
    reviewer = signed_in("reviewer", "laoli")
    press(reviewer, "pending_approve", waiting.pk)

    photo = Photo.objects.get()
    assert (media / photo.image.name).is_file()
    page = Client().get(home.get_absolute_url()).content.decode()
    assert f'<img src="/media/{photo.image.name}" alt="南门"' in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "alt", "said"),
    [
        (b"<html>", "南门", "不是照片"),
        (bomb(), "南门", "像素太多"),
        (picture(), "", "这个字段是必填项"),
        (picture(), "  ", "这个字段是必填项"),
        (b"", "南门", "空"),
    ],
)
def test_what_is_wrong_with_a_picture_is_said_beside_it(media: Path, content, alt, said):
    home = make_institution(stage="draft")
    answer = send(signed_in("reviewer", "laoli"), home, content, alt)
    assert answer.status_code == 200
    assert said in str(answer.context["inline_admin_formsets"][10].formset.errors)
    assert not Photo.objects.exists()
    assert not list(media.rglob("*.*"))


# Files that nobody needs any more


@pytest.fixture
def at_once(django_capture_on_commit_callbacks) -> Any:
    """Do what waits for a commit, which no test makes."""
    return partial(django_capture_on_commit_callbacks, execute=True)


def files(media: Path) -> int:
    return len(list(media.rglob("*.jpg")))


@pytest.mark.django_db
def test_a_photo_that_is_turned_away_leaves_no_file(media: Path, at_once):
    send(signed_in("clerk", "xiaowang"), make_institution(), told_by_a_phone())
    waiting, reviewer = PendingChange.objects.get(), signed_in("reviewer", "laoli")
    assert files(media) == 1

    with at_once():
        press(reviewer, "pending_reject", waiting.pk, reason="看得见老人的脸")

    assert files(media) == 0


@pytest.mark.django_db
def test_a_deleted_photo_leaves_no_file_and_does_not_come_back(media: Path, at_once):
    home, reviewer = make_institution(stage="draft"), signed_in("reviewer", "laoli")
    for name in "甲乙":
        send(reviewer, home, told_by_a_phone(), name)
    kept = Photo.objects.get(alt="乙")
    data = typed(reviewer, change_page(home))

    with at_once():
        reviewer.post(
            change_page(home), data | {f"{row_of(data, 'photos', alt='甲')}-DELETE": "on"}
        )

    assert files(media) == 1
    assert (media / kept.image.name).is_file()
    home.refresh_from_db()
    press(reviewer, "home_back", home.pk, home.version - 1)
    assert list(home.photos.all()) == [kept]


@pytest.mark.django_db
def test_the_photos_of_a_home_go_with_it(media: Path, at_once):
    home = make_institution()
    send(signed_in("reviewer", "laoli"), home, told_by_a_phone())
    send(signed_in("clerk", "xiaowang"), home, told_by_a_phone(), "等审核的")
    other = make_institution(stage="draft")
    send(signed_in("reviewer", "laowu"), other, told_by_a_phone())
    assert files(media) == 3

    with at_once():
        delete_homes(Institution.objects.filter(pk=home.pk))

    assert [path.name for path in media.rglob("*.jpg")] == [
        Path(other.photos.get().image.name).name
    ]


@pytest.mark.django_db
def test_what_a_broken_save_left_is_swept_and_nothing_else(media: Path, capsys):
    send(signed_in("reviewer", "laoli"), make_institution(), told_by_a_phone())
    send(signed_in("clerk", "xiaowang"), make_institution(), told_by_a_phone())
    folder = next(media.rglob("*.jpg")).parent
    for path in [folder / "old.jpg", *media.rglob("*.jpg")]:
        path.touch()
        os.utime(path, (0, 0))
    (folder / "new.jpg").touch()

    call_command("purge_photos")
    call_command("purge_photos")

    assert capsys.readouterr().out == "已删除 1 个照片文件。\n没有多余的照片文件。\n"
    assert files(media) == 3
