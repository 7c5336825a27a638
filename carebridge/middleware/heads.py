"""HEAD is answered as GET is, without the body."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse


def omit_bodies(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: a server would read and compress a whole file, only to throw it away."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.method == "HEAD":
            if isinstance(response, StreamingHttpResponse):
                response.streaming_content = []
            else:
                response.content = b""
        return response

    return middleware
