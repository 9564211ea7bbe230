"""Plays scripts/real-servers: `real_servers.py OVERHANG LLAMA_URL LITELLM FOLDER`."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import traceback
import urllib.request
from pathlib import Path

from anthropic_messages import AnthropicMessages
from client import Ask, Tool
from gemini import Gemini
from openai_chat import OpenaiChat
from openai_responses import OpenaiResponses

overhang, llama, litellm, folder = sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])
CLIENTS = [OpenaiChat, OpenaiResponses, AnthropicMessages, Gemini]
SHELL = Tool(
    "bash",
    "Runs a command.",
    {"type": "object", "properties": {"command": {"type": "string"}}, "required": ["command"]},
)
LITELLM = """
model_list:
  - model_name: smollm2-135m
    litellm_params: {{model: openai/smollm2-135m, api_base: {llama}/v1, api_key: none}}
litellm_settings: {{drop_params: true, telemetry: false}}
"""
PROFILE = """
id = "{name}"
vendor = "test"
weights = "open"
[endpoint]
dialect = "{dialect}"
base_url = "{url}"
model = "smollm2-135m"
{key}
[limits]
context = 8192
output = 64
"""


# What is wrong between a server and a client of the same dialect, whose bytes are passed on, where the two cannot be
# asked without the gateway: by server, dialect and words of the error.
KNOWN = {
    ("LiteLLM", "gemini", "arguments: {}"): "the client writes `parameters_json_schema`, which the proxy does not read",
}
# The proxy starts with no key only for those who ask for that. This one is made up, as is what it guards.
KEY = "sk-real-servers-0123456789"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for(url, seconds):
    for _ in range(seconds * 5):
        try:
            return urllib.request.urlopen(url, timeout=2).read()
        except OSError:
            time.sleep(0.2)
    logs = "".join(log.read_text()[-1500:] for log in folder.glob("*.log"))
    raise SystemExit(f"{url} does not answer:\n{logs}")


def start(name, command, **environment):
    log = open(folder / f"{name}.log", "w")
    return subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **environment})


def words(client, stream):
    said = client.ask(Ask("Say hello."), stream)
    assert said.text.strip(), "no words"
    return said


def call(client, stream):
    said = client.ask(Ask("Run ls.", tools=[SHELL]), stream)
    assert [one.name for one in said.calls] == ["bash"], f"calls: {said.calls}, text: {said.text!r}"
    assert isinstance(said.calls[0].arguments.get("command"), str), f"arguments: {said.calls[0].arguments}"
    # The gateway's cut of a long answer may leave "length" beside a whole call.
    assert said.stop == client.STOPS[1], f"stop: {said.stop}"
    return said


def result(client, stream):
    before = call(client, stream)
    said = client.ask(Ask("Run pwd.", tools=[SHELL], before=before, results=[("a.txt", False)]), stream)
    assert said.calls or said.text.strip(), "nothing"
    return said


def recorded():
    """The counts of the last call: all input, those of it from the cache, output."""
    last = json.loads((folder / "calls" / "calls.jsonl").read_text().splitlines()[-1])
    usage = last["usage"]
    read = usage["cache_read"]
    return usage["input_uncached"] + read + usage["cache_write"], read, usage["output"] + usage["reasoning"], last


def cell(make, url, token, name, scene, stream):
    client = make(url, token, name)
    said = scene(client, stream)
    time.sleep(0.05)
    total, read, output, last = recorded()
    # Gemini's count of candidates leaves reasoning out; the model has none.
    assert tuple(said.usage) == (total, read, output), f"told {said.usage}, recorded {(total, read, output)}"
    losses = [one for one in last.get("losses", []) if one.get("severity") == "change"]
    estimated = last.get("estimated") or last.get("usage_estimated")
    return "ok" + ("~" if estimated else "") + (f" ({len(losses)} lost)" if losses else "")


def without_us(make, server, scene, stream):
    """What the client says of the server itself; None when all is well."""
    try:
        scene(make(server, KEY, "smollm2-135m"), stream)
    except Exception as error:  # noqa: BLE001
        return f"{type(error).__name__}: {error}"
    return None


def shown(text):
    return text.replace("\n", " ").replace("|", "/")[:160]


def main():
    port, front = free_port(), free_port()
    config = folder / "litellm.yaml"
    config.write_text(LITELLM.format(llama=llama))
    proxy = f"http://127.0.0.1:{port}"
    running = [
        start(
            "litellm",
            [litellm, "--config", str(config), "--host", "127.0.0.1", "--port", str(port)],
            LITELLM_LOCAL_MODEL_COST_MAP="True",
            LITELLM_MASTER_KEY=KEY,
        )
    ]
    servers = [("llama.cpp", llama, dialect) for dialect in ("openai-chat", "anthropic-messages", "openai-responses")]
    servers += [
        ("LiteLLM", proxy, dialect)
        for dialect in ("openai-chat", "anthropic-messages", "openai-responses", "gemini")
    ]
    good = failed = 0
    try:
        wait_for(f"{proxy}/health/liveliness", 300)
        profiles, tokens = [], []
        for server, url, dialect in servers:
            name = f"{server.lower().replace('.', '-')}-{dialect}"
            profile = folder / f"{name}.toml"
            key = 'key_env = "LITELLM_MASTER_KEY"' if server == "LiteLLM" else ""
            profile.write_text(PROFILE.format(name=name, dialect=dialect, url=url, key=key))
            profiles += ["--model", str(profile)]
            tokens.append(f"real-servers-{name}-0123456789")
        url = f"http://127.0.0.1:{front}"
        gateway = [overhang, "gateway", "--listen", f"127.0.0.1:{front}", "--record", str(folder / "calls"), *profiles]
        running.append(start("gateway", gateway, OVERHANG_GATEWAY_TOKEN=",".join(tokens), LITELLM_MASTER_KEY=KEY))
        wait_for(f"{url}/health", 20)
        columns = [(make, scene, stream) for make in CLIENTS for scene in (words, call, result) for stream in (False, True)]
        print("| provider | dialect | client | " + " | ".join(f"{s.__name__} {w}" for s in (words, call, result) for w in ("whole", "streamed")) + " |")
        print("|---" * 9 + "|")
        for (server, url_of, dialect), token in zip(servers, tokens):
            for make in CLIENTS:
                row = []
                for scene in (words, call, result):
                    for stream in (False, True):
                        try:
                            row.append(cell(make, url, token, "m", scene, stream))
                            good += 1
                        except Exception as error:  # noqa: BLE001
                            # In one dialect the server's own bytes are passed on, with what is wrong with them.
                            direct = without_us(make, url_of, scene, stream) if make.DIALECT == dialect else None
                            known = KNOWN.get((server, dialect, str(error))) if make.DIALECT == dialect else None
                            if known:
                                row.append(f"known: {known}")
                                continue
                            if direct == f"{type(error).__name__}: {error}":
                                row.append(f"as without us: {shown(direct)}")
                                continue
                            failed += 1
                            place = traceback.extract_tb(error.__traceback__)[-1]
                            what = f"{type(error).__name__}: {error} ({Path(place.filename).name}:{place.lineno})"
                            row.append(f"**{shown(what)}**")
                print(f"| {server} | {dialect} | {make.DIALECT} | " + " | ".join(row) + " |", flush=True)
    finally:
        for process in reversed(running):
            process.send_signal(signal.SIGINT)
        for process in running:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
    print(f"of {len(servers) * len(CLIENTS) * 6} cells {good} are well, {failed} are not; the rest is the servers' own")
    sys.exit(failed > 0)


main()
