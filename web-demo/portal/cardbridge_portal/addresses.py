"""Whose address a request counts for."""

import ipaddress
from collections.abc import Sequence

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse_networks(text: str) -> tuple[Network, ...]:
    """Addresses or networks between commas: `192.0.2.1,2001:db8::/64`.

    Raises:
        ValueError: one is neither.
    """
    return tuple(ipaddress.ip_network(part.strip()) for part in text.split(","))


def client_of(peer: str | None, forwarded: Sequence[str], proxies: Sequence[Network]) -> str:
    """IPv4 address or IPv6 /64 of the client.

    `forwarded` are the request's X-Forwarded-For fields. They count only if `peer` is one of `proxies`;
    then the last hop that is none is the client: what stands before it, anybody may have written.
    """
    address = _parse(peer)
    hops = [part for field in forwarded for part in field.split(",")]
    while address is not None and hops and _is_within(address, proxies):
        before = _parse(hops.pop())
        if before is None:
            break
        address = before
    return "" if address is None else _counted(address)


def _parse(text: str | None) -> Address | None:
    try:
        address = ipaddress.ip_address((text or "").strip().partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_within(address: Address, networks: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _counted(address: Address) -> str:
    """A customer of an IPv6 provider has a /64 or more to himself."""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((int(address), 64), strict=False))
