"""GitHub's expressions mean in the runner what they mean on GitHub."""

from __future__ import annotations

from typing import Any

import pytest
from workflow_runner.expressions import ExpressionError, condition, evaluate, filled

CONTEXTS = {
    "github": {"event_name": "push", "event": {"label": None, "commits": [{"id": 1}, {"id": 2}]}},
    "vars": {"Stack": "prod"},
    "matrix": {"n": 3.0},
}


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("github.event_name == 'PUSH'", True),
        ("vars.stack", "prod"),
        ("vars['STACK'] != 'prod'", False),
        ("github.event.missing.deeper", None),
        ("github.event.label == ''", True),
        ("null == 0", True),
        ("'1' == 1", True),
        ("'x' == 0", False),
        ("!true || 1 < 2 && 'a'", "a"),
        ("vars.none || 'default'", "default"),
        ("contains(fromJSON('[\"a\",\"b\"]'), 'B')", True),
        ("startsWith('refs/heads/x', 'REFS/')", True),
        ("format('{0}-{{{1}}}', 'a', matrix.n)", "a-{3}"),
        ("join(github.event.commits.*.id, '+')", "1+2"),
        ("'it''s'", "it's"),
        ("0x1F", 31.0),
    ],
)
def test_an_expression_has_its_value(expression: str, value: Any) -> None:
    assert evaluate(expression, CONTEXTS) == value


@pytest.mark.parametrize("expression", ["nothing.here", "a ==", "(1", "unknown()", "1 2", '"double"'])
def test_what_github_refuses_is_refused(expression: str) -> None:
    with pytest.raises(ExpressionError):
        evaluate(expression, CONTEXTS)


def test_texts_are_filled_and_alone_keep_their_type() -> None:
    assert filled({"a": "x-${{ vars.Stack }}", "b": ["${{ matrix.n }}"]}, CONTEXTS) == {
        "a": "x-prod",
        "b": [3.0],
    }


def test_a_condition_without_a_status_function_wants_success() -> None:
    failed = {"success": lambda: False, "always": lambda: True, "failure": lambda: True}
    assert not condition("vars.Stack == 'prod'", CONTEXTS, failed)
    assert not condition(None, CONTEXTS, failed)
    assert condition("always() && vars.Stack == 'prod'", CONTEXTS, failed)
    assert condition("${{ failure() }}", CONTEXTS, failed)
