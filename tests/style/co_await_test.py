# SPDX-License-Identifier: Apache-2.0
"""GCC 12.2 miscompiles some co_await expressions: names and plain calls only, no lambda, {} or ?:."""
import re

import pytest
import sources

_CLOSERS = {"(": ")", "[": "]", "{": "}"}


def _expression(source, start):
    """From behind `co_await` to the end of its full expression."""
    stack = []
    for at in range(start, len(source)):
        char = source[at]
        if char in _CLOSERS:
            stack.append(_CLOSERS[char])
        elif char in ")]}":
            if not stack:
                return source[start:at]
            if stack.pop() != char:
                return source[start:at]
        elif char == ";" and not stack:
            return source[start:at]
    return source[start:]


def complaints(source):
    found = []
    for match in re.finditer(r"\bco_await\b", source):
        expression = _expression(source, match.end())
        for what, pattern in (("a lambda", r"\[[^\]]*\]\s*[({]"), ("braces", r"\{"), ("?:", r"\?")):
            if re.search(pattern, expression):
                found.append((sources.line_of(source, match.start()), what))
                break
    return found


def test_no_co_await_with_more_than_names_and_calls():
    wrong = [f"{sources.name(path)}:{line}: {what} inside co_await"
             for path in sources.cxx() for line, what in complaints(sources.code(path))]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("source, count", [
    ("co_await f(a, b.c());", 0),
    ("auto [e, n] = co_await socket.async_read_some(buffer, token);", 0),
    ("if (co_await f(x)) { g(); }", 0),
    ("co_await f([&] { return 1; });", 1),
    ("co_await f(T{1});", 1),
    ("co_await f(a ? b : c);", 1),
    ("x = a ? b : c; co_await f(x);", 0),
])
def test_the_lint_itself(source, count):
    assert len(complaints(source)) == count
