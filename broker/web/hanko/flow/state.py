"""Where a flow stands. Nothing of it is stored: it travels, sealed, in the `csrf_token` that the client brings back."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class FlowState:
    """`flow_id` is a UUID and stands in every `href`; `flow` and `name` are keys of the table in `flows`.

    `started_at` (seconds) begins the flow's life. `code_challenge` is the S256 of the verifier that the page sent when
    it chose a provider. `user_id`: whose profile this is. `remember`: whether the person asked to stay signed in, where
    they are asked at all.
    """

    flow_id: str
    flow: str
    name: str
    started_at: int
    code_challenge: str | None = None
    user_id: str | None = None
    remember: bool | None = None
