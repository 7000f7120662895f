"""cardbridge_demo."""
