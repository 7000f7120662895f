"""Makes the Windows package out of the frozen program. See `installer/windows/README.md`."""
