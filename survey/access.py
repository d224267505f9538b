"""Who may open the admin's pages: one secret token, few wrong tries, no posts from other sites.

The token comes from the environment. A browser sends it as the password of HTTP Basic
authentication, with any name, and so stays signed in without a cookie; a script sends it as
``Authorization: Bearer TOKEN``.

Wrong tries. Nothing tells visitors apart, since no addresses are kept, so all strangers share one
allowance: five wrong tokens a minute. When it is spent nothing a stranger sends is compared any
more, the right token included, until the oldest wrong try is a minute old; at that pace one year
allows 2.6 million guesses, of a token of 16 characters or more. So that strangers cannot keep the
admin out, a name under which the right token has come gets an allowance of its own: who signed in
with a name nobody guesses is not touched by what strangers do.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

REALM = "Music FaderNets, listening test"
TRIES, WINDOW = 5, 60.0  # wrong tokens within so many seconds
KNOWN_NAMES = 16  # that have an allowance of their own
OFF = (
    "The admin's pages are switched off. To switch them on, set FADERNETS_ADMIN_TOKEN to a secret "
    "of 16 characters or more and start the server again."
)


class AdminError(Exception):
    """An admin's request that is not carried out.

    Attributes
    ----------
    status : int
        Of the HTTP answer.
    message : str
        One sentence for the admin.
    headers : dict
        That the answer needs.
    """

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers or {}


@dataclass(frozen=True)
class Credentials:
    """What a request shows to be let in.

    Attributes
    ----------
    name : str
        Any, chosen by who signs in; "" for a script.
    token : str
    ambient : bool
        True if a browser adds it to every request by itself, other sites' included.
    """

    name: str
    token: str
    ambient: bool


def credentials(header: str | None) -> Credentials | None:
    """Read an Authorization header; None if there is none or it cannot be understood."""
    scheme, _, value = (header or "").strip().partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        return Credentials("", value.strip(), ambient=False)
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, token = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return Credentials(name, token, ambient=True) if colon else None


class Door:
    """Lets the right token in and slows down who guesses; shared by threads.

    Parameters
    ----------
    clock : function, optional
        Gives seconds; only differences count.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._strangers: deque[float] = deque()
        self._known: OrderedDict[str, deque[float]] = OrderedDict()

    def admit(self, header: str | None, token: str | None) -> Credentials:
        """Let a request in.

        Parameters
        ----------
        header : str or None
            The request's Authorization header.
        token : str or None
            The right token. None if the pages are off.

        Raises
        ------
        AdminError
            404 if the pages are off, 401 without the right token, 429 after too many wrong ones.
        """
        if not token:
            raise AdminError(404, OFF)
        given = credentials(header)
        if given is None:
            raise _unknown("Sign in with the admin's token as the password; any name will do.")
        name = _hash(given.name).hex() if given.ambient else ""
        with self._lock:
            wrong = self._known.get(name, self._strangers)
            self._wait(wrong)
            if not hmac.compare_digest(_hash(given.token), _hash(token)):
                wrong.append(self._clock())
                raise _unknown("This is not the admin's token.")
            if given.name:
                self._remember(name)
        return given

    def _wait(self, wrong: deque[float]) -> None:
        now = self._clock()
        while wrong and now - wrong[0] >= WINDOW:
            wrong.popleft()
        if len(wrong) >= TRIES:
            seconds = max(1, math.ceil(WINDOW - (now - wrong[0])))
            raise AdminError(
                429,
                f"Too many wrong tokens. Try again in {seconds} seconds.",
                {"Retry-After": str(seconds)},
            )

    def _remember(self, name: str) -> None:
        self._known.setdefault(name, deque())
        self._known.move_to_end(name)
        while len(self._known) > KNOWN_NAMES:
            self._known.popitem(last=False)


def form_token(token: str, study: str, action: str) -> str:
    """What the form of an action carries, so that no other site can make one.

    Parameters
    ----------
    token : str
        The admin's.
    study, action : str
        What the form is for; "" for no study.
    """
    message = "\0".join(("form", study, action)).encode()
    return hmac.new(_hash(token), message, hashlib.sha256).hexdigest()


def check_post(request: Request, given: Credentials, carried: str, expected: str) -> None:
    """Refuse a post that a page of this site did not make.

    A script's token is in no browser, so that no other site can borrow it: it needs no form.

    Parameters
    ----------
    carried, expected : str
        The form's token, and `form_token` of the action.

    Raises
    ------
    AdminError
        403.
    """
    if not given.ambient:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        # "null" is what browsers send for our own forms, for the pages ask for no referrer.
        origin = request.headers.get("origin", "null")
        foreign = origin != "null" and origin.partition("://")[2] != request.headers.get("host")
    if foreign:
        raise AdminError(403, "This was sent by a page of another site, so nothing was changed.")
    if not hmac.compare_digest(carried.encode(), expected.encode()):
        raise AdminError(
            403, "This form is out of date, so nothing was changed; load the page again."
        )


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def _unknown(message: str) -> AdminError:
    return AdminError(401, message, {"WWW-Authenticate": f'Basic realm="{REALM}", charset="UTF-8"'})
