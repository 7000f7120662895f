"""What the daemon says to its tray and to the user's own windows, and what they say to it.

A window that the user has asked for (settings, recent operations, about, …) is a child process. The daemon
sends it `Show` once to open and again to bring it to the front; the window answers with `Choice`, or not at
all. The tray is a child process too: it gets `TrayState` and `Notification`, and answers with `TrayReady`,
`Choice` and `Notified`. Every message is one JSON object, sent as one message of a
`multiprocessing.connection.Connection`; the end of the connection is the end of the child.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from bridge.core.language import Language


class Entry(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An entry of the menu. Without an `id` it is words to be read, without both a line between groups."""

    label: str = ""
    id: str = ""


class Show(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Open the window, or bring it to the front.

    `config_file` and `url` are the daemon's own; `page` is the part of the window that is wanted; `title` and
    `text` are what a message says; `menu` is what the window of the menu offers.
    """

    language: Language
    config_file: str = ""
    url: str = ""
    page: str = ""
    title: str = ""
    text: str = ""
    menu: tuple[Entry, ...] = ()


IconState = Literal["ready", "card", "working", "attention"]


class _Tagged(msgspec.Struct, frozen=True, kw_only=True, rename="camel", tag_field="type"):
    pass


class TrayState(_Tagged, frozen=True, kw_only=True, tag="state"):
    """What the icon shows; `title` is said where the pointer rests on it."""

    icon: IconState
    title: str
    menu: tuple[Entry, ...]


class Notification(_Tagged, frozen=True, kw_only=True, tag="notification"):
    """To be shown as desktops show such things; the answer is `Notified` with this `number`."""

    number: int
    title: str
    text: str


class TrayReady(_Tagged, frozen=True, kw_only=True, tag="ready"):
    """The icon is there, or comes as soon as the desktop has a place for it. `backend` is pystray's."""

    backend: str


class Notified(_Tagged, frozen=True, kw_only=True, tag="notified"):
    """Whether the desktop has taken the notification."""

    number: int
    is_shown: bool


class Choice(_Tagged, frozen=True, kw_only=True, tag="choice"):
    """The user has chosen the entry with this id."""

    id: str


TrayAnswer = TrayReady | Notified | Choice
