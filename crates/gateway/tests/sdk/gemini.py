"""The `google-genai` package."""

import base64

from google import genai
from google.genai import errors, types

from client import LIMIT, SYSTEM, Ask, Call, Client, Said


class Gemini(Client):
    STOPS = ("STOP", "STOP", "MAX_TOKENS")
    DIALECT = "gemini"

    def __init__(self, url, token, model):
        self.client = genai.Client(api_key=token, http_options=types.HttpOptions(base_url=url))
        self.model = model

    def models(self):
        return [model.name.removeprefix("models/") for model in self.client.models.list()]

    def count(self, text):
        return self.client.models.count_tokens(model=self.model, contents=text).total_tokens

    def request(self, ask: Ask) -> dict:
        contents, parts = [], []
        if ask.before:
            contents += [types.Content(role="user", parts=[types.Part(text="Go on.")])]
            contents += [types.Content(role="model", parts=ask.before.turn)]
            for call, (text, failed) in zip(ask.before.calls, ask.results):
                response = {"error" if failed else "output": text}
                result = types.FunctionResponse(id=call.id, name=call.name, response=response)
                parts.append(types.Part(function_response=result))
        parts.append(types.Part(text=ask.text))
        if ask.image:
            parts.append(types.Part.from_bytes(data=base64.b64decode(ask.image), mime_type="image/png"))
        contents.append(types.Content(role="user", parts=parts))
        config = {"system_instruction": SYSTEM, "max_output_tokens": LIMIT}
        if ask.tools:
            declarations = [
                types.FunctionDeclaration(
                    name=tool.name, description=tool.description, parameters_json_schema=tool.parameters
                )
                for tool in ask.tools
            ]
            config["tools"] = [types.Tool(function_declarations=declarations)]
        if ask.schema:
            config |= {"response_mime_type": "application/json", "response_json_schema": ask.schema}
        if ask.thinking:
            config["thinking_config"] = types.ThinkingConfig(include_thoughts=True, thinking_budget=1024)
        return {"model": self.model, "contents": contents, "config": types.GenerateContentConfig(**config)}

    def ask(self, ask: Ask, stream: bool) -> Said:
        request = self.request(ask)
        if stream:
            answers = list(self.client.models.generate_content_stream(**request))
        else:
            answers = [self.client.models.generate_content(**request)]
        return said(answers)

    def error(self, status):
        return errors.ServerError if status >= 500 else errors.ClientError

    def status(self, error):
        return error.code


def said(answers) -> Said:
    candidates = [answer.candidates[0] for answer in answers if answer.candidates]
    parts = [part for one in candidates if one.content for part in one.content.parts or []]
    stops = [one.finish_reason for one in candidates if one.finish_reason]
    usage = [answer.usage_metadata for answer in answers if answer.usage_metadata][-1]
    calls = [part.function_call for part in parts if part.function_call]
    return Said(
        text="".join(part.text for part in parts if part.text and not part.thought),
        stop=stops[-1].value,
        usage=(usage.prompt_token_count, usage.cached_content_token_count or 0, usage.candidates_token_count),
        calls=[Call(call.id, call.name, dict(call.args)) for call in calls],
        reasoning="".join(part.text for part in parts if part.text and part.thought),
        turn=parts,
    )
