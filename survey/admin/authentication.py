"""Who may open the admin's pages: one secret token, no posts from other sites.

The token comes from the environment. A browser sends it as the password of HTTP Basic
authentication, with any name, and so stays signed in without a cookie; a script sends it as
``Authorization: Bearer TOKEN``.

Wrong tries. The right token always gets in, whatever others send: nothing tells visitors apart,
since no addresses are kept, so a lock that wrong tokens close would be one that anybody can close
on the admin. So every token is compared, by its hash and in constant time, and guesses are held up
by nothing but their number. That is enough for a token made at random: at 2,000 guesses a second,
more than two cores were seen to answer, 16 hexadecimal digits (2^64) last 290 million years, and
four words of a list of 7,776 (2^52) 58,000. It is not enough for a token that stands in a list of
known passwords: ten million of these are tried in an hour and a half. `Settings` refuses the most
uniform ones, but no rule knows them all: let a machine make the token (``openssl rand -hex 16``).

After a few wrong tokens within a minute the answer to a further wrong one is 429, which asks
well-meaning clients to wait; it is given at once, so that it keeps no thread busy. Browsers and
scripts are counted apart. A browser that was answered 429 would send the same wrong password again
and again, so the page that says so has a link, `AGAIN`, at which it is asked for another.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.requests import Request

from survey.core.rate_limit import Limit, RateLimiter

REALM = "Music FaderNets, listening test"
# Five wrong tokens in a minute, then one every twelve seconds, are answered 401 and not 429.
WRONG_TOKENS = Limit(burst=5, per_second=5 / 60, longest_wait=12)
WARNINGS = Limit(burst=1, per_second=1 / 60, longest_wait=60)  # in the log
AGAIN = "again"  # in the query of an address at which browsers always ask for the token
OFF = (
    "The admin's pages are switched off. To switch them on, set FADERNETS_ADMIN_TOKEN to a secret "
    "of 16 characters or more and start the server again."
)
FOREIGN = "This was sent by a page of another site, so nothing was changed."
log = logging.getLogger(__name__)


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
    except ValueError:  # not base64, not ASCII, or not UTF-8 below it
        return None
    return Credentials(name, token, ambient=True) if colon else None


class Authenticator:
    """Lets the right token in, always; shared by threads.

    Parameters
    ----------
    clock : function, optional
        Returns seconds; only differences count.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._limiter = RateLimiter(clock)

    def admit(self, header: str | None, token: str | None, *, again: bool = False) -> Credentials:
        """Let a request in.

        Parameters
        ----------
        header : str or None
            The request's Authorization header.
        token : str or None
            The right token. None if the pages are off.
        again : bool
            True for a browser that is to ask for the token anew.

        Raises
        ------
        AdminError
            404 if the pages are off, 401 without the right token, 429 after too many wrong ones.
        """
        if not token:
            raise AdminError(404, OFF)
        login = credentials(header)
        if login is None:
            raise _unknown("Sign in with the admin's token as the password; any name will do.")
        if hmac.compare_digest(_hash(login.token), _hash(token)):
            return login
        seconds = self._limiter.take({"browsers" if login.ambient else "scripts": WRONG_TOKENS})
        if seconds and not self._limiter.take({"warnings": WARNINGS}):
            log.warning("many wrong tokens are sent to the admin's pages")
        if seconds and not again:
            raise AdminError(
                429,
                f"This is not the admin's token, and there were too many wrong ones. Try again in "
                f"{seconds} seconds; the right token comes in at any time.",
                {"Retry-After": str(seconds)},
            )
        raise _unknown("This is not the admin's token.")


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


def check_post(
    request: Request,
    login: Credentials,
    carried: str,
    expected: str,
    public_url: str | None = None,
) -> None:
    """Refuse a post that a page of this site did not make.

    A script's token is in no browser, so that no other site can borrow it: it needs no form.

    Parameters
    ----------
    carried, expected : str
        The form's token, and `form_token` of the action.
    public_url : str, optional
        Where browsers find this server, if that is not the host that a proxy asks for.

    Raises
    ------
    AdminError
        403.
    """
    if not login.ambient:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        # "null" is what browsers send for our own forms, for the pages ask for no referrer.
        origin = request.headers.get("origin", "null")
        foreign = (
            origin != "null"
            and origin.partition("://")[2] != request.headers.get("host")
            and (public_url is None or _site(origin) != _site(public_url))
        )
    if foreign:
        raise AdminError(403, FOREIGN)
    if not hmac.compare_digest(carried.encode(), expected.encode()):
        raise AdminError(
            403, "This form is out of date, so nothing was changed; load the page again."
        )


def _site(url: str) -> tuple[str, str | None, int | None] | None:
    """Scheme, host and port of an address; None if it has none."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    return parts.scheme, parts.hostname, port


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="surrogatepass")).digest()


def _unknown(message: str) -> AdminError:
    return AdminError(401, message, {"WWW-Authenticate": f'Basic realm="{REALM}", charset="UTF-8"'})
