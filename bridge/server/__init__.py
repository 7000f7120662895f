"""The WebSocket on loopback: who may connect, and the traffic of one connection."""
