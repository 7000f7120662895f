"""`python -m cardbridge_portal`."""

from .cli import main

main()
