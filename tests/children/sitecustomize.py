"""What every Python process that a test starts does first.

Python imports a module of this name when it starts, so a process that finds this folder on its
PYTHONPATH needs no change of its own, and so do its children.

It keeps its priority: work that a server leaves for quiet moments would have none while other tests
run. Where FADERNETS_OUTSIDE names a file, every look-up and connection outside this machine is
refused and becomes a line of it.
"""

import ipaddress
import os
import socket
import sys

RECORD = os.environ.get("FADERNETS_OUTSIDE")
LOOKUPS = {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"}
PACKETS = {"socket.connect", "socket.sendto", "socket.sendmsg"}


def is_local(host: object) -> bool:
    """Whether a host is this machine; anything but a name or an address is no network host."""
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or host in ("", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse_outside(action: str, host: object) -> None:
    """Record an outside host and raise the error of a machine without a network."""
    if not is_local(host):
        with open(RECORD, "a", encoding="utf-8") as record:
            record.write(f"{action} {host}\n")
        raise OSError(f"{action}: {host!r} is outside this machine")


def watch(event: str, args: tuple) -> None:
    """Audit hook: sees what Python's own socket module does, whoever calls it."""
    if event in LOOKUPS:
        refuse_outside(event, args[0])
    elif event in PACKETS and isinstance(args[1], tuple):
        refuse_outside(event, args[1][0])


def watched(method):
    """A socket's method that refuses a host name before it is looked up.

    The audit event of a connection comes after the look-up, and not at all when that fails.
    """

    def call(self, address):
        if isinstance(address, tuple):
            refuse_outside("socket.connect", address[0])
        return method(self, address)

    return call


def same_priority(_increment: int) -> int:
    """As `os.nice`, but without lowering the priority."""
    return 0


if hasattr(os, "nice"):
    os.nice = same_priority
if RECORD:
    sys.addaudithook(watch)
    socket.socket.connect = watched(socket.socket.connect)
    socket.socket.connect_ex = watched(socket.socket.connect_ex)
