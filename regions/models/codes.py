"""The lists of codes that conditions are made of, and the column that holds a set of them."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models


class Scale(models.TextChoices):
    """Scales of ability; levels of different scales never mean the same."""

    NATIONAL = "gbt42195", "国家能力评估（GB/T 42195，0—4 级）"
    BEIJING = "beijing", "北京市老年人能力综合评估（3 为重度失能）"
    LTCI = "ltci", "长期护理保险评估（2 中度，3—5 为重度Ⅰ—Ⅲ级）"
    TIANJIN_CARE = "tianjin_care", "天津照料等级（1 轻度、2 中度、3 重度）"
    CONTRACT = "contract", "机构护理等级（0 自理、1 介助、2 介护）"


# Plain words for the levels of GB/T 42195; pages show them first and the official term in brackets.
ABILITY_WORDS = {
    0: "生活能自理",
    1: "大多能自理，有些事要人搭把手",
    2: "需要人帮吃饭走路",
    3: "大部分事要人照顾",
    4: "完全靠人照顾",
}
# The levels of each scale that a finding may state, in the words of that scale.
LEVEL_NAMES: dict[Scale, dict[int, str]] = {
    Scale.NATIONAL: {
        0: "能力完好",
        1: "轻度失能",
        2: "中度失能",
        3: "重度失能",
        4: "完全失能",
    },
    Scale.BEIJING: {0: "能力完好", 1: "轻度失能", 2: "中度失能", 3: "重度失能"},
    Scale.LTCI: {
        0: "基本正常",
        1: "轻度失能",
        2: "中度失能",
        3: "重度失能Ⅰ级",
        4: "重度失能Ⅱ级",
        5: "重度失能Ⅲ级",
    },
    Scale.TIANJIN_CARE: {1: "轻度", 2: "中度", 3: "重度"},
    Scale.CONTRACT: {0: "自理", 1: "介助", 2: "介护"},
}


class Status(models.TextChoices):
    """Recognised statuses of an elder, benefits already received included."""

    SUBSISTENCE = "subsistence", "享受低保"
    LOW_INCOME = "low_income", "低收入家庭"
    EXTREME_HARDSHIP = "extreme_hardship", "特困人员"
    SUPPORT_IN_INSTITUTION = "support_in_institution", "特困人员：集中供养"
    SUPPORT_SCATTERED = "support_scattered", "特困人员：分散供养"
    BELOW_SUBSISTENCE = "below_subsistence", "有稳定收入但低于低保标准"
    CHILD_DISABLED = "child_disabled", "计划生育特殊家庭（独生子女伤残）"
    CHILD_DECEASED = "child_deceased", "计划生育特殊家庭（独生子女死亡）"
    BASIC_SERVICE = "basic_service", "基本养老服务对象"
    RURAL = "rural", "农村户籍"
    PREFERENTIAL = "preferential", "优抚对象"
    CHILDLESS = "childless", "没有子女"
    BEDRIDDEN = "bedridden", "因病瘫痪卧床 6 个月以上"
    RESIDENCE_PERMIT = "residence_permit", "有北京居住证或居住登记卡"
    WORK_INJURY_CARE = "work_injury_care", "正在领工伤生活护理费"
    BRAVERY_CARE = "bravery_care", "正在领见义勇为致残护理补贴"
    RETURNED_YOUTH_CARE = "returned_youth_care", "正在领因公致残返城知青护理费"
    HARDSHIP_IN_HOME = "hardship_in_home", "正在领困境家庭入住机构补贴"
    CUSTODY_SUBSIDY = "custody_subsidy", "正在领残疾人托养补贴"
    CONCENTRATED_CARE = "concentrated_care", "正在享受经济困难失能老人集中照护补助"
    HOME_UPGRADE_PROJECT = "home_upgrade_project", "正在享受居家和社区养老服务提升行动项目"
    RETIRED_CADRE = "retired_cadre", "离休"
    DUTY_DISABLED = "duty_disabled", "因公致残"


class DisabilityKind(models.TextChoices):
    SIGHT = "sight", "视力"
    HEARING = "hearing", "听力"
    SPEECH = "speech", "言语"
    LIMB = "limb", "肢体"
    INTELLECT = "intellect", "智力"
    MENTAL = "mental", "精神"


class Setting(models.TextChoices):
    """Places of care."""

    INSTITUTION = "institution", "住养老机构"
    HOME_CARE = "home_care", "居家，专业人员上门"
    FAMILY_CARE = "family_care", "居家，家人照护并有专业人员上门"
    COMBINED_HOME = "combined_home", "居家，机构服务加个人护理"
    DAY_CARE = "day_care", "日间托养，晚上回家"
    SHORT_STAY = "short_stay", "短期入住（30 天以内，喘息服务）"


class Scheme(models.TextChoices):
    EMPLOYEE = "employee", "职工医保（含退休）"
    RESIDENT = "resident", "居民医保"


class CodesFormField(forms.MultipleChoiceField):
    """Ticks for the codes of a `CodesField`."""

    widget = forms.CheckboxSelectMultiple

    def prepare_value(self, value: Any) -> Any:
        return value.split() if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        return " ".join(sorted(super().clean(value)))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class CodesField(models.CharField):  # type: ignore[type-arg]
    """A set of codes of one list, kept sorted and parted by spaces; empty: no condition."""

    def __init__(
        self, *args: Any, codes: type[models.TextChoices] | None = None, **kwargs: Any
    ) -> None:
        self.codes = codes
        super().__init__(*args, **{"max_length": 200, "blank": True, **kwargs})

    def clean(self, value: Any, model_instance: models.Model | None) -> str:
        found = set(str(value or "").split())
        if wrong := sorted(found - set(self.codes.values if self.codes else [])):
            raise ValidationError(f"没有这些代码：{'，'.join(wrong)}。")
        return " ".join(sorted(found))

    def formfield(self, **kwargs: Any) -> forms.Field:  # type: ignore[override]
        choices = self.codes.choices if self.codes else []
        return CodesFormField(choices=choices, required=False, label=self.verbose_name)
