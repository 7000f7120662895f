"""PC/SC: readers that come and go, and the reset of a card. The only place that imports `smartcard`."""
