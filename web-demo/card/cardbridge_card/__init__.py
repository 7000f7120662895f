"""cardbridge_card."""
