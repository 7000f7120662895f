"""The audit log on disk: written by the daemon, read by the window 最近の操作 and `cardbridge audit`."""
