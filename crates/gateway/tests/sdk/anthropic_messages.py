"""The `anthropic` package."""

import anthropic

from client import LIMIT, SYSTEM, Ask, Call, Client, Said

ERRORS = {
    400: anthropic.BadRequestError,
    401: anthropic.AuthenticationError,
    429: anthropic.RateLimitError,
    500: anthropic.InternalServerError,
}


class AnthropicMessages(Client):
    STOPS = ("end_turn", "tool_use", "max_tokens")
    DIALECT = "anthropic-messages"

    def __init__(self, url, token, model):
        self.client = anthropic.Anthropic(base_url=url, api_key=token, max_retries=0)
        self.model = model

    def models(self):
        return [model.id for model in self.client.models.list()]

    def count(self, text):
        messages = [{"role": "user", "content": text}]
        return self.client.messages.count_tokens(model=self.model, messages=messages).input_tokens

    def request(self, ask: Ask) -> dict:
        messages, content = [], []
        if ask.before:
            messages += [{"role": "user", "content": "Go on."}, {"role": "assistant", "content": ask.before.turn}]
            content += [
                {"type": "tool_result", "tool_use_id": call.id, "content": text, "is_error": failed}
                for call, (text, failed) in zip(ask.before.calls, ask.results)
            ]
        content.append({"type": "text", "text": ask.text})
        if ask.image:
            source = {"type": "base64", "media_type": "image/png", "data": ask.image}
            content.append({"type": "image", "source": source})
        messages.append({"role": "user", "content": content})
        request = {"model": self.model, "max_tokens": LIMIT, "system": SYSTEM, "messages": messages}
        if ask.tools:
            request["tools"] = [
                {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
                for tool in ask.tools
            ]
        if ask.schema:
            request["output_config"] = {"format": {"type": "json_schema", "schema": ask.schema}}
        if ask.thinking:
            request["thinking"] = {"type": "enabled", "budget_tokens": 1024}
        return request

    def ask(self, ask: Ask, stream: bool) -> Said:
        request = self.request(ask)
        if stream:
            with self.client.messages.stream(**request) as events:
                streamed = "".join(events.text_stream)
                message = events.get_final_message()
            text = "".join(block.text for block in message.content if block.type == "text")
            assert streamed == text, f"{streamed!r} streamed, {text!r} at the end"
        else:
            message = self.client.messages.create(**request)
        return said(message)

    def error(self, status):
        return ERRORS[status]


def said(message) -> Said:
    blocks, usage = message.content, message.usage
    cached = usage.cache_read_input_tokens or 0
    return Said(
        text="".join(block.text for block in blocks if block.type == "text"),
        stop=message.stop_reason,
        usage=(usage.input_tokens + cached + (usage.cache_creation_input_tokens or 0), cached, usage.output_tokens),
        calls=[Call(block.id, block.name, block.input) for block in blocks if block.type == "tool_use"],
        reasoning="".join(block.thinking for block in blocks if block.type == "thinking"),
        turn=[block.model_dump(exclude_none=True) for block in blocks],
    )
