"""Signatures: compute only; the private key is a callable that signs bytes."""
