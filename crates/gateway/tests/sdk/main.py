"""Plays every scene with one client in front of every provider: `main.py CLIENT`, a manifest on standard input.

The manifest is `{"url": the gateway's, "providers": [{"dialect", "model", "token"}]}`. One line for each assertion
that does not hold, with the pair it does not hold for; the last line is the number of scenes played.
"""

import importlib
import json
import sys
import traceback

from client import Ask
from scenes import SCENES, Wrong, refused

CLIENTS = {
    "openai-chat": "openai_chat.OpenaiChat",
    "openai-responses": "openai_responses.OpenaiResponses",
    "anthropic": "anthropic_messages.AnthropicMessages",
    "google-genai": "gemini.Gemini",
    "litellm": "litellm_chat.LitellmChat",
}


def main(name):
    module, name_of_class = CLIENTS[name].split(".")
    make = getattr(importlib.import_module(module), name_of_class)
    manifest = json.load(sys.stdin)
    played = 0

    def play(where, scene):
        nonlocal played
        played += 1
        try:
            scene()
        except Wrong as wrong:
            print(f"{name} in front of {where}: {wrong}")
        except Exception as error:  # noqa: BLE001
            place = traceback.extract_tb(error.__traceback__)[-1]
            print(f"{name} in front of {where}: {type(error).__name__}: {error} ({place.filename}:{place.lineno})")

    for provider in manifest["providers"]:
        dialect, model = provider["dialect"], provider["model"]
        client = make(manifest["url"], provider["token"], model)
        for scene in SCENES:
            for stream in (False, True):
                where = f"{dialect}, {scene.__name__}, {'streamed' if stream else 'whole'}"
                play(where, lambda: scene(client, dialect, stream))
        foreign = make(manifest["url"], "sk-overhang-of-somebody-else", model)
        play(f"{dialect}, foreign token", lambda: refused(foreign, 401, Ask("scene:text"), False))
        if hasattr(client, "models"):
            play(f"{dialect}, models", lambda: check(client.models(), [model]))
        if hasattr(client, "count"):
            play(f"{dialect}, count", lambda: check(client.count("Hello there.") > 0, True))
    print(played)


def check(found, wanted):
    if found != wanted:
        raise Wrong(f"{found!r}, not {wanted!r}")


main(sys.argv[1])
