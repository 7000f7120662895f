"""Single checks, with facts that are put before them."""

from __future__ import annotations

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge import __version__, autostart, paths
from bridge.audit.files import AuditFiles
from bridge.core.audit import AuditEntry
from bridge.core.finding import Finding
from bridge.core.reader_table import PcscReader, PcscReaders
from bridge.core.readers import ReaderState
from bridge.doctor.checks import card, clock, configuration, folders, program, readers, screen
from bridge.doctor.place import Place
from bridge.pcsc.monitor import ServiceGone
from bridge.pkcs11.wire import Inspected
from bridge.server import owner
from tests.unit.certificates import UNTIL, certificate, name
from tests.unit.tokens import token

Facts = Callable[[Place], Iterable[Finding]]


def codes(check: Facts, place: Place) -> list[tuple[str, str]]:
    return [(each.code, each.state) for each in check(place)]


def write(place: Place, text: str) -> None:
    place.user.write_text(text, encoding="utf-8")
    place.user.chmod(0o600)


def sites(*origins: str) -> str:
    return "".join(f'[[site]]\norigin = "{origin}"\n' for origin in origins)


def test_a_broken_configuration_says_file_and_line(place: Place) -> None:
    write(place, '[server]\nports = [1, 2]\n\n[ui]\nlanguge = "ja"\n')
    (found,) = configuration.file(place)
    assert found.state == "failure" and found.values["where"] == f"{place.user}:5"
    assert found.values["key"] == "ui.languge"
    assert codes(configuration.sites, place) == [("config_first", "skipped")]
    assert place.settings().server.ports == (28470, 28473), "the others go on with the defaults"


@pytest.mark.parametrize(
    ("origins", "found"),
    [
        ((), [("sites_none", "failure")]),
        (("https://ebid.example.jp",), [("sites_some", "ok")]),
        (("http://localhost:8080",), [("site_http", "warning")]),
        (("https://ebid.example.jp", "https://ebld.example.jp"), [("site_lookalike", "warning")] * 2),
        (("https://xn--80ak6aa92e.com",), [("site_lookalike", "warning")]),
        (("https://ebid.example.jp", "https://ebid.example.jp:8443"), [("sites_some", "ok")]),
    ],
)
def test_the_list_of_sites(place: Place, origins: tuple[str, ...], found: list[tuple[str, str]]) -> None:
    write(place, sites(*origins))
    assert codes(configuration.sites, place) == found


def runtime(version: str = __version__, url: str = "ws://127.0.0.1:28470/v1") -> None:
    content = {"pid": os.getpid(), "url": url, "version": version}
    paths.write_private(paths.runtime_file(), json.dumps(content).encode())


def running(monkeypatch: pytest.MonkeyPatch, pid: int | None) -> None:
    monkeypatch.setattr("bridge.instance.running", lambda file: pid)


def test_the_daemon(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes(program.daemon, place) == [("not_running", "warning")]
    runtime("0.0.1")
    (stale,) = program.daemon(place)
    assert (stale.code, stale.repair) == ("runtime_stale", "runtime")
    running(monkeypatch, os.getpid())
    (differs,) = program.version(place)
    assert differs.code == "version_differs" and differs.values["running"] == "0.0.1"


def test_a_daemon_that_is_stuck(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    running(monkeypatch, os.getpid())
    monkeypatch.setattr(program, "_ANSWER_S", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as stuck:
        runtime(url=f"ws://127.0.0.1:{stuck.getsockname()[1]}/v1")
        assert codes(program.daemon, place) == [("daemon_silent", "failure")]
    paths.runtime_file().write_text("{")
    assert codes(program.daemon, place) == [("no_runtime", "warning")]


def test_ports_and_who_has_them(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        write(place, f"[server]\nports = [{port}, {port}]\n")
        (found,) = program.ports(place)
        assert found.code == "ports_taken" and found.state == "failure" and "python" in found.values["who"]
        running(monkeypatch, os.getpid())
        runtime(url=f"ws://127.0.0.1:{port}/v1")
        assert codes(program.ports, place) == [("ports_own", "ok")]
    running(monkeypatch, None)
    assert codes(program.ports, place) == [("ports_free", "ok")]


def test_whose_socket_connects(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes(program.socket_owner, place) == [("owner_known", "ok")]
    monkeypatch.setattr(owner, "_SYSTEM", "freebsd14")
    assert codes(program.socket_owner, place) == [("owner_unknown", "failure")]


def test_start_at_login(place: Place) -> None:
    assert codes(program.autostart, place) == [("autostart_off", "ok")]
    autostart.turn_on()
    assert codes(program.autostart, place) == [("autostart_on", "ok")]
    file = paths.autostart_file()
    file.write_text(file.read_text().replace("Exec=/", "Exec=/gone/", 1).replace("Exec=/", "Exec=/gone/"))
    (found,) = program.autostart(place)
    assert (found.code, found.repair) == ("autostart_outdated", "autostart")


def seen(*states: ReaderState) -> PcscReaders:
    named = (
        PcscReader(
            name=f"Gemalto USB ({number}F00D12345) 00 0{number}",
            state=state,
            atr=b"\x3b\x00" if state in ("present", "inUse") else b"",
        )
        for number, state in enumerate(states)
    )
    return PcscReaders(available=True, readers=tuple(named))


@pytest.mark.parametrize(
    ("states", "found"),
    [
        ((), [("reader_none", "failure")]),
        (("empty",), [("reader_empty", "ok"), ("card_none", "warning")]),
        (("present",), [("reader_present", "ok")]),
        (("mute",), [("reader_mute", "failure")]),
        (("inUse",), [("reader_inUse", "warning")]),
        (("unsupported",), [("reader_unsupported", "failure"), ("card_none", "warning")]),
        (
            ("present", "present"),
            [("reader_present", "ok"), ("reader_present", "ok"), ("card_several", "ok")],
        ),
    ],
)
def test_readers(
    place: Place,
    states: tuple[ReaderState, ...],
    found: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(readers, "look", lambda: seen(*states))
    assert codes(readers.service, place) == [("pcsc_good", "ok")]
    told = list(readers.readers(place))
    assert [(each.code, each.state) for each in told] == found
    assert "F00D" not in repr(told), "no serial numbers"


def test_why_there_is_no_service(place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def gone(code: str) -> Callable[[], PcscReaders]:
        def look() -> PcscReaders:
            raise ServiceGone(code)

        return look

    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", str(tmp_path / "none"))
    monkeypatch.setattr(readers, "look", gone("0x8010001d"))
    assert codes(readers.service, place) == [("pcsc_missing", "failure")]
    assert codes(readers.readers, place) == [("pcsc_first", "skipped")]
    (place.root / "usr/sbin").mkdir(parents=True)
    (place.root / "usr/sbin/pcscd").touch()
    assert codes(readers.service, place) == [("pcsc_down", "failure")]
    monkeypatch.setattr(readers, "look", gone("0x8010006a"))
    assert codes(readers.service, place) == [("pcsc_denied", "failure")]


def test_who_else_uses_the_card(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "programs_using_cards", lambda *_, **__: ("scdaemon",))
    assert codes(readers.sharing, place) == [("sharing_others", "ok")]
    place.seen.readers = seen("inUse")
    (held,) = readers.sharing(place)
    assert (held.code, held.state, held.values) == ("sharing_held", "warning", {"programs": "scdaemon"})


def inspected(*ders: bytes) -> Inspected:
    return Inspected(tokens=(token(ders),), unrecognised=(), library="x")


def test_certificates_without_their_names(place: Place) -> None:
    assert codes(card.certificates, place) == [("certificate_no_card", "skipped")]
    place.seen.inspected["x"] = inspected(certificate(subject=name("KANARIA TARO")))
    found = list(card.certificates(place))
    assert "KANARIA" not in repr(found)
    assert {each.id for each in found} >= {"certificate.purpose", "certificate.validity", "certificate.chain"}


@pytest.mark.parametrize(
    ("days", "code", "state"),
    [
        (300, "certificate_valid", "ok"),
        (40, "certificate_soon", "warning"),
        (-1, "certificate_expired", "failure"),
    ],
)
def test_the_end_of_a_certificate(place: Place, days: int, code: str, state: str) -> None:
    place.seen.inspected["x"] = inspected(certificate())
    at = replace(place, now=lambda: UNTIL - timedelta(days=days))
    found = [each for each in card.certificates(at) if each.id == "certificate.validity"]
    assert [(each.code, each.state) for each in found] == [(code, state)]


def test_a_locked_card(place: Place) -> None:
    locked = token([certificate()], pin_state="locked")
    place.seen.inspected["x"] = Inspected(tokens=(locked,), unrecognised=(), library="x")
    assert ("pin_locked", "failure") in codes(card.certificates, place)


def test_the_clock(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    for told, code in ((True, "clock_good"), (False, "clock_alone"), (None, "clock_plausible")):
        monkeypatch.setattr(clock, "_synchronised", lambda told=told: told)
        (found,) = clock.clock(replace(place, now=lambda: datetime(2027, 1, 1, tzinfo=UTC)))
        assert found.code == code
    (behind,) = clock.clock(replace(place, now=lambda: datetime(2001, 1, 1, tzinfo=UTC)))
    assert (behind.code, behind.state) == ("clock_behind", "failure")


def test_a_clock_that_has_gone_back(place: Place) -> None:
    entry = AuditEntry(time="2030-01-01T00:00:00.000Z", what="authenticate", result="ok")
    AuditFiles(paths.audit_folder()).append(entry)
    (behind,) = clock.clock(replace(place, now=lambda: datetime(2029, 12, 1, tzinfo=UTC)))
    assert behind.code == "clock_behind"


def test_the_kernel_is_asked_and_changes_nothing() -> None:
    assert clock._synchronised() in (True, False, None)


def test_folders(place: Place, home: Path) -> None:
    assert codes(folders.permissions, place) == [("folders_missing", "ok")]
    for folder in folders.own_folders(place):
        paths.private_folder(folder)
    write(place, "")
    assert codes(folders.permissions, place) == [("folders_good", "ok")]
    paths.runtime_file().write_text("{}")
    paths.runtime_file().chmod(0o644)
    place.user.chmod(0o666)
    (found,) = folders.permissions(place)
    assert found.code == "folders_open" and found.repair == "permissions"
    assert sorted(found.detail.splitlines()) == sorted(map(str, (paths.runtime_file(), place.user)))


def test_a_link_is_told_and_not_offered_for_repair(place: Place, tmp_path: Path) -> None:
    paths.private_folder(paths.state_folder().parent)
    (tmp_path / "elsewhere").mkdir()
    paths.state_folder().symlink_to(tmp_path / "elsewhere")
    found = [each for each in folders.permissions(place) if each.state == "failure"]
    assert [(each.code, each.repair) for each in found] == [("folders_linked", "")]


def test_room(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    for free, code in ((1 << 40, "disk_good"), (100 << 20, "disk_low"), (1 << 20, "disk_full")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: usage._replace(free=free))
        assert codes(folders.disk, place)[0][0] == code


def test_the_log(place: Place) -> None:
    assert codes(folders.audit_log, place) == [("audit_empty", "ok")]
    log = AuditFiles(paths.audit_folder())
    for _ in range(3):
        log.append(AuditEntry(time="2026-11-27T00:00:00.000Z", what="authenticate", result="ok"))
    assert codes(folders.audit_log, place) == [("audit_good", "ok")]
    (file,) = paths.audit_folder().glob("*.jsonl")
    file.write_bytes(file.read_bytes().replace(b'"result":"ok"', b'"result":"OK"', 1))
    assert codes(folders.audit_log, place) == [("audit_broken", "failure")]


def test_no_display(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    assert codes(screen.display, place) == [("display_none", "failure")]
    assert codes(screen.tray, place) == [("tray_none", "warning")]
    monkeypatch.setenv("DISPLAY", ":4711")
    assert codes(screen.display, place) == [("display_refused", "failure")]


def test_letters(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.fonts.japanese", lambda: iter(()))
    monkeypatch.setattr(screen, "_FC_LIST", Path("/nowhere"))
    assert codes(screen.fonts, place) == [("fonts_none", "warning")]
