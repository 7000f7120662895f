"""A desktop's panel, run by the system's Python: one StatusNotifierItem host, its menu, and notifications.

Orders come as JSON lines on stdin ({"do": "look"} or {"do": "click", "label": …}), and what happens goes out
as JSON lines on stdout. With `--silent` there is no notification service.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

from gi.repository import Gio, GLib

WATCHER = """<node><interface name="org.kde.StatusNotifierWatcher">
<method name="RegisterStatusNotifierItem"><arg type="s" direction="in"/></method>
<method name="RegisterStatusNotifierHost"><arg type="s" direction="in"/></method>
<property name="RegisteredStatusNotifierItems" type="as" access="read"/>
<property name="IsStatusNotifierHostRegistered" type="b" access="read"/>
<property name="ProtocolVersion" type="i" access="read"/>
</interface></node>"""
NOTIFICATIONS = """<node><interface name="org.freedesktop.Notifications">
<method name="Notify"><arg type="s" direction="in"/><arg type="u" direction="in"/>
<arg type="s" direction="in"/><arg type="s" direction="in"/><arg type="s" direction="in"/>
<arg type="as" direction="in"/><arg type="a{sv}" direction="in"/>
<arg type="i" direction="in"/><arg type="u" direction="out"/></method>
</interface></node>"""
ITEM, MENU = "org.kde.StatusNotifierItem", "com.canonical.dbusmenu"

bus = Gio.bus_get_sync(Gio.BusType.SESSION, None)
items: list[tuple[str, str]] = []


def tell(**event: Any) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def gone() -> None:
    items.clear()


def called(_: Any, sender: str, path: str, face: str, method: str, arguments: Any, invocation: Any) -> None:
    if method == "RegisterStatusNotifierItem":
        service = arguments.unpack()[0]
        items[:] = [(sender, service)] if service.startswith("/") else [(service, "/StatusNotifierItem")]
        watch = Gio.BusNameWatcherFlags.NONE
        Gio.bus_watch_name_on_connection(bus, items[0][0], watch, None, lambda *_: gone())
        tell(event="item")
    elif method == "Notify":
        _, _, icon, title, text, *_ = arguments.unpack()
        tell(event="notification", title=title, text=text, icon=icon)
        invocation.return_value(GLib.Variant("(u)", (1,)))
        return
    invocation.return_value(None)


def read(_: Any, sender: str, path: str, face: str, name: str) -> Any:
    values = {
        "RegisteredStatusNotifierItems": GLib.Variant("as", ["".join(each) for each in items]),
        "IsStatusNotifierHostRegistered": GLib.Variant("b", True),
        "ProtocolVersion": GLib.Variant("i", 0),
    }
    return values[name]


def ask(path: str, interface: str, method: str, arguments: Any) -> Any:
    return bus.call_sync(
        items[0][0], path, interface, method, arguments, None, Gio.DBusCallFlags.NONE, 5000, None
    ).unpack()


def property_of(name: str) -> Any:
    arguments = GLib.Variant("(ss)", (ITEM, name))
    return ask(items[0][1], "org.freedesktop.DBus.Properties", "Get", arguments)[0]


def entries() -> list[dict[str, Any]]:
    layout = ask(property_of("Menu"), MENU, "GetLayout", GLib.Variant("(iias)", (0, -1, [])))[1]
    return [
        {
            "id": id,
            "label": values.get("label", ""),
            "enabled": values.get("enabled", True),
            "separator": values.get("type") == "separator",
        }
        for id, values, _ in layout[2]
    ]


def look() -> dict[str, Any]:
    if not items:
        return {"items": 0}
    names = {"icon": "IconName", "title": "Title", "status": "Status"}
    return {"items": 1, "menu": entries(), **{key: property_of(name) for key, name in names.items()}}


def click(label: str) -> None:
    id = next(each["id"] for each in entries() if each["label"] == label)
    event = GLib.Variant("(isvu)", (id, "clicked", GLib.Variant("i", 0), 0))
    menu = property_of("Menu")
    try:
        ask(menu, MENU, "Event", event)
    except GLib.Error as error:
        if not error.matches(Gio.DBusError.quark(), Gio.DBusError.NO_REPLY):  # 終了 ends what would answer
            raise


def obey(order: dict[str, str]) -> None:
    try:
        if order["do"] == "click":
            click(order["label"])
            tell(event="answer")
        else:
            tell(event="answer", **look())
    except (GLib.Error, StopIteration, IndexError) as error:
        tell(event="answer", failed=str(error))


def orders(loop: Any) -> None:
    for line in sys.stdin:
        GLib.idle_add(obey, json.loads(line))
    GLib.idle_add(loop.quit)


def serve(name: str, path: str, description: str) -> None:
    interface = Gio.DBusNodeInfo.new_for_xml(description).interfaces[0]
    bus.register_object(path, interface, called, read, None)
    Gio.bus_own_name_on_connection(
        bus, name, Gio.BusNameOwnerFlags.NONE, lambda *_: tell(event="serves", name=name), None
    )


serve("org.kde.StatusNotifierWatcher", "/StatusNotifierWatcher", WATCHER)
if "--silent" not in sys.argv:
    serve("org.freedesktop.Notifications", "/org/freedesktop/Notifications", NOTIFICATIONS)
loop = GLib.MainLoop()
threading.Thread(target=orders, args=(loop,), daemon=True).start()
loop.run()
