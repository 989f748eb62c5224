# SPDX-License-Identifier: Apache-2.0
"""Words, first lines and formatting."""
import re
import shutil
import subprocess

import pytest
import sources

TEXT = (".h", ".cc", ".py", ".md", ".yaml", ".yml", ".json", ".js", ".mjs", ".lua", ".sh", ".cmake",
        ".txt", ".html", ".css", ".cfg", "")
SHORT_HEADER = 45  # lines
OWN_TEXT = re.compile(r"^tests/style/")


def _text_files():
    return [path for path in sources.files() if path.suffix in TEXT
            and not sources.name(path).startswith("tests/fuzz/corpus/")]


def _hits(pattern, paths, reader=sources.text):
    found = []
    for path in paths:
        for match in re.finditer(pattern, reader(path)):
            line = sources.line_of(reader(path), match.start())
            found.append(f"{sources.name(path)}:{line}: {match.group()!r}")
    return found


def test_nothing_refers_to_this_machine():
    folders = "|".join(("wor" + "k", "hom" + "e", "roo" + "t"))
    hits = _hits(rf"(?<![\w.}}$])/(?:{folders})/\w+", [path for path in _text_files()
                                              if not OWN_TEXT.match(sources.name(path))])
    assert not hits, "\n".join(hits)


def test_no_registry_is_named():
    hosts = "|".join(("registry.npmjs" + ".org", "registry.yarnpkg" + ".com", "pypi" + ".org",
                      "proxy.golang" + ".org", "static.crates" + ".io"))
    hits = _hits(re.escape(hosts).replace(r"\|", "|"), _text_files())
    assert not hits, "\n".join(hits)


def test_nothing_is_left_unfinished():
    words = "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"))
    hits = _hits(rf"\b(?:{words})\b", [path for path in _text_files() if path.suffix != ".json"])
    assert not hits, "\n".join(hits)


@pytest.mark.parametrize("word, instead, where", [
    (r"\b[Ii]nstances?\b", "replica", r"^(config|discovery|sticky|router)/"),
    (r"\b[Bb]ackends?\b", "shard", r"^(discovery|sticky|router/(http|engine|(?!access_log)[a-z_]+\.))"),
    (r"\b(?:white|black)[- ]?list\w*", "allow/deny", r""),
    (r"\b[Uu]pstream servers?\b", "shard or endpoint", r"^(config|discovery|sticky|router)/"),
    (r"\b[Cc]onferences?\b(?!-request)", "room", r"^(discovery|sticky)/(?!room_key)"),
])
def test_vocabulary(word, instead, where):
    paths = [path for path in sources.cxx() if re.match(where, sources.name(path))]
    hits = _hits(word, paths)
    assert paths and not hits, f"say {instead}:\n" + "\n".join(hits)


def _first_lines(path, count):
    return sources.text(path).splitlines()[:count]


def test_license_line_comes_first():
    wrong = [sources.name(path) for path in sources.files()
             if path.suffix in (".h", ".cc", ".py", ".lua")
             and not any("SPDX-License-Identifier: Apache-2.0" in line
                         for line in _first_lines(path, 2))]
    assert not wrong, ", ".join(wrong)


def test_header_opens_with_its_contract():
    """Up to 15 lines of comment below the licence, at least 3 unless the header is short."""
    wrong = []
    for path in sources.cxx(product_only=True):
        if path.suffix != ".h":
            continue
        comment = 0
        for line in sources.text(path).splitlines()[1:]:
            if not line.startswith("//"):
                break
            comment += 1
        least = 3 if sources.text(path).count("\n") > SHORT_HEADER else 1
        if not least <= comment <= 15 or "#pragma once" not in sources.text(path):
            wrong.append(f"{sources.name(path)} ({comment} lines)")
    assert not wrong, ", ".join(wrong)


def test_tests_do_not_sleep():
    pattern = (r"sleep_for|sleep_until|\busleep\s*\(|\bnanosleep\s*\(|time\.sleep|asyncio\.sleep"
               r"|this_thread::sleep|waitForTimeout")
    paths = [path for path in sources.files() if sources.name(path).startswith("tests/")
             and path.suffix in (".cc", ".h", ".py", ".js", ".mjs")
             and sources.name(path) not in ("tests/harness/waiting.py", "tests/style/text_test.py")]
    hits = _hits(pattern, paths)
    assert paths and not hits, "wait for something observable:\n" + "\n".join(hits)


def test_no_trailing_white_space():
    hits = _hits(r"[ \t]+\n", [path for path in _text_files() if path.suffix in (".h", ".cc", ".py")])
    assert not hits, "\n".join(hits)


def test_scripts_can_be_executed():
    wrong = [sources.name(path) for path in sources.files() if path.suffix in ("", ".sh")
             and sources.text(path).startswith("#!") and not path.stat().st_mode & 0o100]
    assert not wrong, ", ".join(wrong)


def test_clang_format():
    tool = shutil.which("clang-format-14")
    if tool is None:
        pytest.skip("clang-format-14 is not installed (cmake/packages test lists what tests need)")
    done = subprocess.run([tool, "--dry-run", "--Werror", *map(str, sources.cxx())],
                          cwd=sources.ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "error:" in line})
    assert done.returncode == 0, "clang-format-14 -i " + " ".join(wrong)


def test_conftest_is_imported_by_pytest_only():
    """There are several, and which of them `import conftest` finds depends on what runs with it."""
    hits = _hits(r"(?m)^\s*(?:from|import) conftest\b", [path for path in _text_files()
                                                       if path.suffix == ".py"])
    assert not hits, "\n".join(hits)
