"""The signing process: it reads documents and makes signatures, so that no document can harm the daemon."""
