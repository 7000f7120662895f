"""The administrator's settings where a system has its own place for them: the registry, macOS' preferences.

Linux has the file /etc/cardbridge/config.toml instead (`bridge.config`). All of them become the same tables,
which stand below the user's file (`bridge.core.layers`). Neither of these two has **ever been run** there.
"""
