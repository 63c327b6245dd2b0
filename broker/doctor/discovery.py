"""Microsoft's documents: does the tenant exist, is the document ours, are there keys that we can use?

The document is read by the provider's own reader, so what is good here is good for a sign-in.
"""

from collections.abc import AsyncIterator

from broker.doctor.examination import Examination
from broker.doctor.finding import Finding, note, ok, problem
from broker.doctor.no_answer import no_answer
from broker.doctor.registration import KEY, Registration
from broker.doctor.said import named, remedy_of, said_by
from broker.errors import UpstreamUnavailable
from broker.net.client import Answer
from broker.protocol.jwks import read_keys

_UNREADABLE = "does something between (a proxy, a firewall) answer in Microsoft's place?"


async def discovery(examination: Examination) -> AsyncIterator[Finding]:
    """The tenant's discovery document; what it names is kept for the checks that follow."""
    registration = examination.microsoft
    if registration is None or examination.offline:
        return
    url = registration.documents.url
    answer = await registration.upstream.get(url, kind="discovery")
    if isinstance(answer, Finding):
        yield _not_serving(registration) if registration.cloud.emulator else answer
        return
    if answer.status != 200:
        yield _no_document(registration, answer)
        return
    try:
        registration.metadata = registration.documents.read(answer.body)
    except UpstreamUnavailable as error:
        says = f"the document at {url} is not that of tenant {registration.section.tenant}: {error.detail}"
        yield problem(says, f"look at tenant, cloud, authority and hosts below {KEY}; {_UNREADABLE}")
        return
    yield ok(f"{url} is there, and its issuer is the one that we expect{_guid(registration)}")


async def signing_keys(examination: Examination) -> AsyncIterator[Finding]:
    """The keys that verify ID tokens."""
    registration = examination.microsoft
    if registration is None or registration.metadata is None:
        return
    url = registration.metadata.jwks_uri
    answer = await registration.upstream.get(url, kind="keys")
    if isinstance(answer, Finding):
        yield answer
        return
    if answer.status != 200:
        yield problem(f"HTTP {answer.status} in place of signing keys at {url}", _UNREADABLE)
        return
    try:
        yield ok(f"{len(read_keys(answer.body))} signing keys that we can use at {url}")
    except UpstreamUnavailable as error:
        yield problem(f"no signing keys at {url}: {error.detail}", _UNREADABLE)


async def graph(examination: Examination) -> AsyncIterator[Finding]:
    """Graph, where groups are asked of it. Asked without a token: that it refuses us says that it is there."""
    registration = examination.microsoft
    if registration is None or registration.metadata is None or registration.section.groups != "graph":
        return
    if registration.cloud.graph is None:
        yield problem("groups: graph, and nothing says where Graph is", f"{KEY}.graph: the base of this cloud's Graph")
        return
    url = f"{registration.cloud.graph}/v1.0/me"
    answer = await registration.upstream.get(url, kind="graph")
    if isinstance(answer, Finding):
        yield answer
    elif answer.status == 401:
        yield ok(f"Graph is at {url}, and wants a token")
    else:
        yield note(f"Graph answers {answer.status} at {url}, not 401", f"look at {KEY}.cloud and {KEY}.graph")


def _not_serving(registration: Registration) -> Finding:
    says = f"the built-in emulator stands in for Microsoft, and is not running at {registration.cloud.authority}"
    return note(says, "it runs inside broker serve and broker dev: start one of them and ask again")


def _no_document(registration: Registration, answer: Answer) -> Finding:
    tenant = registration.section.tenant
    numbers = said_by(answer)
    if 90002 in numbers:
        remedy = f"{KEY}.tenant: common, organizations, consumers, the GUID of a directory, or one of its domains"
        return problem(f"there is no tenant {tenant} in this cloud: AADSTS90002", remedy)
    url = registration.documents.url
    if numbers:
        return problem(f"{named(numbers)}, in place of a document at {url}", remedy_of(numbers))
    if answer.status in (429, 500, 502, 503, 504):
        unavailable = UpstreamUnavailable(f"HTTP {answer.status}")
        return no_answer(unavailable, url=url, ca_file_key=registration.upstream.ca_file_key)
    return problem(f"HTTP {answer.status} in place of a document at {url}", f"look at {KEY}.tenant and {KEY}.cloud")


def _guid(registration: Registration) -> str:
    documents, configured = registration.documents, registration.section.tenant
    is_domain = "." in configured
    return f"; {configured} is the directory {documents.tenant}" if is_domain else ""
