"""Datasette in a process and an environment of its own: one address a line in, its time out.

It is asked in process, without a socket. Time limits are lifted, or it would leave facets out.
"""

import asyncio
import json
import sys
import time

from datasette import __version__
from datasette.app import Datasette

PATIENT = {"sql_time_limit_ms": 60_000, "facet_time_limit_ms": 60_000, "suggest_facets": False}


async def main(path: str) -> None:
    site = Datasette([path], settings=PATIENT)
    await site.invoke_startup()
    say({"version": __version__})
    for line in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        answer = await site.client.get(line.strip())
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        body = answer.json()
        facets = len(body.get("facet_results") or {})
        rows = len(body.get("rows", []))
        total = body.get("filtered_table_rows_count")
        taken = {"wall": wall * 1_000, "cpu": cpu * 1_000}
        say(taken | {"total": total, "facets": facets, "rows": rows, "status": answer.status_code})


def say(told: dict[str, object]) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
