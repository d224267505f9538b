"""The visitor that a request comes from: who connected, or whom a trusted proxy names.

Behind a proxy all requests come from the proxy's address, and X-Forwarded-For says whose they are.
Anybody can send that header, so it counts only where it comes from a proxy that the host named.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

VARIABLE = "FADERNETS_PROXIES"
NOBODY = "none"
ON_THIS_MACHINE = "127.0.0.0/8,::1"
# A Space can be reached by the proxy of Hugging Face alone, which has addresses of its own network.
OF_A_SPACE = f"{ON_THIS_MACHINE},10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,100.64.0.0/10,fc00::/7"
LONGEST_FORWARDED = 1_200  # characters of X-Forwarded-For that are read
PORT = re.compile(r"\[(?P<v6>[^\[\]]*)\](:\d+)?|(?P<v4>[\d.]+):\d+")  # an address with a port


@dataclass(frozen=True)
class Proxies:
    """The networks whose word on X-Forwarded-For is trusted."""

    networks: tuple[IPv4Network | IPv6Network, ...]

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Proxies:
        """What FADERNETS_PROXIES says; else this machine, and on a Space any private network.

        Raises
        ------
        ValueError
            If it is no list of addresses and networks.
        """
        env = os.environ if environ is None else environ
        setting = env.get(VARIABLE) or (OF_A_SPACE if env.get("SPACE_ID") else ON_THIS_MACHINE)
        names = [] if setting.strip() == NOBODY else setting.split(",")
        try:
            return cls(tuple(ipaddress.ip_network(name.strip(), strict=False) for name in names))
        except ValueError:
            raise ValueError(
                f"{VARIABLE} must be addresses or networks with commas between them, "
                f"such as 127.0.0.1,10.0.0.0/8, or the word {NOBODY}"
            ) from None

    def __str__(self) -> str:
        names = ", ".join(map(str, self.networks)) or "nobody"
        return f"X-Forwarded-For is believed of {names} ({VARIABLE})"

    def visitor(self, scope: Scope) -> tuple[str, int] | None:
        """The address and port that a request comes from; None where the server is not told.

        Proxies add at the end whom they got the request from. So it is the last in the header who
        is no trusted proxy, as long as trusted ones said so.
        """
        client: tuple[str, int] | None = scope.get("client")
        if client is None or not self._are_trusted(client[0]):
            return client
        header = ",".join(Headers(scope=scope).getlist("x-forwarded-for"))
        for name in reversed(header[-LONGEST_FORWARDED:].split(",")):
            host = _without_port(name.strip())
            if _address(host) is None:
                break
            client = host, 0
            if not self._are_trusted(host):
                break
        return client

    def _are_trusted(self, host: str) -> bool:
        address = _address(host)
        return address is not None and any(address in network for network in self.networks)


class Visitors:
    """Has requests come from whose they are, not from a trusted proxy.

    Parameters
    ----------
    app : ASGI application
    proxies : Proxies
    """

    def __init__(self, app: ASGIApp, proxies: Proxies) -> None:
        self.app, self.proxies = app, proxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["client"] = self.proxies.visitor(scope)
        await self.app(scope, receive, send)


def _without_port(name: str) -> str:
    match = PORT.fullmatch(name)
    return (match["v6"] or match["v4"] or "") if match else name


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
