"""Pure parts of the bridge: no clock, no thread, no file, no socket."""
