"""`upload.begin`, `upload.end`, `upload.cancel`."""

from __future__ import annotations

from bridge.core.messages import BegunUpload, Empty, EndedUpload, UploadBeginParams, UploadParams
from bridge.methods.call import Call


async def begin(call: Call, params: UploadBeginParams) -> BegunUpload:
    """Announce a document that comes in binary frames."""
    upload = call.caller.uploads.begin(params.size_bytes, params.sha256)
    return BegunUpload(upload=upload.id, chunk_bytes=upload.chunk_bytes, credit_bytes=upload.more_credit())


async def end(call: Call, params: UploadParams) -> EndedUpload:
    """All bytes have been sent: they are there, and are the announced ones."""
    upload = await call.caller.uploads.end(params.upload)
    return EndedUpload(size_bytes=upload.size_bytes, sha256=upload.sha256)


async def cancel(call: Call, params: UploadParams) -> Empty:
    """Forget an upload, whether it is coming or has come."""
    call.caller.uploads.cancel(params.upload)
    return Empty()
