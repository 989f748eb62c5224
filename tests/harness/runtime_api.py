# SPDX-License-Identifier: Apache-2.0
"""HAProxy's runtime API, which the router's admin socket speaks too."""
import socket


def ask(path, command):
    """What the socket at `path` answers to one command."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(5)
        connection.connect(str(path))
        connection.sendall(command.encode() + b"\n")
        answer = b""
        while data := connection.recv(65536):
            answer += data
    return answer.decode(errors="replace")
