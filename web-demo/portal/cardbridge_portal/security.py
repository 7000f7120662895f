"""What every request and every answer goes through: headers, origin, CSRF, sizes, the log."""

import logging
import time

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from .context import error_page
from .settings import Settings

FILES = ("/static/", "/client/")
PUBLIC = {"/ocsp"}  # asked by programs, not by pages; tells everybody the same
log = logging.getLogger("cardbridge_portal")


def content_security_policy(settings: Settings) -> str:
    """Nothing but the portal's own files, and the daemon's ports.

    No `upgrade-insecure-requests`: Firefox then refuses ws://127.0.0.1.
    """
    ports = " ".join(f"ws://127.0.0.1:{port}" for port in settings.bridge_ports)
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {ports}; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )


def same_origin(request: web.Request, settings: Settings) -> bool:
    """Whether the browser says that the portal's own page sent this.

    With Referrer-Policy no-referrer a form's Origin is `null` (Fetch, 'append a request Origin
    header'): then Sec-Fetch-Site decides, and without it the request is refused.
    """
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return False
    if origin is not None and origin != "null":
        return origin == settings.origin
    return site == "same-origin"


def guard(settings: Settings) -> Middleware:
    """The outermost middleware."""
    policy = content_security_policy(settings)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        started = time.perf_counter()
        response = await _answer(request, handler, settings)
        response.headers["Content-Security-Policy"] = policy
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if settings.secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        if not request.path.startswith(FILES):
            response.headers["Cache-Control"] = "no-store"
        else:
            response.headers["Cache-Control"] = "no-cache"
        _log(request, response.status, time.perf_counter() - started)
        return response

    return middleware


async def _answer(request: web.Request, handler: Handler, settings: Settings) -> web.StreamResponse:
    if request.method not in {"GET", "HEAD", "POST"}:
        return _problem(request, 405)
    if request.method == "POST" and request.path not in PUBLIC and not same_origin(request, settings):
        return _problem(request, 403)
    try:
        return await handler(request)
    except web.HTTPException as error:
        return _problem(request, error.status)
    except Exception as error:
        # The text of an error may quote what the user typed: only its class is logged.
        log.error("internal error: %s at %s", type(error).__name__, _line(error))
        return _problem(request, 500)


def _problem(request: web.Request, status: int) -> web.StreamResponse:
    """A page for persons, `{"reason"}` for scripts, a word for programs."""
    if "/api/" in request.path:
        return web.json_response({"reason": "other", "message": ""}, status=status)
    if request.path in PUBLIC or request.path.startswith(FILES):
        return web.Response(status=status, text=str(status))
    return error_page(request, status)


def _line(error: Exception) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return "?" if trace is None else f"{trace.tb_frame.f_code.co_name}:{trace.tb_lineno}"


def _log(request: web.Request, status: int, seconds: float) -> None:
    resource = request.match_info.route.resource
    name = "-" if resource is None else resource.canonical
    log.info("%s %s %d %.0f ms", request.method, name, status, seconds * 1000)
