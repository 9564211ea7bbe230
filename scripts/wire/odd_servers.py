"""Ten odd servers on loopback: `odd_servers.py PORT LOG`. Each is at /NAME, speaks one dialect, and does what servers
were reported to do (crates/dialect/tests/corpus has the reports). The model behind all of them is the same and simple:
it asks for two shell commands at once, of which the second does the task, and then says that it is done.
"""

import json
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMANDS = ["mkdir -p /app/one", "echo done >/app/out.txt"]
WORDS = "All is done."
SHELLS = ("bash", "shell", "exec_command", "shell_command", "run_shell_command", "execute_command", "run")
ID, MODEL = "answer-1", "odd-1"


class Refused(Exception):
    """The request is refused with 400."""


def arguments(schema, command):
    """Arguments of a shell tool, by its schema: the command, and something for all that is required beside it."""
    properties = schema.get("properties", {})
    key = "cmd" if "cmd" in properties else "command"
    made = {}
    for name in schema.get("required", []):
        kind = properties.get(name, {}).get("type", "string")
        made[name] = {"integer": 10_000, "number": 10_000, "boolean": False, "array": []}.get(kind, "work")
    is_list = properties.get(key, {}).get("type") == "array"
    made[key] = ["bash", "-lc", command] if is_list else command
    return made


def plan(tools, turn):
    """Calls of the shell tool among `tools` (name to schema) on the first turn; afterwards, or without one, none."""
    known = {name.lower().rsplit("__", 1)[-1].rsplit(".", 1)[-1]: name for name in tools}
    shell = next((known[name] for name in SHELLS if name in known), None)
    if shell is None or turn > 0:
        return []
    return [(shell, arguments(tools[shell] or {}, command)) for command in COMMANDS]


def sse(events):
    out = ""
    for name, data in events:
        text = data if isinstance(data, str) else json.dumps(data)
        out += (f"event: {name}\n" if name else "") + f"data: {text}\n\n"
    return "text/event-stream", out.encode()


def whole(body):
    return "application/json", json.dumps(body).encode()


# --- chat completions


def chat_tools(request):
    return {one["function"]["name"]: one["function"].get("parameters") for one in request.get("tools") or []}


def chat_turn(request):
    return sum(message["role"] == "tool" for message in request["messages"])


def chat_whole(message, reason, usage):
    body = {"id": ID, "object": "chat.completion", "created": 1, "model": MODEL}
    body["choices"] = [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}]
    return whole({**body, "usage": usage} if usage else body)


def chunk(delta, reason=None, **more):
    body = {"id": ID, "object": "chat.completion.chunk", "created": 1, "model": MODEL}
    return "", {**body, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}], **more}


def chat_usage(prompt=500, completion=20, **more):
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion, **more}


def piece(name, made, number, **keys):
    return {**keys, "type": "function", "function": {"name": name, "arguments": json.dumps(made)}}


def index_reused(request):
    """All calls of a turn are numbered 0 (Ollama)."""
    calls = plan(chat_tools(request), chat_turn(request))
    pieces = [piece(name, made, 0, id=f"call_{n}") for n, (name, made) in enumerate(calls)]
    if not request.get("stream"):
        message = {"content": None, "tool_calls": pieces} if calls else {"content": WORDS}
        return chat_whole(message, "tool_calls" if calls else "stop", chat_usage())
    events = [chunk({"role": "assistant", "content": "" if calls else WORDS})]
    events += [chunk({"tool_calls": [{"index": 0, **one}]}) for one in pieces]
    events += [chunk({}, "tool_calls" if calls else "stop")]
    return sse([*events, ("", {"id": ID, "object": "chat.completion.chunk", "choices": [], "usage": chat_usage()}), ("", "[DONE]")])


def no_ids(request):
    """Calls have no ids, each piece repeats the name, arguments are an object in whole answers (vLLM, llama.cpp)."""
    calls = plan(chat_tools(request), chat_turn(request))
    if not request.get("stream"):
        made = [{"function": {"name": name, "arguments": made}} for name, made in calls]
        return chat_whole({"content": "", "tool_calls": made} if calls else {"content": WORDS}, "stop", chat_usage())
    events = [chunk({"role": "assistant", "content": None if calls else WORDS})]
    for number, (name, made) in enumerate(calls):
        text = json.dumps(made)
        for part in ("", text[:7], text[7:]):
            call = {"index": number, "function": {"name": name, "arguments": part}}
            events.append(chunk({"tool_calls": [call]}))
    return sse([*events, chunk({}, "stop", usage=chat_usage()), ("", "[DONE]")])


def parts_and_empty_reasons(request):
    """Content is a list of parts with thinking among them, and the reason is empty until the end (Mistral, SGLang)."""
    calls = plan(chat_tools(request), chat_turn(request))
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "Let me see."}]}
    content = [thought] if calls else [thought, {"type": "text", "text": WORDS}]
    pieces = [piece(name, made, n, id=f"call_{n}") for n, (name, made) in enumerate(calls)]
    reason = "tool_calls" if calls else "stop"
    if not request.get("stream"):
        return chat_whole({"content": content, "tool_calls": pieces}, reason, chat_usage())
    events = [chunk({"role": "", "content": [part]}, "") for part in content]
    for number, one in enumerate(pieces):
        text = one["function"]["arguments"]
        first = {**one, "index": number, "function": {**one["function"], "arguments": text[:5]}}
        events.append(chunk({"tool_calls": [first]}, ""))
        rest = {"index": number, "id": "", "function": {"name": "", "arguments": text[5:]}}
        events.append(chunk({"tool_calls": [rest]}, ""))
    return sse([*events, chunk({"content": ""}, reason, usage=chat_usage()), ("", "[DONE]")])


def no_reason_no_usage(request):
    """Neither a reason nor usage: the end mark alone (vLLM, NIM)."""
    calls = plan(chat_tools(request), chat_turn(request))
    pieces = [piece(name, made, n, id=f"call_{n}") for n, (name, made) in enumerate(calls)]
    if not request.get("stream"):
        return chat_whole({"content": None, "tool_calls": pieces} if calls else {"content": WORDS}, None, None)
    events = [chunk({"role": "assistant", "content": "" if calls else WORDS})]
    events += [chunk({"tool_calls": [{"index": number, **one}]}) for number, one in enumerate(pieces)]
    return sse([*events, ("", "[DONE]")])


def usage_that_cannot_be(request):
    """Counts of zero in each chunk; the last ones say that more was cached than there was."""
    calls = plan(chat_tools(request), chat_turn(request))
    pieces = [piece(name, made, n, id=f"call_{n}") for n, (name, made) in enumerate(calls)]
    usage = chat_usage(prompt=10, prompt_tokens_details={"cached_tokens": 6552})
    reason = "tool_calls" if calls else "stop"
    if not request.get("stream"):
        return chat_whole({"content": None, "tool_calls": pieces} if calls else {"content": WORDS}, reason, usage)
    zero = chat_usage(0, 0)
    events = [chunk({"role": "assistant", "content": "" if calls else WORDS}, usage=zero)]
    events += [chunk({"tool_calls": [{"index": number, **one}]}, usage=zero) for number, one in enumerate(pieces)]
    return sse([*events, chunk({}, reason, usage=usage), ("", "[DONE]")])


# --- Gemini


def gemini_tools(request):
    declared = [one for tool in request.get("tools") or [] for one in tool.get("functionDeclarations", [])]
    return {one["name"]: lowered(one.get("parametersJsonSchema") or one.get("parameters") or {}) for one in declared}


def lowered(schema):
    """A schema whose types may be in capitals."""
    if isinstance(schema, dict):
        return {key: value.lower() if key == "type" and isinstance(value, str) else lowered(value) for key, value in schema.items()}
    return schema


def gemini_parts(request):
    return [part for content in request["contents"] for part in content.get("parts", [])]


def gemini_turn(request):
    return sum("functionResponse" in part for part in gemini_parts(request))


def gemini_chunk(parts, reason=None, usage=None, **names):
    candidate = {"content": {"role": "model", "parts": parts}, "index": 0}
    body = {"candidates": [{**candidate, "finishReason": reason} if reason else candidate], **names}
    return {**body, "usageMetadata": usage} if usage else body


GEMINI_USAGE = {"promptTokenCount": 500, "candidatesTokenCount": 20, "totalTokenCount": 520}
NAMES = {"modelVersion": MODEL, "responseId": ID}


def signatures(request):
    """A call in the history must have the signature that was handed out with it (Gemini 3)."""
    calls = [part for part in gemini_parts(request) if "functionCall" in part]
    # The first call of a step is signed, parallel ones after it are not.
    unsigned = [part for part in calls[::2] if part.get("thoughtSignature") != "U0lHTkFUVVJF"]
    if unsigned:
        raise Refused("a function call in the contents has no thought signature")
    made = [{"functionCall": {"name": name, "args": args}} for name, args in plan(gemini_tools(request), gemini_turn(request))]
    if made:
        made[0]["thoughtSignature"] = "U0lHTkFUVVJF"
    body = gemini_chunk(made or [{"text": WORDS}], "STOP", GEMINI_USAGE, **NAMES)
    return lambda streams: sse([("", body)]) if streams else whole(body)


def reasons_everywhere(request):
    """A reason in every chunk, usage in one of its own at the end, names late (gateways before Gemini)."""
    made = [{"functionCall": {"name": name, "args": args}} for name, args in plan(gemini_tools(request), gemini_turn(request))]
    parts = made or [{"text": "All is"}, {"text": " done."}]

    def answer(streams):
        if not streams:
            return whole(gemini_chunk(parts, "STOP", GEMINI_USAGE, **NAMES))
        first = gemini_chunk([], "STOP", {"promptTokenCount": 500, "totalTokenCount": 500})
        rest = [gemini_chunk([part], "STOP", {"promptTokenCount": 500, "candidatesTokenCount": 1, "totalTokenCount": 501}) for part in parts]
        return sse([("", first), *(("", one) for one in rest), ("", {"usageMetadata": GEMINI_USAGE, **NAMES})])

    return answer


# --- Responses


def responses_tools(request):
    tools = {}

    def take(listed, prefix=""):
        for tool in listed or []:
            if tool.get("type") == "namespace":
                take(tool.get("tools"), tool["name"])
            elif tool.get("type") == "function":
                tools[tool["name"]] = tool.get("parameters")

    take(request.get("tools"))
    items = request["input"] if isinstance(request["input"], list) else []
    for item in items:
        if item.get("type") in ("additional_tools", "tool_search_output"):
            take(item.get("tools"))
    return tools


def responses_items(request):
    return request["input"] if isinstance(request["input"], list) else []


def responses_turn(request):
    return sum(item.get("type") in ("function_call_output", "custom_tool_call_output") for item in responses_items(request))


RESPONSES_USAGE = {"input_tokens": 500, "output_tokens": 20, "total_tokens": 520}


def message_item(text):
    part = {"type": "output_text", "text": text, "annotations": []}
    return {"type": "message", "id": "msg_1", "status": "completed", "role": "assistant", "content": [part]}


def call_item(number, name, made):
    item = {"type": "function_call", "id": f"fc_{number}", "status": "completed", "call_id": f"call_{number}"}
    return {**item, "name": name, "arguments": json.dumps(made)}


def response(status, output, usage=None):
    return {"id": ID, "object": "response", "created_at": 1, "status": status, "model": MODEL, "output": output, "usage": usage}


def event(kind, **data):
    return kind, {"type": kind, **data}


def responses_answer(request, output, events):
    last = response("completed", output, RESPONSES_USAGE)
    if not request.get("stream"):
        return whole(last)
    first = event("response.created", response=response("in_progress", []))
    return sse([first, *events, event("response.completed", response=last)])


def done_only(request):
    """Content comes in the finished items only, whose ids differ from those they were announced under (LM Studio)."""
    calls = plan(responses_tools(request), responses_turn(request))
    output = [call_item(n, *call) for n, call in enumerate(calls)] or [message_item(WORDS)]
    events = []
    for number, item in enumerate(output):
        empty = {"arguments": ""} if calls else {"content": []}
        events.append(event("response.output_item.added", output_index=number, item={**item, **empty, "status": "in_progress"}))
        events.append(event("response.output_item.done", output_index=number, item={**item, "id": f"other_{number}"}))
    return responses_answer(request, output, events)


def reasoning_required(request):
    """What was handed out encrypted beside calls must come back with their results."""
    turn = responses_turn(request)
    held = any(item.get("type") == "reasoning" and item.get("encrypted_content") == "ZW5jcnlwdGVk" for item in responses_items(request))
    if turn and not held:
        raise Refused("a function call in the input is without its reasoning item")
    calls = plan(responses_tools(request), turn)
    output = [call_item(n, *call) for n, call in enumerate(calls)] or [message_item(WORDS)]
    if calls:
        output.insert(0, {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "ZW5jcnlwdGVk"})
    events = []
    for number, item in enumerate(output):
        events.append(event("response.output_item.added", output_index=number, item=item))
        events.append(event("response.output_item.done", output_index=number, item=item))
    return responses_answer(request, output, events)


# --- Messages


def messages_tools(request):
    return {tool["name"]: tool.get("input_schema") for tool in request.get("tools") or []}


def messages_turn(request):
    contents = [message["content"] for message in request["messages"] if isinstance(message["content"], list)]
    return sum(block.get("type") == "tool_result" for content in contents for block in content)


def zeros_and_no_ends(request):
    """No input told, blocks that do not end, and no message_stop (Ollama, Kimi)."""
    calls = plan(messages_tools(request), messages_turn(request))
    blocks = [{"type": "tool_use", "id": f"toolu_{n}", "name": name, "input": made} for n, (name, made) in enumerate(calls)]
    blocks = blocks or [{"type": "text", "text": WORDS}]
    reason, zero = "tool_use" if calls else "end_turn", {"input_tokens": 0, "output_tokens": 0}
    message = {"id": ID, "type": "message", "role": "assistant", "model": MODEL, "stop_sequence": None}
    if not request.get("stream"):
        return whole({**message, "content": blocks, "stop_reason": reason, "usage": {**zero, "output_tokens": 20}})
    events = [event("message_start", message={**message, "content": [], "stop_reason": None, "usage": zero})]
    for number, block in enumerate(blocks):
        if calls:
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            start = {**block, "input": {}}
        else:
            delta, start = {"type": "text_delta", "text": block["text"]}, {"type": "text", "text": ""}
        events.append(event("content_block_start", index=number, content_block=start))
        events.append(event("content_block_delta", index=number, delta=delta))
    end = {"stop_reason": reason, "stop_sequence": None}
    return sse([*events, event("message_delta", delta=end, usage={"input_tokens": 0, "output_tokens": 20})])


# By name: the dialect, and what answers.
SERVERS = {
    "index-reused": ("openai-chat", index_reused),
    "no-ids": ("openai-chat", no_ids),
    "parts-and-empty-reasons": ("openai-chat", parts_and_empty_reasons),
    "no-reason-no-usage": ("openai-chat", no_reason_no_usage),
    "usage-that-cannot-be": ("openai-chat", usage_that_cannot_be),
    "gemini-signatures": ("gemini", signatures),
    "gemini-reasons-everywhere": ("gemini", reasons_everywhere),
    "responses-done-only": ("openai-responses", done_only),
    "responses-reasoning-required": ("openai-responses", reasoning_required),
    "messages-zeros-and-no-ends": ("anthropic-messages", zeros_and_no_ends),
}

lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, kind, body):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        name = self.path.split("/")[1]
        dialect, server = SERVERS[name]
        request = json.loads(body)
        status = 200
        try:
            answer = server(request)
            kind, out = answer("stream" in self.path) if callable(answer) else answer
        except Refused as refused:
            status, (kind, out) = 400, whole(refusal(dialect, str(refused)))
        with lock, open(sys.argv[2], "a") as log:
            log.write(json.dumps({"server": name, "path": self.path, "status": status, "request": request}) + "\n")
        self.send(status, kind, out)


def refusal(dialect, why):
    if dialect == "gemini":
        return {"error": {"code": 400, "message": why, "status": "INVALID_ARGUMENT"}}
    return {"error": {"type": "invalid_request_error", "message": why, "param": None, "code": None}}


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
