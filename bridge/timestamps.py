"""Carries requests to a time-stamping authority over HTTP (RFC 3161, section 3.4).

What the answer says is judged in `bridge.signatures.timestamp`, in the signing process.
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from bridge.core.errors import TimeStampFailed

_log = logging.getLogger(__name__)

TIMEOUT_S = 15.0
MAX_ANSWER_BYTES = 64 * 1024
_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"


class HttpTimeStamps:
    """See `bridge.core.ports.TimeStamps`.

    No redirection is followed, nothing is unpacked. https goes through the system's proxy, if there is one.
    """

    def __init__(self, *, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s

    async def ask(self, url: str, request: bytes) -> bytes:
        """See `bridge.core.ports.TimeStamps`."""
        import aiohttp

        host = urlsplit(url).hostname or ""
        try:
            return await self._post(url, request)
        except TimeStampFailed as error:
            problem = error.detail
        except TimeoutError:
            problem = "no answer in time"
        except (aiohttp.ClientError, OSError, ValueError) as error:
            problem = type(error).__name__
        _log.warning("time-stamping authority %s: %s", host, problem)
        raise TimeStampFailed(f"Time-stamping authority {host}: {problem}", driver=host)

    async def _post(self, url: str, request: bytes) -> bytes:
        import ssl

        import aiohttp

        # Not aiohttp's own context: here it was made without the machine's CA certificates (`bridge.server`).
        trust = aiohttp.TCPConnector(ssl=ssl.create_default_context() if url.startswith("https:") else True)
        headers = {"Content-Type": _QUERY, "Accept": _REPLY, "Accept-Encoding": "identity"}
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        async with (
            aiohttp.ClientSession(
                connector=trust, timeout=timeout, auto_decompress=False, trust_env=url.startswith("https:")
            ) as session,
            session.post(url, data=request, headers=headers, allow_redirects=False) as response,
        ):
            if response.status != 200:
                raise TimeStampFailed(f"HTTP status {response.status}")
            if response.content_type != _REPLY:
                raise TimeStampFailed("another media type than a time stamp's")
            answer = bytearray()
            async for part in response.content.iter_chunked(MAX_ANSWER_BYTES):
                answer += part
                if len(answer) > MAX_ANSWER_BYTES:
                    raise TimeStampFailed("the answer is too large")
            return bytes(answer)
