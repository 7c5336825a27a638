"""Content of `/data/`: the files, their columns, the snapshots kept, the number of homes."""

import datetime
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.urls import reverse

from institutions.models import Listing
from institutions.open_data.files import FORMATS
from institutions.open_data.snapshots import Snapshot, list_snapshots
from institutions.open_data.tables import (
    ATTRIBUTION,
    FIGURES,
    LICENCE,
    LICENCE_URL,
    TABLE,
    FigureColumn,
    TableColumn,
)

# What is in each kind of file, in plain words; then who it is for.
WORDS = {
    "csv": ("机构表（CSV）", "一家机构一行，用 Excel、WPS 打开就能看。"),
    "figures.csv": ("数字和来源（CSV）", "一个数字一行，每行写着出自哪份文件、截至哪天。"),
    "jsonl": ("完整记录（JSON Lines）", "一家机构一行，床位、收费、评级、来源都在里面，给程序读。"),
    "geojson": ("地图（GeoJSON）", "和机构表内容一样，带位置（WGS-84），给地图软件读。"),
}


@dataclass(frozen=True)
class FileLine:
    name: str
    title: str
    words: str
    url: str


@dataclass(frozen=True)
class OpenPage:
    on: datetime.date
    real: int
    demo: int
    files: list[FileLine]
    table: tuple[TableColumn, ...]
    figures: tuple[FigureColumn, ...]
    snapshots: list[Snapshot]
    at_once: int
    licence: str
    licence_url: str
    attribution: str
    dataset: dict[str, Any]


def open_page(on: datetime.date, site: str) -> OpenPage:
    counts = Listing.objects.aggregate(
        real=Count("pk", filter=Q(is_demo=False)), demo=Count("pk", filter=Q(is_demo=True))
    )
    files = [
        FileLine(f"institutions.{name}", *WORDS[name], reverse(f"institutions_{name}"))
        for name in FORMATS
    ]
    return OpenPage(
        on=on,
        files=files,
        table=TABLE,
        figures=FIGURES,
        snapshots=list_snapshots(settings.SNAPSHOT_DIR),
        at_once=settings.DOWNLOADS_AT_ONCE,
        licence=LICENCE,
        licence_url=LICENCE_URL,
        attribution=f"{ATTRIBUTION}，{on}",
        dataset=_dataset(files, site),
        **counts,
    )


def _dataset(files: list[FileLine], site: str) -> dict[str, Any]:
    """Return the register as a schema.org data set for search engines; real homes only."""
    return {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": "养老机构名录",
        "description": "各地养老机构的床位、收费、医疗和医保、等级，每个数字都有来源和日期。",
        "url": f"{site}{reverse('open_data')}",
        "license": LICENCE_URL,
        "isAccessibleForFree": True,
        "inLanguage": "zh-CN",
        "creator": {"@type": "Organization", "name": settings.ORGANISATION or "颐桥 CareBridge"},
        "distribution": [
            {
                "@type": "DataDownload",
                "name": file.title,
                "encodingFormat": FORMATS[file.name.partition(".")[2]].media_type.split(";")[0],
                "contentUrl": f"{site}{file.url}?real=1",
            }
            for file in files
        ],
    }
