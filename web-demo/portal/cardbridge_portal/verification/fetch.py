"""Fetching what authorities publish: http(s) only, bounded, and not into the portal's own network.

The address comes from a certificate whose path has been validated, or from the configuration. Names
are resolved here and only allowed addresses are connected to, so that a name cannot change its mind
between check and connection (DNS rebinding). No proxy, no redirect, no cookie, no compression.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from .errors import RevocationAddressRefused, RevocationUnreachable
from .policy import Network

OCSP_REQUEST, OCSP_RESPONSE = "application/ocsp-request", "application/ocsp-response"
NAT64 = IPv6Network("64:ff9b::/96")


class NetworkFetch:
    """revocation.Fetch by aiohttp; a connection of its own each time."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def __call__(self, address: str, *, body: bytes | None, max_bytes: int) -> bytes:
        """See revocation.Fetch."""
        url = require_address(address, self._network)
        connector = aiohttp.TCPConnector(
            resolver=_GuardedResolver(self._network), use_dns_cache=False, force_close=True, limit=1
        )
        timeout = aiohttp.ClientTimeout(total=self._network.timeout_s)
        try:
            async with aiohttp.ClientSession(
                connector=connector,
                timeout=timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                headers={"Accept-Encoding": "identity", "User-Agent": "cardbridge-portal"},
            ) as session:
                return await self._ask(session, url, body, max_bytes)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise RevocationUnreachable(type(error).__name__) from error

    async def _ask(
        self, session: aiohttp.ClientSession, url: URL, body: bytes | None, max_bytes: int
    ) -> bytes:
        method, headers = ("GET", {}) if body is None else ("POST", {"Content-Type": OCSP_REQUEST})
        async with session.request(
            method, url, data=body, headers=headers, allow_redirects=False
        ) as response:
            if response.status != 200:
                raise RevocationUnreachable(f"status {response.status}")
            if body is not None and response.content_type != OCSP_RESPONSE:
                raise RevocationUnreachable("not an OCSP response")
            content = bytearray()
            async for chunk in response.content.iter_any():
                content += chunk
                if len(content) > max_bytes:
                    raise RevocationUnreachable("too long")
            return bytes(content)


def require_address(address: str, network: Network) -> URL:
    """An http(s) address without user information; a literal IP address has to be allowed.

    Raises:
        RevocationAddressRefused
    """
    try:
        url = URL(address)
        host = url.host
    except ValueError as error:
        raise RevocationAddressRefused("not an address") from error
    if url.scheme not in {"http", "https"} or not host or url.user is not None or url.password is not None:
        raise RevocationAddressRefused("not http(s), or with a user name")
    try:
        literal = ip_address(host)
    except ValueError:
        return url
    _require_allowed(literal, network)
    return url


def _require_allowed(address: IPv4Address | IPv6Address, network: Network) -> None:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in allowed for allowed in network.allowed):
        return
    public = address.is_global and not address.is_multicast
    if isinstance(address, IPv6Address):
        # These carry an IPv4 address inside, which may be private.
        public = public and address.sixtofour is None and address.teredo is None and address not in NAT64
    if not public:
        raise RevocationAddressRefused("not a public address")


class _GuardedResolver(AbstractResolver):
    """Names to allowed addresses; aiohttp calls it for every host that is no literal address."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for entry in found:
            _require_allowed(ip_address(entry["host"].partition("%")[0]), self._network)
        return found

    async def close(self) -> None:
        await self._resolver.close()
