"""Browser policies in the registry, one in memory: Windows itself has not been seen."""

from bridge.browsers.rollout import in_registry
from bridge.browsers.target import State
from bridge.core.origin import Origin
from tests.unit.browsers.memory import MemoryRegistry

CITY, OTHER = Origin.parse("https://city.example.jp"), Origin.parse("https://other.example.jp:8443")
CHROME = r"software\policies\google\chrome\loopbacknetworkallowedforurls"
FIREFOX = r"software\policies\mozilla\firefox\localnetworkaccess\skipdomains"


def apply(registry: MemoryRegistry, *sites: Origin) -> set[State]:
    return {target.apply(sites).state for target in in_registry(registry)}


def test_written_followed_and_taken_away() -> None:
    registry = MemoryRegistry()
    assert apply(registry, CITY, OTHER) == {"written"}
    assert registry.keys[CHROME] == {"1": "https://city.example.jp:443", "2": "https://other.example.jp:8443"}
    assert registry.keys[FIREFOX] == {"1": "city.example.jp", "2": "other.example.jp"}
    assert apply(registry, CITY, OTHER) == {"unchanged"}
    assert apply(registry, OTHER) == {"removed"}
    assert registry.keys[CHROME] == {"1": "https://other.example.jp:8443"}
    assert apply(registry) == {"removed"}
    assert registry.keys == {}
    assert apply(registry) == {"absent"}


def test_entries_of_others_stay_and_stay_a_list() -> None:
    registry = MemoryRegistry()
    registry.set(CHROME, "1", "https://intra.jp")
    registry.set(CHROME, "2", "https://city.example.jp:443")
    apply(registry, CITY, OTHER)
    registry.set(CHROME, "4", "https://later.jp")
    apply(registry)
    theirs = {"1": "https://intra.jp", "2": "https://city.example.jp:443", "3": "https://later.jp"}
    assert registry.keys == {CHROME: theirs}


def test_an_entry_that_somebody_has_changed_is_no_longer_ours() -> None:
    registry = MemoryRegistry()
    apply(registry, CITY)
    registry.set(CHROME, "1", "https://intra.jp")
    apply(registry)
    assert registry.keys == {CHROME: {"1": "https://intra.jp"}}


def test_ours_move_up_and_are_still_ours() -> None:
    registry = MemoryRegistry()
    apply(registry, CITY, OTHER)
    registry.set(FIREFOX, "3", "later.jp")
    apply(registry, OTHER)
    assert registry.keys[FIREFOX] == {"1": "other.example.jp", "2": "later.jp"}
    apply(registry)
    assert registry.keys == {FIREFOX: {"1": "later.jp"}}


def test_empty_keys_above_go_and_what_holds_something_stays() -> None:
    registry = MemoryRegistry()
    apply(registry, CITY)
    for key in ("google", r"google\chrome", r"mozilla\firefox\localnetworkaccess", r"mozilla\firefox"):
        registry.keys[rf"software\policies\{key}"] = {}
    registry.set(r"software\policies\mozilla\firefox", "DisableTelemetry", 1)
    apply(registry)
    assert list(registry.keys) == [r"software\policies\mozilla\firefox"]
