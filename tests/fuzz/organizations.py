"""What a program says of organizations, connections and members, as one more parser that meets what others say."""

import json
from contextlib import suppress
from dataclasses import asdict

from broker.accounts.organizations import OrganizationChange
from broker.models.users import is_writable
from broker.protocol.strict_json import JsonInvalid, parse_object
from broker.web.workos.connection_body import connection_change, new_connection
from broker.web.workos.errors import ParametersInvalid
from broker.web.workos.membership_body import new_membership
from broker.web.workos.organization_body import organization_change


def organization_body(data: bytes) -> object:
    """What is taken can be stored, and told again."""
    try:
        body = parse_object(data, max_bytes=64 * 1024)
    except JsonInvalid:
        return None
    said: list[object] = []
    for reads in (organization_change, new_connection, connection_change, new_membership):
        with suppress(ParametersInvalid):
            said.append(reads(body))
    told = [asdict(each) for each in said if isinstance(each, OrganizationChange)]
    for each in told:
        assert all(text is None or (text and is_writable(text)) for text in (each["name"], each["external_id"]))
    return json.dumps(told, ensure_ascii=False).encode()
