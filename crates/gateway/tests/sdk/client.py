"""What every client of the gateway is asked for, in one form for all of them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tool:
    """A tool offered to the model."""

    name: str
    description: str
    parameters: dict


@dataclass
class Call:
    """A call of a tool, as the client's library read it."""

    id: str
    name: str
    arguments: dict


@dataclass
class Said:
    """An answer, as the client's library read it."""

    text: str
    stop: str
    # Tokens: all input, those of it that came from the cache, output.
    usage: tuple[int, int, int]
    calls: list[Call] = field(default_factory=list)
    reasoning: str = ""
    # The answer in the library's own form, to be sent back with the next turn.
    turn: Any = None


@dataclass
class Ask:
    """A request. What is absent is not sent."""

    text: str
    image: str | None = None
    tools: list[Tool] = field(default_factory=list)
    schema: dict | None = None
    thinking: bool = False
    # The answer before this request, and the results of its calls: text, and whether the tool failed.
    before: Said | None = None
    results: list[tuple[str, bool]] = field(default_factory=list)


class Client:
    """One library. `ask` streams when told to, and lets the library's own exceptions through."""

    # The library's names for: the end of an answer, calls of tools, the output limit.
    STOPS: tuple[str, str, str]
    # The dialect it speaks.
    DIALECT: str

    def ask(self, ask: Ask, stream: bool) -> Said:
        raise NotImplementedError

    def error(self, status: int) -> type | tuple[type, ...]:
        """The exceptions that stand for an HTTP status."""
        raise NotImplementedError


SYSTEM = "You are terse."
LIMIT = 4096
