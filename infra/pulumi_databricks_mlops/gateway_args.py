"""What an endpoint's AI gateway is made of."""

from typing import NotRequired, TypedDict

import pulumi


class RateLimitArgs(TypedDict):
    """How much may be asked in a minute: calls or tokens, or both."""

    calls: NotRequired[int]
    """Calls a minute; 0 for none."""
    tokens: NotRequired[int]
    """Tokens a minute."""
    key: NotRequired[str]
    """`endpoint` (default, all together), `user` (each), `user_group` or `service_principal`."""
    principal: NotRequired[pulumi.Input[str]]
    """Whom the limit is for: a group, a user's e-mail address, a service principal's application ID."""


class GuardrailArgs(TypedDict):
    """What a text may not hold."""

    safety: NotRequired[bool]
    """True: unsafe and harmful content is blocked. Default: false."""
    pii: NotRequired[str]
    """Personal data: NONE (default), BLOCK or MASK."""


class GuardrailsArgs(TypedDict):
    """What requests and answers may not hold."""

    input: NotRequired[GuardrailArgs]
    """Of requests."""
    output: NotRequired[GuardrailArgs]
    """Of answers."""
