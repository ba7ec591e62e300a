"""Refusals of signing in."""

from kit.problems import Invalid, TooMany, Unauthenticated


class TotpRequired(Unauthenticated):
    """The password is right; this account also needs the six digits of its authenticator app."""

    slug, title = "totp-required", "Code of the authenticator app needed"


class LoginWrong(Unauthenticated):
    """Login, password or code are not right."""

    slug, title = "login-wrong", "Login or password wrong"


class OtpWrong(Unauthenticated):
    """The code is not the one that was sent."""

    slug, title = "otp-wrong", "Wrong code"


class OtpExpired(Unauthenticated):
    """The code is over ten minutes old, was used, or was guessed at too often; ask for a new one."""

    slug, title = "otp-expired", "The code is no longer valid"


class PhoneInvalid(Invalid):
    """This is not a Vietnamese mobile number."""

    slug, title = "phone-invalid", "Not a Vietnamese mobile number"


class NoMobileOfOurs(PhoneInvalid):
    """A possible number, but a foreign one, a landline or a premium one: no code is sent to it."""


class TooManyTries(TooMany):
    """Too many tries; wait `Retry-After` seconds."""

    slug, title = "rate-limited", "Too many requests"


class SessionEnded(Unauthenticated):
    """This sign-in has ended; sign in again."""

    slug, title = "session-ended", "Sign in again"
