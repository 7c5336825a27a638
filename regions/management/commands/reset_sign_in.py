"""Lets a member of staff in again whose phone is lost or whose account is locked."""

import secrets
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from regions.staff import devices


class Command(BaseCommand):
    help = "解除一个账号的登录锁定，移除它的两步验证；可以同时换密码。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="用户名")
        parser.add_argument(
            "--generate-password", action="store_true", help="另外生成新密码并显示一次"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        user = get_user_model().objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"没有“{options['username']}”这个账号。")
        devices.reset_devices(user)
        self.stdout.write(f"{user} 的锁定已解除，两步验证已移除，下次登录后重新设置。")
        if options["generate_password"]:
            password = secrets.token_urlsafe(12)
            user.set_password(password)
            user.save(update_fields=["password"])
            self.stdout.write(f"密码（只显示这一次）：{password}")
