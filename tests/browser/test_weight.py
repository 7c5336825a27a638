"""What the first view costs a family on a slow line."""

from .conftest import PHONE, OpenPage

MOST_BYTES = 120 * 1024


def test_the_first_view_of_results_is_light(open_page: OpenPage):
    """Everything the browser took over the wire, headers included, with an empty cache."""
    page = open_page("about:blank", viewport=PHONE)
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    names: dict[str, str] = {}
    sizes: dict[str, float] = {}
    client.on(
        "Network.responseReceived", lambda e: names.update({e["requestId"]: e["response"]["url"]})
    )
    client.on(
        "Network.loadingFinished",
        lambda e: sizes.update({names[e["requestId"]]: e["encodedDataLength"]}),
    )
    page.goto("/institutions/", wait_until="networkidle")
    kinds = {name.rpartition(".")[2].partition("?")[0] for name in sizes}
    assert {"css", "js"} <= kinds, sizes
    assert sum(sizes.values()) <= MOST_BYTES, sizes
