# SPDX-License-Identifier: Apache-2.0
"""The project's files and just enough C++ reading for the style tests."""
import functools
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).parents[2]


@functools.cache
def files():
    """Every file of the project that is tracked or about to be."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT,
                            check=True, capture_output=True, stdin=subprocess.DEVNULL)
    paths = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    return sorted(path for path in paths if path.is_file())


def name(path):
    return path.relative_to(ROOT).as_posix()


def cxx(product_only=False):
    folders = ("config/", "discovery/", "sticky/", "router/") + (() if product_only
                                                                 else ("tests/", "bench/"))
    return [path for path in files()
            if path.suffix in (".h", ".cc") and name(path).startswith(folders)]


@functools.cache
def text(path):
    return path.read_text(errors="replace")


@functools.cache
def code(path):
    """The text with comments and literals blanked, line numbers kept."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
                         r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text(path))


def line_of(source, position):
    return source.count("\n", 0, position) + 1


def includes(path):
    return re.findall(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', text(path), re.M)


_SCOPE = re.compile(r"\b(namespace|class|struct|union|extern)\b(?!.*\()", re.S)


def functions(path):
    """(line, lines) of every function body at namespace or class scope."""
    source = re.sub(r"^\s*#[^\n]*(\\\n[^\n]*)*", lambda m: re.sub(r"[^\n]", " ", m.group()),
                    code(path), flags=re.M)
    scopes, found, head, body = 0, [], 0, None
    depth = 0
    for match in re.finditer(r"[{};]", source):
        token, at = match.group(), match.start()
        if body is not None:
            depth += {"{": 1, "}": -1, ";": 0}[token]
            if depth == 0:
                start, real = body
                if real:
                    first = line_of(source, start + len(source[start:]) - len(source[start:].lstrip()))
                    found.append((first, line_of(source, at) - first + 1))
                body, head = None, at + 1
        elif token == "{":
            before = source[head:at]
            if _SCOPE.search(before) and "=" not in before.split("namespace")[-1]:
                scopes += 1
                head = at + 1
            else:
                body, depth = (head, "(" in before or before.strip() in ("", ",")), 1
        elif token == "}":
            scopes -= 1
            head = at + 1
        else:
            head = at + 1
    return found
