"""Where WebSocket messages begin and end in a byte stream (RFC 6455, section 5.2), for time limits only."""

from __future__ import annotations

_CONTROL = 0x08


class MessageMeter:
    """Follows the frames of one direction without keeping their payload.

    `completed` counts data messages, and control frames between messages.
    """

    def __init__(self) -> None:
        self.completed = 0
        self._head = bytearray()
        self._payload_left = 0
        self._in_frame = False
        self._frame_ends_message = False
        self._in_fragments = False

    @property
    def is_unfinished(self) -> bool:
        """Whether a message or a frame has begun and not ended."""
        return self._in_fragments or self._in_frame or bool(self._head)

    def feed(self, data: bytes) -> None:
        position = 0
        while position < len(data):
            if self._in_frame:
                step = min(self._payload_left, len(data) - position)
                self._payload_left -= step
                position += step
            else:
                self._head.append(data[position])
                position += 1
                self._begin_frame()
            if self._in_frame and self._payload_left == 0:
                self._end_frame()

    def _begin_frame(self) -> None:
        size = _head_size(self._head)
        if size is None or len(self._head) < size:
            return
        first, length = self._head[0], self._head[1] & 0x7F
        if length == 126:
            length = int.from_bytes(self._head[2:4], "big")
        elif length == 127:
            length = int.from_bytes(self._head[2:10], "big")
        is_control = bool(first & _CONTROL)
        is_final = bool(first & 0x80)
        self._frame_ends_message = (not self._in_fragments) if is_control else is_final
        if not is_control:
            self._in_fragments = not is_final
        self._payload_left, self._in_frame = length, True
        self._head.clear()

    def _end_frame(self) -> None:
        self._in_frame = False
        self.completed += self._frame_ends_message


def _head_size(head: bytearray) -> int | None:
    if len(head) < 2:
        return None
    extended = {126: 2, 127: 8}.get(head[1] & 0x7F, 0)
    return 2 + extended + (4 if head[1] & 0x80 else 0)
