"""The second factor of staff: a phone that shows codes by time, and codes on paper for its loss."""

import base64
import unicodedata
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

PHONE, PAPER = "手机", "备用码"
# How many codes stand on the paper.
CODES = 10


def has_phone(user: Any) -> bool:
    """Return whether the person finished setting up a phone."""
    return TOTPDevice.objects.filter(user=user, confirmed=True).exists()


def pending_device(user: Any) -> TOTPDevice | None:
    """Return the phone whose first code is still to come."""
    return TOTPDevice.objects.filter(user=user, confirmed=False).first()


def begin_setup(user: Any) -> TOTPDevice:
    """Create a key to be shown to a phone; the phone in use stays until that is done."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user, confirmed=False).delete()
        device: TOTPDevice = TOTPDevice.objects.create(user=user, name=PHONE, confirmed=False)
    return device


def finish_setup(user: Any, typed: str) -> TOTPDevice | None:
    """Confirm the pending phone if it shows the right code, and remove all others."""
    with transaction.atomic():
        rows = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=False)
        device: TOTPDevice | None = rows.first()
        if device is None or not device.verify_token(cleaned(typed)):
            return None
        TOTPDevice.objects.filter(user=user, confirmed=True).delete()
        device.confirmed = True
        device.save()
    return device


def new_codes(user: Any) -> list[str]:
    """Ten codes to write down, each good once; the former ones no longer are."""
    codes = [StaticToken.random_token() for _ in range(CODES)]
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        paper = StaticDevice.objects.create(user=user, name=PAPER)
        StaticToken.objects.bulk_create(StaticToken(device=paper, token=code) for code in codes)
    return codes


def codes_left(user: Any) -> int:
    """Return the number of unused codes on paper."""
    return int(StaticToken.objects.filter(device__user=user).count())


def check(user: Any, typed: str) -> Any:
    """Return the device that accepts what was typed, a phone's code or one on paper; else None.

    A device that was wrong waits one second, then two, four and so on, so only the device that the
    code looks like is asked.
    """
    code = cleaned(typed)
    model = TOTPDevice if code.isdecimal() and len(code) == 6 else StaticDevice
    with transaction.atomic():
        rows = model.objects.select_for_update().filter(user=user, confirmed=True)
        return next((device for device in rows if device.verify_token(code)), None)


def cleaned(typed: str) -> str:
    """As people type and paste codes: full width, capitals, spaces and hyphens between."""
    plain = unicodedata.normalize("NFKC", typed).lower()
    return "".join(character for character in plain if character.isalnum())


def key_in_groups(device: TOTPDevice) -> str:
    """Return the key for a phone without a camera: JBSW Y3DP ..."""
    key = base64.b32encode(device.bin_key).decode()
    return " ".join(key[at : at + 4] for at in range(0, len(key), 4))


def reset_devices(user: Any) -> None:
    """Remove devices and locks, for a lost phone or a forgotten password."""
    with transaction.atomic():
        for model in (TOTPDevice, StaticDevice):
            model.objects.filter(user=user).delete()
        AxesProxyHandler.reset_attempts(username=user.get_username())
