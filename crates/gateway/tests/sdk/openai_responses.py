"""The `openai` package, responses."""

import json

import openai

from client import LIMIT, SYSTEM, Ask, Call, Client, Said
from openai_chat import ERRORS


class OpenaiResponses(Client):
    STOPS = ("completed", "completed", "max_output_tokens")
    DIALECT = "openai-responses"

    def __init__(self, url, token, model):
        self.client = openai.OpenAI(base_url=f"{url}/v1", api_key=token, max_retries=0)
        self.model = model

    def request(self, ask: Ask) -> dict:
        items = []
        if ask.before:
            items += [{"role": "user", "content": "Go on."}, *ask.before.turn]
            items += [
                {"type": "function_call_output", "call_id": call.id, "output": text}
                for call, (text, _) in zip(ask.before.calls, ask.results)
            ]
        content = [{"type": "input_text", "text": ask.text}]
        if ask.image:
            content.append({"type": "input_image", "image_url": f"data:image/png;base64,{ask.image}"})
        items.append({"role": "user", "content": content})
        request = {
            "model": self.model,
            "instructions": SYSTEM,
            "input": items,
            "max_output_tokens": LIMIT,
            "store": False,
        }
        if ask.tools:
            request["tools"] = [{"type": "function", "strict": True, **vars(tool)} for tool in ask.tools]
        if ask.schema:
            schema = {"type": "json_schema", "name": "answer", "schema": ask.schema, "strict": True}
            request["text"] = {"format": schema}
        if ask.thinking:
            request["reasoning"] = {"effort": "low", "summary": "auto"}
            request["include"] = ["reasoning.encrypted_content"]
        return request

    def ask(self, ask: Ask, stream: bool) -> Said:
        request = self.request(ask)
        if stream:
            streamed, response = "", None
            with self.client.responses.stream(**request) as events:
                for event in events:
                    if event.type == "response.output_text.delta":
                        streamed += event.delta
                    elif event.type in ("response.completed", "response.incomplete"):
                        response = event.response
            assert streamed == response.output_text, f"{streamed!r} streamed, {response.output_text!r} at the end"
        else:
            response = self.client.responses.create(**request)
        return said(response)

    def error(self, status):
        return ERRORS[status]


def said(response) -> Said:
    calls, reasoning = [], ""
    for item in response.output:
        if item.type == "function_call":
            calls.append(Call(item.call_id, item.name, json.loads(item.arguments)))
        elif item.type == "reasoning":
            reasoning += "".join(part.text for part in item.summary)
    incomplete, usage = response.incomplete_details, response.usage
    return Said(
        text=response.output_text,
        stop=incomplete.reason if incomplete else response.status,
        usage=(usage.input_tokens, usage.input_tokens_details.cached_tokens, usage.output_tokens),
        calls=calls,
        reasoning=reasoning,
        turn=[item.model_dump(exclude_none=True, exclude={"parsed_arguments"}) for item in response.output],
    )
