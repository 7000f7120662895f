"""The checks, each a function from a `bridge.doctor.place.Place` to findings."""
