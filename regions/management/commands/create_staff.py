"""Makes a staff account: a user who may sign in to the back office, and their post.

Asks for values missing from the options. A password is typed or generated, never preset.
"""

import getpass
import secrets
import sys
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from regions.models import Region, StaffMember
from regions.models.region import NATION

Role = StaffMember.Role


class Command(BaseCommand):
    help = "建立一个工作人员账号。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--username", help="用户名")
        parser.add_argument("--role", choices=Role.values, help="角色")
        parser.add_argument("--region", help="管辖地区：6 位代码或名称，如 河北·廊坊")
        parser.add_argument(
            "--generate-password", action="store_true", help="生成密码并显示一次，不询问"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        username = options["username"] or self.ask_for("用户名：")
        role = options["role"] or self.ask_for(f"角色（{self.role_names()}）：")
        place = options["region"] or (
            NATION if role == Role.NATIONAL else self.ask_for("管辖地区：")
        )
        user = get_user_model()(username=username, is_staff=True)
        member = StaffMember(user=user, role=role, region=region_of(place))
        refuse_faults(user, exclude={"password"})
        refuse_faults(member, exclude={"user"})
        password = "" if options["generate_password"] else self.ask_password(user)
        self.save(user, member, password or secrets.token_urlsafe(12), shown=not password)

    def save(self, user: Any, member: StaffMember, password: str, shown: bool) -> None:
        user.set_password(password)
        with transaction.atomic():
            user.save()
            member.user = user
            member.save()
        self.stdout.write(f"已建立账号 {member}。请到 /admin/ 登录。")
        if shown:
            self.stdout.write(f"密码（只显示这一次）：{password}")

    def role_names(self) -> str:
        return "，".join(f"{value} {label}" for value, label in Role.choices)

    def ask_for(self, question: str) -> str:
        require_terminal()
        answer = input(question).strip()
        if not answer:
            raise CommandError(f"没有回答“{question.rstrip('：')}”，没有建立账号。")
        return answer

    def ask_password(self, user: Any) -> str:
        """Return the typed password, or an empty string to have one generated."""
        require_terminal()
        while password := getpass.getpass("密码（留空则自动生成）："):
            try:
                validate_password(password, user)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))
                continue
            if getpass.getpass("再输一次密码：") == password:
                return password
            self.stderr.write("两次输入的密码不一样。")
        return ""


def require_terminal() -> None:
    if not sys.stdin.isatty():
        raise CommandError(
            "这里不能提问。请写全 --username、--role、--region，并加上 --generate-password。"
        )


def region_of(text: str) -> Region:
    try:
        return Region.objects.resolve(text)
    except (Region.DoesNotExist, Region.MultipleObjectsReturned) as error:
        raise CommandError(f"{error}。可以用 6 位代码或写全名称，如 河北·廊坊。") from error


def refuse_faults(row: Any, exclude: set[str]) -> None:
    """Turn what the model has against the row into the command's error."""
    try:
        row.full_clean(exclude=exclude)
    except ValidationError as error:
        raise CommandError("\n".join(error.messages)) from error
