"""A fault that was injected, and how to take it away again."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType


class Fault:
    """A fault in force. `heal()` ends it, and so does leaving its `with` block; healing twice does nothing."""

    def __init__(self, name: str, heal: Callable[[], None]) -> None:
        self.name = name
        self._heal: Callable[[], None] | None = heal

    def __repr__(self) -> str:
        return f"Fault({self.name})" if self._heal else f"Fault({self.name}, healed)"

    def heal(self) -> None:
        heal, self._heal = self._heal, None
        if heal is not None:
            heal()

    def __enter__(self) -> Fault:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.heal()
