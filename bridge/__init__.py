"""ICカードブリッジ (cardbridge): the daemon between an allowed portal page and an IC card."""

__version__ = "0.1.0"
