"""Defaults, the administrator's values, the user's: which one counts, and where it comes from."""

from typing import Any, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core import layers
from bridge.core.layers import Source, merged
from bridge.core.origin import Origin
from bridge.core.settings import LISTS, LOCKABLE, MachineSettings, Settings
from tests.unit.fuzz import quick

A, B = {"origin": "https://a.jp"}, {"origin": "https://b.jp"}


def site(name: str) -> Origin:
    return Origin.parse(f"https://{name}.jp")


@pytest.mark.parametrize(
    ("machine", "user", "value", "source"),
    [
        ({}, {}, "ja", "default"),
        ({}, {"ui": {"language": "en"}}, "en", "user"),
        ({"ui": {"language": "en"}}, {}, "en", "administrator"),
        ({"ui": {"language": "en"}}, {"ui": {"language": "ja"}}, "ja", "user"),
        ({"ui": {"language": "en"}, "locked": ["ui.language"]}, {"ui": {"language": "ja"}}, "en", "locked"),
        ({"ui": {"language": "en"}, "locked": ["ui"]}, {"ui": {"language": "ja"}}, "en", "locked"),
        ({"locked": ["ui.language"]}, {"ui": {"language": "en"}}, "ja", "locked"),
        ({"locked": ["ui.queue", "site"]}, {"ui": {"language": "en"}}, "en", "user"),
    ],
)
def test_a_value(machine: dict[str, Any], user: dict[str, Any], value: str, source: Source) -> None:
    layered = merged(machine, user)
    assert (layered.settings.ui.language, layered.source("ui.language")) == (value, source)
    assert layered.is_locked("ui.language") == (source == "locked")
    assert layered.ignored == (("ui.language",) if source == "locked" and "ui" in user else ())


def test_the_users_other_values_stay_beside_a_locked_one() -> None:
    layered = merged(
        {"locked": ["ui.language"], "ui": {"queue": 3}}, {"ui": {"language": "en", "timeout_s": 9}}
    )
    ui = layered.settings.ui
    assert (ui.language, ui.queue, ui.timeout_s) == ("ja", 3, 9)
    assert layered.source("ui.queue") == "administrator"


def test_lists_are_joined_and_the_administrators_entries_come_first() -> None:
    layered = merged({"site": [A]}, {"site": [B]})
    assert [entry.origin for entry in layered.settings.site] == ["https://a.jp", "https://b.jp"]
    assert layered.site_source(site("a")) == "locked" and layered.site_source(site("b")) == "user"
    assert not layered.is_locked("site") and layered.ignored == ()


def test_the_users_entry_for_an_administrators_site_does_not_count() -> None:
    """However it is written, and whatever it would loosen."""
    loose = {"origin": "https://A.jp:443", "pin": "session", "allow_hash_signing": True}
    layered = merged({"site": [A]}, {"site": [B, loose]})
    (theirs, own) = layered.settings.site
    assert (theirs.pin, theirs.allow_hash_signing, own.origin) == ("each", False, "https://b.jp")
    assert layered.ignored == ("site[1]",)


def test_a_locked_list_takes_nothing_from_the_user() -> None:
    layered = merged({"site": [A], "locked": ["site"]}, {"site": [B]})
    assert [entry.origin for entry in layered.settings.site] == ["https://a.jp"]
    assert layered.is_locked("site") and layered.ignored == ("site[0]",)
    assert merged({"locked": ["site"]}, {"site": [B]}).settings.site == ()


def test_drivers_are_the_same_by_name() -> None:
    other = {"name": "B", "path": "/b"}
    layered = merged(
        {"driver": [{"name": "A", "path": "/a"}]}, {"driver": [{"name": "A", "path": "/evil"}, other]}
    )
    assert [(d.name, d.path) for d in layered.settings.driver] == [("A", "/a"), ("B", "/b")]
    assert layered.driver_source("A") == "locked" and layered.driver_source("B") == "user"


@pytest.mark.parametrize("key", ["ui.languag", "site.origin", "", "locked", "ui.", "*", "portal"])
def test_only_what_there_is_can_be_locked(key: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"`locked\[1\]`"):
        msgspec.convert({"locked": ["ui", key]}, MachineSettings)


def test_the_user_can_lock_nothing() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `locked`"):
        msgspec.convert({"locked": ["ui"]}, Settings)


def test_every_list_says_what_makes_two_entries_the_same() -> None:
    assert set(layers._IDENTITIES) == set(LISTS)
    assert set(LISTS) == {n for n, kind in get_type_hints(Settings).items() if get_origin(kind) is tuple}


tables = st.fixed_dictionaries(
    {},
    optional={
        "ui": st.fixed_dictionaries(
            {}, optional={"language": st.sampled_from(["ja", "en"]), "queue": st.just(3)}
        ),
        "site": st.sampled_from([[A], [B], [A, B], []]),
    },
)


@quick
@given(tables, tables, st.lists(st.sampled_from(LOCKABLE), unique=True))
def test_nothing_of_the_users_changes_what_is_locked(
    machine: dict[str, Any], user: dict[str, Any], locked: list[str]
) -> None:
    with_user, without = merged(machine | {"locked": locked}, user), merged(machine | {"locked": locked}, {})
    for key in locked:
        table, _, name = key.partition(".")
        one, other = getattr(with_user.settings, table), getattr(without.settings, table)
        assert (getattr(one, name), 1) == (getattr(other, name), 1) if name else one == other
    for entry in machine.get("site", ()):
        assert msgspec.convert(entry, type=type(with_user.settings.site[0])) in with_user.settings.site
