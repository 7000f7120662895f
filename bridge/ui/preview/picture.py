"""PNG and JPEG, decoded by Pillow and by no other of its decoders."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from bridge.ui.preview.wire import Caution, fitting_scale

MOST_PIXELS = 60_000_000
_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG"}
_BEHIND_ALPHA = (0xD8, 0xD8, 0xD8)
"""White and black both stand out from it."""
_PNG_END = b"IEND\xaeB`\x82"


class NotShown(ValueError):
    """Not such a picture, or too large a one."""


def read(media_type: str, content: bytes) -> tuple[Image.Image, set[Caution]]:
    """The picture, upright, and what is in it that is not shown.

    Raises:
        NotShown
    """
    kind = _FORMATS[media_type]
    if kind == "PNG" and not content.endswith(_PNG_END):
        raise NotShown("something stands behind the picture")
    try:
        picture = Image.open(BytesIO(content), formats=[kind])
        if picture.width * picture.height > MOST_PIXELS:
            raise NotShown("too large")
        frames = getattr(picture, "n_frames", 1)
        picture.load()
        upright = ImageOps.exif_transpose(picture)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise NotShown(type(error).__name__) from None
    return upright, {"frames"} if frames > 1 else set()


def draw(picture: Image.Image, width: int) -> tuple[int, int, bytes]:
    """Width, height and pixels (red, green, blue); never larger than it is, but for what is very small."""
    wanted = max(min(width, picture.width), width // 4)
    scale = fitting_scale(picture.width, picture.height, wanted)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    shown = picture.convert("RGBA") if picture.has_transparency_data else picture.convert("RGB")
    shown = shown.resize(size, Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.NEAREST)
    if shown.mode == "RGBA":
        ground = Image.new("RGBA", size, (*_BEHIND_ALPHA, 255))
        shown = Image.alpha_composite(ground, shown).convert("RGB")
    return shown.width, shown.height, shown.tobytes()
