"""Which language a page is in, and the templates in each."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

import jinja2
from aiohttp import web

from .holder import JAPAN
from .settings import Settings
from .text import LANGUAGES, Language, Text

YEAR_S = 365 * 24 * 3600


def language_cookie(settings: Settings) -> str:
    """The name of the cookie that keeps the choice; `__Host-` needs TLS."""
    return "__Host-cardbridge-language" if settings.secure else "cardbridge-language"


def language_of(request: web.Request, settings: Settings) -> Language:
    """What was chosen in this browser; Japanese until something is."""
    return "en" if request.cookies.get(language_cookie(settings)) == "en" else "ja"


def suggests_english(request: web.Request, settings: Settings) -> bool:
    """Whether to point at the switch: nothing chosen yet, and Accept-Language (RFC 9110) has en and no ja."""
    if language_cookie(settings) in request.cookies:
        return False
    wanted = {part.strip().lower()[:2] for part in request.headers.get("Accept-Language", "").split(",")}
    return "en" in wanted and "ja" not in wanted


def remember(response: web.StreamResponse, settings: Settings, language: Language) -> None:
    """Keep the choice for a year."""
    response.set_cookie(
        language_cookie(settings),
        language,
        max_age=YEAR_S,
        httponly=True,
        secure=True,
        samesite="Strict",
        path="/",
    )


def environments(templates: Path) -> Mapping[Language, jinja2.Environment]:
    """The templates, once for each language.

    They know `language`, `t(ja, en)`, `day(moment)` and `time_of_day(moment)`; a `Text` prints itself in the
    language. A last argument `official` that is true asks for Japanese in any language.
    """
    return {language: _environment(templates, language) for language in LANGUAGES}


def _environment(templates: Path, language: Language) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: value.said(language) if isinstance(value, Text) else value,
    )

    def chosen(text: Text, official: bool = False) -> str:
        return text.said("ja" if official else language)

    tools: dict[str, Callable[..., str] | str] = {
        "language": language,
        "t": lambda ja, en, official=False: chosen(Text(ja, en), official),
        "day": lambda moment, official=False: chosen(day(moment), official),
        "time_of_day": lambda moment, official=False: chosen(time_of_day(moment), official),
    }
    environment.globals.update(tools)
    return environment


def day(moment: datetime) -> Text:
    """2026年11月23日; 23 November 2026. Japan's calendar day."""
    local = moment.astimezone(JAPAN)
    return Text(f"{local:%Y年%m月%d日}", f"{local.day} {MONTHS[local.month - 1]} {local.year}")


def time_of_day(moment: datetime) -> Text:
    """The day, and the time in Japan."""
    date, local = day(moment), moment.astimezone(JAPAN)
    return Text(f"{date.ja} {local:%H時%M分%S秒}", f"{date.en}, {local:%H:%M:%S} (Japan)")


MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
