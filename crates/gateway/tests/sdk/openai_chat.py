"""The `openai` package, chat completions."""

import json

import openai

from client import LIMIT, SYSTEM, Ask, Call, Client, Said

ERRORS = {
    400: openai.BadRequestError,
    401: openai.AuthenticationError,
    429: openai.RateLimitError,
    500: openai.InternalServerError,
}


class OpenaiChat(Client):
    STOPS = ("stop", "tool_calls", "length")
    DIALECT = "openai-chat"

    def __init__(self, url, token, model):
        self.client = openai.OpenAI(base_url=f"{url}/v1", api_key=token, max_retries=0)
        self.model = model

    def models(self):
        return [model.id for model in self.client.models.list()]

    def request(self, ask: Ask) -> dict:
        messages = [{"role": "system", "content": SYSTEM}]
        if ask.before:
            messages += [{"role": "user", "content": "Go on."}, ask.before.turn]
        messages += [
            {"role": "tool", "tool_call_id": call.id, "content": text}
            for call, (text, _) in zip(ask.before.calls if ask.before else [], ask.results)
        ]
        content = [{"type": "text", "text": ask.text}]
        if ask.image:
            content.append({"type": "image_url", "image_url": {"url": f"data:image/png;base64,{ask.image}"}})
        messages.append({"role": "user", "content": content})
        request = {"model": self.model, "messages": messages, "max_completion_tokens": LIMIT}
        if ask.tools:
            request["tools"] = [
                {"type": "function", "function": {**vars(tool), "strict": True}} for tool in ask.tools
            ]
        if ask.schema:
            schema = {"name": "answer", "schema": ask.schema, "strict": True}
            request["response_format"] = {"type": "json_schema", "json_schema": schema}
        if ask.thinking:
            request["reasoning_effort"] = "low"
        return request

    def ask(self, ask: Ask, stream: bool) -> Said:
        request = self.request(ask)
        if stream:
            with self.client.chat.completions.stream(
                **request, stream_options={"include_usage": True}
            ) as events:
                reasoning = "".join(reasoning_of(event) for event in events)
                try:
                    completion = events.get_final_completion()
                except openai.LengthFinishReasonError as cut:
                    completion = cut.completion
        else:
            completion = self.client.chat.completions.create(**request)
            reasoning = getattr(completion.choices[0].message, "reasoning_content", None) or ""
        return said(completion, reasoning)

    def error(self, status):
        return ERRORS[status]


def reasoning_of(event) -> str:
    # The library has no place for it and keeps it as an extra field.
    if event.type != "chunk" or not event.chunk.choices:
        return ""
    return getattr(event.chunk.choices[0].delta, "reasoning_content", None) or ""


def said(completion, reasoning) -> Said:
    choice, usage = completion.choices[0], completion.usage
    message = choice.message
    calls = [
        Call(call.id, call.function.name, json.loads(call.function.arguments))
        for call in message.tool_calls or []
    ]
    turn = {"role": "assistant", "content": message.content}
    if calls:
        turn["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.function.name, "arguments": call.function.arguments},
            }
            for call in message.tool_calls
        ]
    if reasoning:
        turn["reasoning_content"] = reasoning
    return Said(
        text=message.content or "",
        stop=choice.finish_reason,
        usage=(usage.prompt_tokens, usage.prompt_tokens_details.cached_tokens, usage.completion_tokens),
        calls=calls,
        reasoning=reasoning,
        turn=turn,
    )
