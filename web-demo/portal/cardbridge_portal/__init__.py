"""cardbridge_portal."""
