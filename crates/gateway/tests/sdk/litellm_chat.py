"""The `litellm` package, by its `openai` route."""

import os

# Else it asks for a newer list of prices at each start.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402

import openai_chat  # noqa: E402
from client import Ask, Client, Said  # noqa: E402

litellm.suppress_debug_info = True

ERRORS = {
    400: litellm.BadRequestError,
    401: litellm.AuthenticationError,
    429: litellm.RateLimitError,
    # What is wrong behind a gateway may be its 502 or the provider's own 500.
    500: (litellm.InternalServerError, litellm.APIError, litellm.BadGatewayError),
}


class LitellmChat(Client):
    STOPS = openai_chat.OpenaiChat.STOPS
    DIALECT = "openai-chat"

    def __init__(self, url, token, model):
        self.where = {"api_base": f"{url}/v1", "api_key": token, "num_retries": 0, "max_retries": 0}
        self.model = f"openai/{model}"

    def ask(self, ask: Ask, stream: bool) -> Said:
        request = openai_chat.OpenaiChat.request(self, ask)
        # Its list of models that reason does not know ours.
        request["allowed_openai_params"] = ["reasoning_effort"]
        if stream:
            chunks = list(
                litellm.completion(
                    **request, **self.where, stream=True, stream_options={"include_usage": True}
                )
            )
            completion = litellm.stream_chunk_builder(chunks)
        else:
            completion = litellm.completion(**request, **self.where)
        reasoning = getattr(completion.choices[0].message, "reasoning_content", None) or ""
        return openai_chat.said(completion, reasoning)

    def error(self, status):
        return ERRORS[status]
