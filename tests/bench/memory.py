"""What one worker weighs after it has served every kind of page: `python -m tests.bench.memory`."""

import json
from pathlib import Path

import django

django.setup()

from institutions.models import Listing  # noqa: E402

from . import addresses  # noqa: E402
from .clock import ask  # noqa: E402
from .measure import load  # noqa: E402


def megabytes() -> float:
    """Of this process in memory, as the system counts it (Linux)."""
    status = Path("/proc/self/status").read_text()
    return next(int(row.split()[1]) for row in status.splitlines() if row[:5] == "VmRSS") / 1024


def main() -> None:
    load()
    for kind in addresses.pages():
        for number in range(3):
            ask(kind.address(number))
    for _, text in addresses.suggested():
        ask(f"{addresses.SUGGEST}?q={text(0)}")
    told = {"what": "memory", "rows": Listing.objects.count(), "megabytes": megabytes()}
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
