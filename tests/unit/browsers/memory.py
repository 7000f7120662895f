"""A registry in memory; names of keys are compared as Windows does."""

from dataclasses import dataclass, field

from bridge.registry import Value


@dataclass
class MemoryRegistry:
    keys: dict[str, dict[str, Value]] = field(default_factory=dict)

    def values(self, key: str) -> dict[str, Value]:
        return dict(self.keys.get(key.lower(), {}))

    def subkeys(self, key: str) -> list[str]:
        start = key.lower() + "\\"
        return sorted({name[len(start) :].partition("\\")[0] for name in self.keys if name.startswith(start)})

    def set(self, key: str, name: str, value: Value) -> None:
        self.keys.setdefault(key.lower(), {})[name] = value

    def delete(self, key: str, name: str) -> None:
        self.keys.get(key.lower(), {}).pop(name, None)

    def delete_key_if_empty(self, key: str) -> None:
        if not self.values(key) and not self.subkeys(key):
            self.keys.pop(key.lower(), None)
