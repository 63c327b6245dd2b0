"""What becomes of a callback: signed in, come back once more, not to be seen yet, or failed."""

from dataclasses import dataclass

from broker.errors import BrokerError
from broker.models.sessions import Session
from broker.models.signins import SignIn


@dataclass(frozen=True, kw_only=True)
class HandedOff:
    """Signed in. `session_token` goes into our cookie, `one_time_code` into the redirect target, if asked for.

    `two_sessions`: the browser carried more than one before; somebody planted one. `shared`: another callback of the
    same sign-in was given this answer first.
    """

    sign_in: SignIn
    session: Session | None
    session_token: str | None
    one_time_code: str | None
    created: bool
    two_sessions: bool
    shared: bool = False


@dataclass(frozen=True, kw_only=True)
class Returned:
    """The back button: this browser's live session is the one that this very sign-in made. Nothing changes."""

    sign_in: SignIn


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """The same by form, a cross-site POST: whose session the browser has is seen only once it loads a page of ours."""

    sign_in: SignIn


@dataclass(frozen=True, kw_only=True)
class Failed:
    """Nobody was signed in. `sign_in` is there once cookie and state fitted: its cookie goes. `shared` as above.

    `late`: what this browser began too long ago; it counts for nothing but where that is told.
    """

    error: BrokerError
    sign_in: SignIn | None
    shared: bool = False
    late: SignIn | None = None


Outcome = HandedOff | Returned | Unseen | Failed
