"""The tray icon: a child process, and the daemon's side of it."""
