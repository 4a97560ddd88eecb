"""What a failed run's message says to do."""

from __future__ import annotations

import re

NO_ENGINE = "`pulumi` is not on PATH: run `make setup` in the job first, or install Pulumi."

_LAST_LINES = 12

#: What the engine, a provider or the SDK says, and what helps; the first that fits is told.
_KNOWN: tuple[tuple[str, str], ...] = (
    (
        r"the stack is currently locked|Another update is currently in progress|stack is locked",
        (
            "The stack {stack} is locked: another run is updating it, or one was killed. Wait for the other; "
            "when there is none (`pulumi stack ls` shows updates in progress), unlock with "
            "`pulumi cancel --stack {stack} --yes` and run this again."
        ),
    ),
    (
        r"violates plan|update plan|resource .* plan",
        (
            "The reviewed plan of {stack} no longer holds: what the program declares differs from what was "
            "reviewed. Nothing more was applied. Run the release again, so that a new plan is reviewed."
        ),
    ),
    (
        r"token (has |is )?expired|expired token|Invalid access token|invalid_token",
        (
            "The credentials for {stack} have expired or are not valid. With OIDC, run the job again; with a "
            "client secret, rotate it: `mlops ci rotate --stack {stack}`."
        ),
    ),
    (
        r"users without account admin status",
        (
            "What {stack} has in the account (workspace, principals, rules, policies) an account admin alone "
            "reads back and changes, and this run signed in as somebody else. An account admin runs the same "
            "command once, from a laptop; what is left is the pipeline's (docs/identities.md)."
        ),
    ),
    (
        r"No federation policy trusts|federation polic",
        (
            "Databricks refused this run's identity for {stack}: the token's subject is not the one that the "
            "federation policy of DATABRICKS_CLIENT_ID trusts. A job deploys {stack} only in the environment "
            "{stack} of this repository (docs/ci.md, «Who signs in as whom»)."
        ),
    ),
    (
        r"invalid_client|Client authentication failed",
        (
            "Databricks does not know this client secret for {stack}: it was rotated or has expired. "
            "`mlops ci rotate --stack {stack}` makes a new one."
        ),
    ),
    (
        r"incorrect passphrase|passphrase must be set|PULUMI_CONFIG_PASSPHRASE",
        (
            "The stack {stack} can't be decrypted: set the secret PULUMI_CONFIG_PASSPHRASE of environment "
            "{stack} to the passphrase that the stack was made with (or PULUMI_SECRETS_PROVIDER to its key)."
        ),
    ),
    (
        r"PULUMI_ACCESS_TOKEN must be set|please run `pulumi login`|not logged in",
        (
            "Pulumi has no backend to keep the state of {stack} in: set the variable PULUMI_BACKEND_URL of "
            "the environment {stack}."
        ),
    ),
    (
        r"cannot configure default credentials|default auth|more than one authorization method",
        (
            "No sign-in for {stack}: set DATABRICKS_AUTH_TYPE and DATABRICKS_CLIENT_ID of the environment "
            "{stack}, and give the job the permission `id-token: write`."
        ),
    ),
)


def explain(stack: str, errors: str, printed: str = "") -> str:
    """One message: the remedy where the failure is a known one, and what was said.

    Args:
        stack: the stack that was worked on.
        errors: the errors that the engine told of; may be empty.
        printed: the end of what it printed.
    """
    told = [line for line in errors.splitlines() if line.strip()]
    lines = told + [line for line in printed.splitlines() if line.strip()]
    for pattern, remedy in _KNOWN:
        found = next((line for line in lines if re.search(pattern, line, re.IGNORECASE)), None)
        if found:
            return f"{remedy.format(stack=stack)}\n  {found.strip()}"
    said = "\n  ".join(line.strip() for line in (told or lines)[-_LAST_LINES:]) or "it gave no reason"
    return f"Pulumi failed for {stack}:\n  {said}"
