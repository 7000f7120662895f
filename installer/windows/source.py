"""The package's source for wixl: folders, files, registry values and shortcuts. All of it ASCII.

wixl ignores a code page and knows few elements; what it cannot say is written into the finished package by
`installer.windows.tables`.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from xml.etree.ElementTree import Element, SubElement, indent, tostring

NAME = "cardbridge"
TITLE = "IC Card Bridge"
MANUFACTURER = "The cardbridge authors"
UPGRADE_CODE = "{43C2F804-354F-4B06-A29F-4F4560A3901D}"
FOLDER = "INSTALLDIR"
PROGRAM, WITHOUT_CONSOLE = f"{NAME}.exe", f"{NAME}w.exe"
SETUP = "Software\\Cardbridge\\Setup"
REMEMBERED = {
    "SITES": "Sites",
    "DRIVERS": "Drivers",
    "AUTOSTART": "Autostart",
    "BROWSERPOLICY": "BrowserPolicy",
    "LANGUAGE": "Language",
}
"""The properties that the next version finds again, and the registry values in which it finds them."""

RUN = "Software\\Microsoft\\Windows\\CurrentVersion\\Run"
SCHEME = f"Software\\Classes\\{NAME}"
SHORTCUTS = {"ja": ("start_ja", "settings_ja"), "en": ("start_en", "settings_en")}
_NAMESPACE = uuid.UUID("2d7f4c1e-38a5-4f6b-8f0e-5a4f9a6d7e21")
_WIX = "http://schemas.microsoft.com/wix/2006/wi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What goes in: the frozen program's folder, the version (three numbers), the icon.

    `below`: the folder in which wixl runs; it takes relative paths only.
    """

    program: Path
    version: str
    icon: Path
    below: Path

    def files(self) -> list[PurePosixPath]:
        """All files, below the folder."""
        found = (path for path in self.program.rglob("*") if path.is_file())
        return sorted(PurePosixPath(path.relative_to(self.program).as_posix()) for path in found)

    def relative(self, path: Path) -> str:
        return os.path.relpath(path, self.below)


def identity(path: PurePosixPath | str) -> str:
    """A file's or folder's name in the tables, the same in every version."""
    return f"i{hashlib.sha256(str(path).encode()).hexdigest()[:32]}"


def guid(name: str) -> str:
    """A component's, the same in every version."""
    return f"{{{str(uuid.uuid5(_NAMESPACE, name)).upper()}}}"


def source(content: Content) -> str:
    """The whole .wxs.

    Raises:
        ValueError: a file's name is not ASCII, or the program is not there.
    """
    files = content.files()
    for path in files:
        if not str(path).isascii():
            raise ValueError(f"not ASCII: {path}")
    if PurePosixPath(PROGRAM) not in files or PurePosixPath(WITHOUT_CONSOLE) not in files:
        raise ValueError(f"{content.program} is not the frozen program")
    root = Element("Wix", xmlns=_WIX)
    product = SubElement(
        root, "Product",
        Id="*", Name=TITLE, Language="1041", Version=content.version,
        Manufacturer=MANUFACTURER, UpgradeCode=UPGRADE_CODE,
    )  # fmt: skip
    SubElement(
        product, "Package",
        InstallerVersion="500", Compressed="yes", InstallScope="perMachine",
        Description=TITLE, Manufacturer=MANUFACTURER,
    )  # fmt: skip
    SubElement(product, "Media", Id="1", Cabinet="program.cab", EmbedCab="yes")
    SubElement(product, "MajorUpgrade", DowngradeErrorMessage="A newer version is installed.")
    SubElement(product, "Icon", Id="program.ico", SourceFile=content.relative(content.icon))
    for name, value in (("ARPPRODUCTICON", "program.ico"), ("ARPNOMODIFY", "1")):
        SubElement(product, "Property", Id=name, Value=value)
    components = _folders(product, content, files)
    feature = SubElement(product, "Feature", Id="Program", Level="1")
    for component in components:
        SubElement(feature, "ComponentRef", Id=component)
    indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{tostring(root, encoding="unicode")}\n'


def _folders(product: Element, content: Content, files: list[PurePosixPath]) -> list[str]:
    """The tree of folders with everything in it; the names of all components."""
    target = SubElement(product, "Directory", Id="TARGETDIR", Name="SourceDir")
    programs = SubElement(target, "Directory", Id="ProgramFiles64Folder")
    folder = SubElement(programs, "Directory", Id=FOLDER, Name=NAME)
    made = {PurePosixPath("."): folder}
    names = []
    for path in files:
        parent = _parent(made, path.parent)
        component = f"c{identity(path)}"
        holder = SubElement(parent, "Component", Id=component, Guid=guid(str(path)), Win64="yes")
        SubElement(
            holder, "File",
            Id=identity(path), Name=path.name, Source=content.relative(content.program / path), KeyPath="yes",
        )  # fmt: skip
        names.append(component)
    menu = SubElement(target, "Directory", Id="ProgramMenuFolder")
    return [*names, *_registry(folder), *_shortcuts(menu)]


def _parent(made: dict[PurePosixPath, Element], path: PurePosixPath) -> Element:
    if path not in made:
        parent = _parent(made, path.parent)
        made[path] = SubElement(parent, "Directory", Id=f"d{identity(path)}", Name=path.name)
    return made[path]


def _registry(folder: Element) -> Iterable[str]:
    setup = [(SETUP, "Folder", f"[{FOLDER}]")]
    setup += [(SETUP, value, f"[{name}]") for name, value in REMEMBERED.items()]
    run = [(RUN, NAME, f'"[{FOLDER}]{WITHOUT_CONSOLE}" run --unless-running --at-login')]
    scheme = [
        (SCHEME, "", "URL:IC Card Bridge"),
        (SCHEME, "URL Protocol", ""),
        (f"{SCHEME}\\DefaultIcon", "", f'"[{FOLDER}]{WITHOUT_CONSOLE}",0'),
        (f"{SCHEME}\\shell\\open\\command", "", f'"[{FOLDER}]{WITHOUT_CONSOLE}" open-url "%1"'),
    ]
    for name, values in (("setup", setup), ("run", run), ("scheme", scheme)):
        component = SubElement(folder, "Component", Id=name, Guid=guid(name), Win64="yes")
        for number, (key, value_name, value) in enumerate(values):
            attributes = {"Root": "HKLM", "Key": key, "Type": "string", "Value": value}
            if value_name:
                attributes["Name"] = value_name
            if number == 0:
                attributes["KeyPath"] = "yes"
            SubElement(component, "RegistryValue", attributes)
        yield name


def _shortcuts(menu: Element) -> Iterable[str]:
    """One component for each language; `installer.windows.tables` gives them their names."""
    for language, (start, settings) in SHORTCUTS.items():
        name = f"shortcuts_{language}"
        component = SubElement(menu, "Component", Id=name, Guid=guid(name), Win64="yes")
        for shortcut, verb in ((start, "run"), (settings, "settings")):
            SubElement(
                component, "Shortcut",
                Id=shortcut, Name=shortcut, Target=f"[{FOLDER}]{WITHOUT_CONSOLE}", Arguments=verb,
                WorkingDirectory=FOLDER, Icon="program.ico",
            )  # fmt: skip
        SubElement(
            component, "RegistryValue",
            Root="HKLM", Key=SETUP, Name=f"Shortcuts.{language}", Type="string", Value="1", KeyPath="yes",
        )  # fmt: skip
        yield name
