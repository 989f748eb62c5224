# SPDX-License-Identifier: Apache-2.0
"""HAProxy's runtime API, which the router's admin socket speaks too."""
import socket
import threading


def ask(path, command):
    """What the socket at `path` answers to one command."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)  # who gives up earlier and asks again makes it later
        connection.connect(str(path))
        connection.sendall(command.encode() + b"\n")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    return answer.decode(errors="replace")


def pipe(path, text):
    """All that is answered to a text sent down one connection, whose end then says so."""
    def send():
        connection.sendall(text.encode())
        connection.shutdown(socket.SHUT_WR)

    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(60)
        connection.connect(str(path))
        sender = threading.Thread(target=send)
        sender.start()
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
        sender.join()
    return answer
