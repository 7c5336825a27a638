"""How pages look to this reader: large print, colours and contrast, kept in cookies."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect


def display(request: HttpRequest) -> dict[str, object]:
    """Template context: the reader's choices."""
    return {"display": {}}


def set_display(request: HttpRequest) -> HttpResponse:
    """Keep the reader's choices in cookies and go back to the page they came from."""
    return HttpResponseRedirect("/")
