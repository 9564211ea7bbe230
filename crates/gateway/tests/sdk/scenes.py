"""What is asked of every client in front of every provider. The provider plays the scene that the text names."""

import json

from client import Ask, Client, Tool

# One pixel.
IMAGE = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
BASH = Tool(
    "bash",
    "Runs a command.",
    {
        "type": "object",
        "properties": {"command": {"type": "string"}, "timeout": {"type": "integer"}},
        "required": ["command", "timeout"],
        "additionalProperties": False,
    },
)
SCHEMA = {
    "type": "object",
    "properties": {"capital": {"type": "string"}},
    "required": ["capital"],
    "additionalProperties": False,
}


class Wrong(Exception):
    """An assertion that does not hold."""


def same(what, found, wanted):
    if found != wanted:
        raise Wrong(f"{what} is {found!r}, not {wanted!r}")


def text(client: Client, provider: str, stream: bool):
    said = client.ask(Ask("scene:text"), stream)
    same("text", said.text, "Hëllo €")
    same("stop", said.stop, client.STOPS[0])
    same("usage", said.usage, (120, 100, 30))


def tools(client: Client, provider: str, stream: bool):
    said = client.ask(Ask("scene:tools", tools=[BASH]), stream)
    same("text", said.text, "Hëllo €")
    same("stop", said.stop, client.STOPS[1])
    wanted = [("bash", {"command": command, "timeout": 5}) for command in ("ls", "pwd")]
    same("calls", [(call.name, call.arguments) for call in said.calls], wanted)
    # google-genai leaves a call unnamed where the provider does.
    if client.DIALECT != "gemini":
        same("number of ids", len({call.id for call in said.calls}), 2)
    # The results go back: one of a call that worked, one of a call that failed.
    results = [("two files", False), ("permission denied", True)]
    said = client.ask(Ask("scene:results", tools=[BASH], before=said, results=results), stream)
    same("text", said.text, "both results arrived")


def image(client: Client, provider: str, stream: bool):
    same("text", client.ask(Ask("scene:image", image=IMAGE), stream).text, "the image arrived")


def reasoning(client: Client, provider: str, stream: bool):
    said = client.ask(Ask("scene:reasoning", thinking=True), stream)
    same("reasoning", said.reasoning, "Let me think.")
    same("text", said.text, "42")
    # What it is signed with comes back unchanged; openai-chat has nothing to sign it with.
    said = client.ask(Ask("scene:reasoned", thinking=True, before=said), stream)
    signed = provider == client.DIALECT != "openai-chat"
    if provider == client.DIALECT:
        same("text", said.text, "the signature arrived" if signed else "no signature arrived")


def schema(client: Client, provider: str, stream: bool):
    said = client.ask(Ask("scene:schema", schema=SCHEMA), stream)
    same("answer", json.loads(said.text), {"capital": "Paris"})


def limit(client: Client, provider: str, stream: bool):
    same("stop", client.ask(Ask("scene:limit"), stream).stop, client.STOPS[2])


def errors(client: Client, provider: str, stream: bool):
    for status in (400, 401, 429, 500):
        refused(client, status, Ask(f"scene:status-{status}"), stream)


def refused(client: Client, status: int, ask: Ask, stream: bool):
    try:
        said = client.ask(ask, stream)
    except client.error(status) as error:
        # One class for many statuses: the status tells them apart.
        if hasattr(client, "status") and status < 500:
            same("status", client.status(error), status)
    except Exception as error:  # noqa: BLE001
        raise Wrong(f"status {status} raises {type(error).__name__}: {error}") from error
    else:
        raise Wrong(f"status {status} raises nothing, but says {said.text!r}")


SCENES = [text, tools, image, reasoning, schema, limit, errors]
