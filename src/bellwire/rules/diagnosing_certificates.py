"""Is the endpoint's certificate sound, and for how long still?"""

from typing import Final

from bellwire.model.attempt import AddressRefused, NoAnswer, Response, Trouble
from bellwire.model.endpoint_check import Certificate, CheckStep, Contact, Mark, Probed
from bellwire.model.webhook import WebHook
from bellwire.rules.checking_urls import host_of, is_encrypted

ENDS_SOON_MS: Final = 21 * 86_400_000
"""Authorities that renew by themselves do it earlier, so that less means that it has failed."""

NAMES_SHOWN_MAX: Final = 5
CHAIN_SHOWN_MAX: Final = 4

_DAY_MS: Final = 86_400_000


def certificate_step(
    webhook: WebHook, probe: Probed, response: Response | AddressRefused | None, *, now_ms: int
) -> CheckStep:
    """Judge what the endpoint showed. response: to a request, for which it was verified, unless the webhook is lax."""
    chain = probe.certificates if isinstance(probe, Contact) else ()
    if not is_encrypted(webhook.url) or not chain:
        return CheckStep(name="certificate", mark=Mark.SKIPPED, found="there is no certificate to look at")
    found = _shown(chain, now_ms)
    if isinstance(response, NoAnswer) and response.trouble is Trouble.TLS:
        advice = _remedy(webhook, chain, now_ms)
        return CheckStep(name="certificate", mark=Mark.FAILURE, found=f"{response.detail}; {found}", advice=advice)
    if webhook.allow_invalid_certs:
        advice = "give the endpoint a certificate that can be verified, and set allowInvalidCerts to false"
        return CheckStep(
            name="certificate",
            mark=Mark.WARNING,
            found=f"it is not verified (allowInvalidCerts); {found}",
            advice=advice,
        )
    if not isinstance(response, AddressRefused | None) and certificate_warning(chain[0].ends_at_ms, now_ms=now_ms):
        advice = "renew it, or find out why it was not renewed by itself"
        return CheckStep(name="certificate", mark=Mark.WARNING, found=found, advice=advice)
    if response is None or isinstance(response, AddressRefused):
        return CheckStep(name="certificate", mark=Mark.SKIPPED, found=f"it was not verified; {found}")
    return CheckStep(name="certificate", mark=Mark.OK, found=found)


def certificate_warning(ends_at_ms: int | None, *, now_ms: int) -> str:
    """What to tell an operator of a certificate that was seen last; empty where there is time, or none was seen."""
    if ends_at_ms is None or ends_at_ms - now_ms >= ENDS_SOON_MS:
        return ""
    return f"the endpoint's certificate {_span(ends_at_ms, now_ms)}"


def _span(ends_at_ms: int, now_ms: int) -> str:
    if ends_at_ms <= now_ms:
        days = (now_ms - ends_at_ms) // _DAY_MS
        return f"has ended {days} days ago" if days > 1 else "has ended"
    days = (ends_at_ms - now_ms) // _DAY_MS
    return f"ends in {days} days" if days != 1 else "ends in 1 day"


def _shown(chain: tuple[Certificate, ...], now_ms: int) -> str:
    own = chain[0]
    names = ", ".join(own.names[:NAMES_SHOWN_MAX]) or "no name"
    more = f" and {len(own.names) - NAMES_SHOWN_MAX} more" if len(own.names) > NAMES_SHOWN_MAX else ""
    span = "" if own.ends_at_ms is None else f", {_span(own.ends_at_ms, now_ms)}"
    shown = " → ".join(each.subject for each in chain[:CHAIN_SHOWN_MAX])
    return f"for {names}{more}{span}; chain: {shown} → {chain[-1].issuer}"


def _remedy(webhook: WebHook, chain: tuple[Certificate, ...], now_ms: int) -> str:
    own = chain[0]
    if own.ends_at_ms is not None and own.ends_at_ms <= now_ms:
        return "renew the certificate"
    if own.starts_at_ms is not None and own.starts_at_ms > now_ms:
        return "wait until it is valid, and compare the clocks of both machines"
    host = host_of(webhook.url).strip("[]").lower()
    if own.names and not any(_fits(host, name.lower()) for name in own.names):
        return f"let the endpoint have a certificate for {host}, or put one of its names into url"
    if own.subject == own.issuer:
        return "it is signed by itself; get one of an authority, or name it in SSL_CERT_FILE"
    if len(chain) == 1:
        return (
            "the endpoint sends no intermediate certificate: let it send the full chain; or name its authority in "
            "SSL_CERT_FILE"
        )
    return "let it have a certificate of an authority that this system trusts, or name its authority in SSL_CERT_FILE"


def _fits(host: str, name: str) -> bool:
    """RFC 9525 §6.3, a star for one whole label at the left."""
    return host == name or (name.startswith("*.") and host.partition(".")[2] == name[2:])
