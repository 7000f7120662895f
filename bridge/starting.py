"""The verbs that start the daemon, and those that say what else may start it."""

from __future__ import annotations

import argparse
import gc
import logging
import os
import sys
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING

from bridge import children, confine, handover, instance, paths, upgrade

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bridge.core.layers import Layered

OK, FAILED, WRONG_USAGE, ALREADY_RUNNING = 0, 1, 2, 3
_NOT_AS_SERVICE = (
    "SYSTEMなどのサービス用アカウントでは起動しません。利用者がログインすると起動します。 / "
    "It does not run as SYSTEM or another service; it starts when a user logs in."
)


def run(options: argparse.Namespace, file: Path, layers: Callable[[], Layered]) -> int:
    """Run the daemon, unless this user's runs already.

    Raises:
        ConfigurationError, OSError: from `layers`.
    """
    from bridge import account
    from bridge.autostart import is_on

    if account.is_service():
        fail(_NOT_AS_SERVICE)
        return WRONG_USAGE
    if options.at_login and not is_on():
        return OK
    file = _named_from_anywhere(options, file)
    handed_on, files = handover.received(), handover.program_files()
    lock: int | None = None
    with ExitStack() as held:
        gc.disable()  # until the daemon is ready
        held.callback(gc.enable)
        try:
            lock = held.enter_context(
                instance.only_one(paths.lock_file(), handed_on.lock if handed_on else None)
            )
        except instance.AlreadyRunning as running:
            return _run_again(options, running)
        except OSError as error:
            fail(f"状態フォルダに書けません / the state folder cannot be written: {error}")
        configuration = _Configuration(layers)
        settings = configuration.last_good
        confine.keep_memory_private()
        _leave_the_callers_place()

        from bridge import daemon, logs

        logs.start(paths.log_folder())
        serve = partial(daemon.run, config_path=file, has_tray=not options.no_tray)
        may_rest = (
            None
            if lock is None or sys.platform == "win32"
            else partial(_is_the_same, files, settings, configuration)
        )
        ended = serve(settings, handed_on=handed_on, may_rest=may_rest)
        while not isinstance(ended, int):
            if configuration.now() is not None:
                handover.try_replace(_command(options, file), ended, lock)
            ended = serve(configuration.last_good, handed_on=ended)
        exit_code = ended
    if exit_code == daemon.STEPPED_ASIDE:
        upgrade.start_again([*_command(options, file), *_asked(options)])
    return exit_code


def _named_from_anywhere(options: argparse.Namespace, file: Path) -> Path:
    """The file, absolute, and so named for whatever reads it later, also the program that this becomes."""
    file = file.absolute()
    if options.config:
        options.config = file
    elif os.environ.get(paths.CONFIG_VARIABLE):
        os.environ[paths.CONFIG_VARIABLE] = str(file)
    return file


def _command(options: argparse.Namespace, file: Path) -> list[str]:
    """The same program, whatever started it and from wherever."""
    without_tray = ["--no-tray"] if options.no_tray else []
    return [*children.program(), "run", *without_tray, *(["--config", str(file)] if options.config else [])]


def _asked(options: argparse.Namespace) -> list[str]:
    """What else was said at the start."""
    said = {"--unless-running": options.unless_running, "--at-login": options.at_login}
    return [flag for flag, is_said in said.items() if is_said]


def _is_the_same(files: handover.Files, settings: Layered, configuration: _Configuration) -> bool:
    """Whether the program and its `[server]` are what they were at the start, and no upgrade is under way."""
    if files != handover.program_files() or os.path.exists(upgrade.MARKER):
        return False
    now = configuration.now()
    return now is not None and now.settings.server == settings.settings.server


class _Configuration:
    """The files, and the `last_good` that was read of them: a site that has been removed stays so.

    Raises:
        ConfigurationError, OSError: nothing can start with them.
    """

    def __init__(self, read: Callable[[], Layered]) -> None:
        self._read = read
        self.last_good = read()

    def now(self) -> Layered | None:
        """As it stands; None where nothing would start with it."""
        from bridge.config import ConfigurationError

        try:
            self.last_good = self._read()
        except (ConfigurationError, OSError) as error:
            logging.getLogger(__name__).warning("nothing would start with the configuration: %s", error)
            return None
        return self.last_good


def _leave_the_callers_place() -> None:
    """Who started it decides neither the folder it works in nor what others may read of new files."""
    os.umask(0o077)
    os.chdir(os.environ.get("SYSTEMROOT", os.sep))


def _run_again(options: argparse.Namespace, running: instance.AlreadyRunning) -> int:
    if options.unless_running:
        return OK
    if not options.no_tray and children.has_display() and running.ask_for_settings():
        return say("すでに動いています。設定の画面を開きます。 / It runs already; its settings are opened.")
    fail("ICカードブリッジはすでに動いています。 / IC Card Bridge is running already.")
    return ALREADY_RUNNING


def open_url(arguments: list[str]) -> int:
    """Take what a page's link brought: `cardbridge://start` and nothing else, never an option."""
    from bridge import urlscheme

    if len(arguments) != 1 or not urlscheme.is_start(arguments[0]):
        fail("cardbridge://start のほかは受け付けません。 / Nothing but cardbridge://start is taken.")
        return WRONG_USAGE
    try:
        urlscheme.start()
    except OSError as error:
        return fail(f"起動できません / it cannot be started: {error}")
    return OK


def url_scheme(options: argparse.Namespace) -> int:
    """on | off | status."""
    from bridge import urlscheme

    if options.wanted == "on":
        urlscheme.register()
    elif options.wanted == "off":
        urlscheme.unregister()
    if urlscheme.is_registered():
        return say("オン：cardbridge://start で起動します。 / on: cardbridge://start starts it.")
    return say("オフ：cardbridge: のアドレスは登録されていません。 / off: no address is registered.")


def autostart(options: argparse.Namespace) -> int:
    """on | off | status."""
    from bridge import autostart

    if options.wanted == "on":
        autostart.turn_on()
    elif options.wanted == "off":
        autostart.turn_off()
    if autostart.is_on():
        return say("オン：ログインすると起動します。 / on: it starts at login.")
    return say("オフ：ログインしても起動しません。 / off: it does not start at login.")


def say(text: str) -> int:
    sys.stdout.write(text + "\n")
    return OK


def fail(text: str) -> int:
    sys.stderr.write(text + "\n")
    return FAILED
