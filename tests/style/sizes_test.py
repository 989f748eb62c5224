# SPDX-License-Identifier: Apache-2.0
"""Files and functions a reader can hold in mind; exceptions.py lists what may be longer, and why."""
import exceptions
import sources

HEADER, FILE, FUNCTION, README = 120, 400, 70, 80


def _lines(path):
    return sources.text(path).count("\n")


def _limit(path, usual):
    return exceptions.LENGTH.get(sources.name(path), (usual, ""))[0]


def test_headers():
    wrong = [f"{sources.name(path)}: {_lines(path)} lines" for path in sources.cxx()
             if path.suffix == ".h" and _lines(path) > _limit(path, HEADER)]
    assert not wrong, f"headers over {HEADER} lines: " + ", ".join(wrong)


def test_sources():
    wrong = [f"{sources.name(path)}: {_lines(path)} lines" for path in sources.cxx()
             if path.suffix == ".cc" and _lines(path) > _limit(path, FILE)]
    assert not wrong, f"files over {FILE} lines: " + ", ".join(wrong)


def test_functions():
    wrong = [f"{sources.name(path)}:{line}: {lines} lines" for path in sources.cxx(product_only=True)
             for line, lines in sources.functions(path) if lines > FUNCTION]
    assert not wrong, f"functions over {FUNCTION} lines: " + ", ".join(wrong)


def test_functions_are_found_at_all():
    total = sum(len(sources.functions(path)) for path in sources.cxx(product_only=True)
                if path.suffix == ".cc")
    assert total > 100, "the reader of C++ in sources.py no longer sees functions"


def test_readmes():
    wrong = [f"{sources.name(path)}: {_lines(path)} lines" for path in sources.files()
             if path.name == "README.md" and path.parent != sources.ROOT and _lines(path) > README]
    assert not wrong, f"folder READMEs over {README} lines: " + ", ".join(wrong)


def test_exceptions_are_still_needed():
    gone = [name for name in exceptions.LENGTH if not (sources.ROOT / name).exists()]
    short = [name for name in exceptions.LENGTH if name not in gone and _lines(sources.ROOT / name)
             <= (HEADER if name.endswith(".h") else FILE)]
    assert not gone + short, f"no longer exceptions: {gone + short}"
