# SPDX-License-Identifier: Apache-2.0
"""SECURITY.md: every line of its tables names tests that prove it, and they are there."""
import ast
import re

import sources

PAGE = sources.ROOT / "SECURITY.md"
MOST_LINES = 150
ROW = re.compile(r"^\| (?P<what>can|cannot) \| (?P<claim>[^|]+) \| (?P<proof>[^|]+) \|$")
PYTEST = re.compile(r"^[\w/]+\.py::test_\w+$")
GTEST = re.compile(r"^\w+\.\w+$")
DEFINED = re.compile(r"^\s*(?:TEST|TEST_F|TEST_P|TYPED_TEST)\(\s*(\w+),\s*(\w+)\s*\)", re.M)


def _sections():
    """Attacker → lines of its table, without the table's head."""
    found, name = {}, None
    for line in sources.text(PAGE).splitlines():
        if line.startswith("#"):
            name = line.lstrip("# ")
        elif line.startswith("|") and not re.match(r"^\|( \| | ?-)", line):
            found.setdefault(name, []).append(line)
    return found


def _proofs():
    for name, lines in _sections().items():
        for line in lines:
            match = ROW.match(line)
            assert match, f"{name}: not `| can or cannot | what | tests |`: {line}"
            yield match["claim"], re.findall(r"`([^`]+)`", match["proof"])


def _gtests():
    return {f"{suite}.{test}" for path in sources.cxx() if path.suffix == ".cc"
            and sources.name(path).startswith("tests/")
            for suite, test in DEFINED.findall(sources.text(path))}


def _functions(path):
    return {node.name for node in ast.walk(ast.parse(sources.text(path)))
            if isinstance(node, ast.FunctionDef)}


def _is_there(proof, gtests):
    if GTEST.match(proof):
        return proof in gtests
    path, _, function = proof.partition("::")
    file = sources.ROOT / "tests" / path
    return bool(PYTEST.match(proof)) and file.exists() and function in _functions(file)


def test_every_line_is_proved():
    lines = list(_proofs())
    assert len(lines) > 50, "the reader of SECURITY.md no longer sees its tables"
    bare = [claim for claim, proofs in lines if not proofs]
    assert not bare, "\n".join(bare)


def test_every_proof_is_there():
    gtests = _gtests()
    assert len(gtests) > 500, "the reader of C++ tests no longer sees them"
    gone = {proof for _, proofs in _proofs() for proof in proofs if not _is_there(proof, gtests)}
    assert not gone, "\n".join(sorted(gone))


def test_it_tells_of_every_attacker_what_he_can_and_cannot():
    one_sided = [name for name, lines in _sections().items()
                 if {ROW.match(line)["what"] for line in lines} != {"can", "cannot"}]
    assert not one_sided, one_sided


def test_it_is_short():
    assert sources.text(PAGE).count("\n") <= MOST_LINES
