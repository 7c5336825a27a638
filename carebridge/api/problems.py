"""Errors of requests to the API as problem details (RFC 9457) in Chinese."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions
from rest_framework.response import Response

CONTENT_TYPE = "application/problem+json"
# By status: what it is called, and what to do.
WORDS = {
    HTTPStatus.BAD_REQUEST: ("参数有误", "这个地址读不懂。请照 /api/ 的说明改。"),
    HTTPStatus.NOT_FOUND: ("没有找到", "没有这个地址，或者它已经不再公开。"),
    HTTPStatus.METHOD_NOT_ALLOWED: ("只能读取", "这个接口只能用 GET、HEAD 读取。"),
    HTTPStatus.NOT_ACCEPTABLE: ("只有 JSON", "请让 Accept 包含 application/json。"),
    HTTPStatus.TOO_MANY_REQUESTS: ("问得太快", "请等 Retry-After 写明的秒数再试。"),
    # Used by `carebridge.databases.outages`, whatever address is asked for.
    HTTPStatus.SERVICE_UNAVAILABLE: ("暂时查不了", "请等 Retry-After 写明的秒数再试。"),
}


def answer_error(error: Exception, context: dict[str, Any]) -> Response | None:
    """Handle exceptions of the API; return None for a fault of ours, which Django reports."""
    error = _as_api_error(error)
    if not isinstance(error, exceptions.APIException) or error.status_code not in WORDS:
        return None
    title, detail = WORDS[HTTPStatus(error.status_code)]
    errors = list(_error_items(error.detail))
    problem = {"type": "about:blank", "title": title, "status": error.status_code}
    if errors:
        problem |= {"detail": "下面这些参数要改。", "errors": errors}
    else:
        problem["detail"] = detail
    wait = getattr(error, "wait", None)
    headers = {} if wait is None else {"Retry-After": str(int(wait) + 1)}
    return Response(problem, error.status_code, headers=headers, content_type=CONTENT_TYPE)


def _as_api_error(error: Exception) -> Exception:
    """Return errors of Django as those of the API."""
    if isinstance(error, Http404):
        return exceptions.NotFound()
    if isinstance(error, SuspiciousOperation):
        return exceptions.ParseError()
    return error


def _error_items(detail: Any) -> Iterator[dict[str, str]]:
    """Yield one item for each parameter that a `ValidationError` names."""
    if isinstance(detail, dict):
        for name, messages in detail.items():
            yield {"parameter": str(name), "detail": "".join(map(str, messages))}
