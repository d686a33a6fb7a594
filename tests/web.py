"""Folders in a plain file server, as a static host sends them, and what a page of them costs."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Neither scripts inside a page nor code made of text.
STRICT = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self' data: blob:"
)
THEMED = STRICT.replace("script-src", "script-src 'unsafe-inline'")  # Sphinx writes scripts inside
PACKED = {".woff", ".woff2", ".jpg", ".png"}  # a host sends them as they are


class _Files(SimpleHTTPRequestHandler):
    """Files of a folder, with the server's headers, without a word on each."""

    def log_message(self, *_):
        """Say nothing."""

    def end_headers(self):
        """Send the headers, and note what was asked for."""
        self.server.asked.add(unquote(urlsplit(self.path).path))
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        super().end_headers()


class Host:
    """A running server.

    Parameters
    ----------
    folder : Path
        Whose files it sends.
    server : ThreadingHTTPServer
        Which notes what it is asked for.
    """

    def __init__(self, folder: Path, server: ThreadingHTTPServer):
        self.folder, self.server = folder, server
        self.address = f"http://127.0.0.1:{server.server_port}"

    def forget(self) -> None:
        """Count from here on."""
        self.server.asked.clear()

    def weights(self) -> dict[str, int]:
        """Bytes of each file that was asked for since, compressed as static hosts do."""
        paths = {self.folder / path.lstrip("/") for path in set(self.server.asked)}
        return {
            path.relative_to(self.folder).as_posix(): sent(path)
            for path in sorted(paths)
            if path.is_file()
        }


def sent(path: Path) -> int:
    """Bytes of a file on its way.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    int
        Of ``gzip -6``, or of the file itself where it is compressed already.
    """
    data = path.read_bytes()
    return len(data if path.suffix in PACKED else gzip.compress(data, 6))


@contextmanager
def served(folder: Path, headers: Mapping[str, str] = {}) -> Iterator[Host]:  # noqa: B006
    """Serve a folder.

    Parameters
    ----------
    folder : Path
        Its files.
    headers : mapping
        What is sent with each.

    Yields
    ------
    Host
        With its address.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=folder))
    server.asked, server.headers = set(), dict(headers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Host(folder, server)
    finally:
        server.shutdown()
