"""The WebSocket on loopback: who may connect, and the traffic of one connection."""

import gc
import os
import sys

_NO_CERTIFICATES = dict.fromkeys(("SSL_CERT_FILE", "SSL_CERT_DIR"), os.devnull)


def load_aiohttp() -> None:
    """Import aiohttp, but not all the machine's CA certificates; when the first connection wants it.

    Until then the daemon listens without it: 10 MiB all day on a computer where nobody signs, and 0.1 s of
    every start.

    aiohttp's client makes a TLS context when it is imported, for which OpenSSL reads some 150 certificates:
    60 ms and 1.6 MiB for a server that speaks no TLS. OpenSSL's own variables say where it finds them
    (SSL_CTX_set_default_verify_paths(3)). That context trusts nobody; `bridge.timestamps` makes its own.

    Its server of files reads the machine's table of media types, 0.3 MiB; this one has no files.

    Meanwhile nothing is looked through for garbage: all that is made stays.
    """
    if "aiohttp" in sys.modules:
        return
    import mimetypes

    before = {name: os.environ.get(name) for name in _NO_CERTIFICATES}
    tables, mimetypes.knownfiles = mimetypes.knownfiles, []
    os.environ.update(_NO_CERTIFICATES)
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        import aiohttp.web  # noqa: F401
    finally:
        if was_collecting:
            gc.enable()
        mimetypes.knownfiles = tables
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
