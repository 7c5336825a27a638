"""The steps between the stages of what families see, alike for homes, documents and facts."""

from dataclasses import dataclass

from regions.models import Stage


class DecidedError(Exception):
    """Somebody else has decided this already."""


class UnreadError(Exception):
    """The row was changed since the page was opened from which somebody takes the step."""


@dataclass(frozen=True)
class Move:
    """One step between stages, and the permission it takes."""

    label: str
    origin: str
    target: str
    permission: str


MOVES = {
    "submit": Move("送审", Stage.DRAFT, Stage.REVIEW, "change"),
    "send_back": Move("退回草稿", Stage.REVIEW, Stage.DRAFT, "publish"),
    "publish": Move("发布", Stage.REVIEW, Stage.PUBLISHED, "publish"),
    "withdraw": Move("撤下", Stage.PUBLISHED, Stage.DRAFT, "publish"),
}
