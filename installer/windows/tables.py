"""What wixl cannot say, as statements for the finished package's tables (Windows Installer's SQL).

Custom actions run the program itself, never a script: no other code than the signed one is in the package.
They run the one without a console, and not in a repair, which anybody may start: a window of SYSTEM's, be it
open for a moment only, would be a way to become SYSTEM.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from installer.windows.source import (
    FOLDER,
    REMEMBERED,
    SETUP,
    SHORTCUTS,
    UPGRADE_CODE,
    WITHOUT_CONSOLE,
    identity,
)

PRODUCT = "ICカードブリッジ (IC Card Bridge)"
NAMES = {
    "start_ja": ("CARDBR~1", "ICカードブリッジ"),
    "settings_ja": ("CARDBR~2", "ICカードブリッジの設定"),
    "start_en": ("CARDBR~3", "IC Card Bridge"),
    "settings_en": ("CARDBR~4", "IC Card Bridge settings"),
}
NEWER = (
    "新しい版が入っているため、この版は入れられません。"
    "古い版に戻すときは、先に「アプリと機能」からアンインストールしてください。 / "
    "A newer version is installed; uninstall it first to go back to this one."
)
NOT_64 = "64ビット版のWindowsが必要です。 / 64-bit Windows is needed."
SIDECAR = "cardbridge-sites.toml"

_SET, _RUN_FILE, _RUN_PROPERTY = 51, 18, 50
_GO_ON, _DO_NOT_WAIT, _DEFERRED, _AS_SYSTEM = 64, 128, 1024, 2048
_DEFERRED_AS_SYSTEM = _RUN_FILE + _GO_ON + _DEFERRED + _AS_SYSTEM
_ON_REMOVAL = 'REMOVE="ALL"'
_REALLY_GOES = f"{_ON_REMOVAL} AND NOT UPGRADINGPRODUCTCODE"
_STAYS = f"NOT {_ON_REMOVAL}"
_INSTALLS = f"{_STAYS} AND NOT REINSTALL"
_HKLM, _RAW, _IN_64_BIT = 2, 2, 16
_COPY, _REMOVE_ON_UNINSTALL = 0, 2
_OLDER = "WIX_UPGRADE_DETECTED"
_MIGRATE_FEATURES, _SAME_VERSION_TOO = 1, 512
_RECALLED = tuple(REMEMBERED)
_PROGRAM_PLACE = "OWNPROGRAM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One custom action and when it runs (InstallExecuteSequence)."""

    name: str
    kind: int
    source: str
    target: str
    condition: str
    at: int


def actions() -> Iterator[Action]:
    """Sequence numbers stand between those of the standard actions: AppSearch 50, InstallValidate 1400,
    RemoveFiles 3500, WriteRegistryValues 5000, InstallFinalize 6600.
    """
    for number, name in enumerate(_RECALLED):
        yield Action(
            name=f"Recall{name}", kind=_SET, source=name, target=f"[OLD{name}]",
            condition=f"NOT {name} AND OLD{name}", at=51 + number,
        )  # fmt: skip
    yield Action(
        name="FindProgram", kind=_SET, source=_PROGRAM_PLACE, target=f"[OLDFOLDER]{WITHOUT_CONSOLE}",
        condition="OLDFOLDER", at=60,
    )  # fmt: skip
    # As the person who installs, before files in use are looked for; once more as SYSTEM, for everybody's.
    yield Action(
        name="AskToEnd", kind=_RUN_PROPERTY + _GO_ON, source=_PROGRAM_PLACE, target="stop --all-users",
        condition=_PROGRAM_PLACE, at=1390,
    )  # fmt: skip
    program = identity(WITHOUT_CONSOLE)
    deferred = (
        ("EndAll", "stop --all-users", _ON_REMOVAL, 3450),
        ("RemovePolicies", "policy remove", _REALLY_GOES, 3460),
        ("Purge", "purge --all-users", f'{_REALLY_GOES} AND PURGE="1"', 3470),
        ("ApplyPolicies", "policy apply", f'{_INSTALLS} AND BROWSERPOLICY<>"0"', 5910),
        ("TakePoliciesBack", "policy remove", f'{_INSTALLS} AND BROWSERPOLICY="0"', 5920),
    )
    for name, verb, condition, at in deferred:
        yield Action(
            name=name, kind=_DEFERRED_AS_SYSTEM, source=program, target=verb, condition=condition, at=at
        )
    yield Action(
        name="StartAgain", kind=_RUN_FILE + _GO_ON + _DO_NOT_WAIT, source=identity(WITHOUT_CONSOLE),
        target="run --unless-running --at-login", condition=f'{_STAYS} AND AUTOSTART<>"0"', at=6650,
    )  # fmt: skip


def statements(existing: set[str], release: str) -> Iterator[str]:
    """In the order in which they have to be done.

    Args:
        existing: the tables that the package has.
        release: its version.
    """
    yield f"UPDATE `Property` SET `Value` = {_text(PRODUCT)} WHERE `Property` = 'ProductName'"
    for name, (short, long) in NAMES.items():
        yield f"UPDATE `Shortcut` SET `Name` = {_text(f'{short}|{long}')} WHERE `Shortcut` = '{name}'"
    for language in SHORTCUTS:
        condition = 'LANGUAGE="en"' if language == "en" else 'LANGUAGE<>"en"'
        yield _component_condition(f"shortcuts_{language}", condition)
    yield _component_condition("run", 'AUTOSTART<>"0"')
    yield (
        f"UPDATE `LaunchCondition` SET `Description` = {_text(NEWER)}"
        " WHERE `Condition` = 'NOT WIX_DOWNGRADE_DETECTED'"
    )
    # A package of the same version takes the other's place, too.
    yield f"DELETE FROM `Upgrade` WHERE `ActionProperty` = '{_OLDER}'"
    yield _insert("Upgrade", UPGRADE_CODE, release, _MIGRATE_FEATURES + _SAME_VERSION_TOO, _OLDER)
    yield from (_CREATE[name] for name in _CREATE if name not in existing)
    yield from _searches()
    for action in actions():
        yield _insert("CustomAction", action.name, action.kind, action.source, action.target)
        yield _insert("InstallExecuteSequence", action.name, action.condition, action.at)
    for sequence in ("InstallExecuteSequence", "InstallUISequence"):
        yield _insert(sequence, "AppSearch", "", 50)
    yield _insert("InstallExecuteSequence", "ResolveSource", _STAYS, 850)
    yield _insert("InstallExecuteSequence", "MoveFiles", "", 3800)
    yield _insert("MoveFile", "sidecar", "setup", SIDECAR, SIDECAR, "SourceDir", FOLDER, _COPY)
    yield _insert("RemoveFile", "sidecar", "setup", SIDECAR, FOLDER, _REMOVE_ON_UNINSTALL)
    yield _insert("LaunchCondition", "VersionNT64 OR Installed", NOT_64)


def secure_properties(found: str) -> str:
    """SecureCustomProperties, with those that wixl has put there."""
    ours = [*REMEMBERED, *(f"OLD{name}" for name in REMEMBERED), "OLDFOLDER", "PURGE"]
    return ";".join([*filter(None, found.split(";")), *ours])


def _searches() -> Iterator[str]:
    found = {**{f"OLD{name}": value for name, value in REMEMBERED.items()}, "OLDFOLDER": "Folder"}
    for name, value in found.items():
        yield _insert("AppSearch", name, name.lower())
        yield _insert("RegLocator", name.lower(), _HKLM, SETUP, value, _RAW + _IN_64_BIT)


def _component_condition(component: str, condition: str) -> str:
    return f"UPDATE `Component` SET `Condition` = {_text(condition)} WHERE `Component` = '{component}'"


def _text(text: str) -> str:
    """Raises: ValueError, no statement can hold it."""
    if "'" in text:
        raise ValueError(f"an apostrophe: {text}")
    return f"'{text}'"


def _insert(table: str, *values: str | int) -> str:
    columns = ", ".join(f"`{column}`" for column in _COLUMNS[table])
    given = ", ".join(_text(value) if isinstance(value, str) else str(value) for value in values)
    return f"INSERT INTO `{table}` ({columns}) VALUES ({given})"


_COLUMNS = {
    "AppSearch": ("Property", "Signature_"),
    "CustomAction": ("Action", "Type", "Source", "Target"),
    "InstallExecuteSequence": ("Action", "Condition", "Sequence"),
    "InstallUISequence": ("Action", "Condition", "Sequence"),
    "LaunchCondition": ("Condition", "Description"),
    "MoveFile": ("FileKey", "Component_", "SourceName", "DestName", "SourceFolder", "DestFolder", "Options"),
    "RegLocator": ("Signature_", "Root", "Key", "Name", "Type"),
    "RemoveFile": ("FileKey", "Component_", "FileName", "DirProperty", "InstallMode"),
    "Upgrade": ("UpgradeCode", "VersionMax", "Attributes", "ActionProperty"),
}
_CREATE = {
    "AppSearch": (
        "CREATE TABLE `AppSearch` (`Property` CHAR(72) NOT NULL, `Signature_` CHAR(72) NOT NULL"
        " PRIMARY KEY `Property`, `Signature_`)"
    ),
    "RegLocator": (
        "CREATE TABLE `RegLocator` (`Signature_` CHAR(72) NOT NULL, `Root` SHORT NOT NULL,"
        " `Key` CHAR(255) NOT NULL, `Name` CHAR(255), `Type` SHORT PRIMARY KEY `Signature_`)"
    ),
    "CustomAction": (
        "CREATE TABLE `CustomAction` (`Action` CHAR(72) NOT NULL, `Type` SHORT NOT NULL,"
        " `Source` CHAR(72), `Target` CHAR(255) PRIMARY KEY `Action`)"
    ),
    "LaunchCondition": (
        "CREATE TABLE `LaunchCondition` (`Condition` CHAR(255) NOT NULL,"
        " `Description` CHAR(255) NOT NULL LOCALIZABLE PRIMARY KEY `Condition`)"
    ),
    "MoveFile": (
        "CREATE TABLE `MoveFile` (`FileKey` CHAR(72) NOT NULL, `Component_` CHAR(72) NOT NULL,"
        " `SourceName` CHAR(255) LOCALIZABLE, `DestName` CHAR(255) LOCALIZABLE, `SourceFolder` CHAR(72),"
        " `DestFolder` CHAR(72) NOT NULL, `Options` SHORT NOT NULL PRIMARY KEY `FileKey`)"
    ),
    "RemoveFile": (
        "CREATE TABLE `RemoveFile` (`FileKey` CHAR(72) NOT NULL, `Component_` CHAR(72) NOT NULL,"
        " `FileName` CHAR(255) LOCALIZABLE, `DirProperty` CHAR(72) NOT NULL, `InstallMode` SHORT NOT NULL"
        " PRIMARY KEY `FileKey`)"
    ),
}
