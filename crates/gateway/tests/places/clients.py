"""Asks a server in the name of the places where models live, as each place's official client does: `clients.py URL`.

What the server answers is of no matter: it looks at the requests.
"""

import sys
from contextlib import suppress

from anthropic import AnthropicVertex
from google import genai
from google.genai import types
from google.oauth2.credentials import Credentials
from openai import AzureOpenAI

url = sys.argv[1]
SAID = [{"role": "user", "content": "Say something."}]


def azure():
    client = AzureOpenAI(azure_endpoint=url, api_version="2025-04-01-preview", api_key="k", max_retries=0)
    with suppress(Exception):
        client.chat.completions.create(model="served-1", messages=SAID)
    with suppress(Exception):
        client.responses.create(model="served-1", input="Say something.")


def vertex_gemini():
    options = types.HttpOptions(base_url=url)
    client = genai.Client(
        vertexai=True, project="p", location="eu", credentials=Credentials(token="k"), http_options=options
    )
    with suppress(Exception):
        client.models.generate_content(model="served-1", contents="Say something.")
    with suppress(Exception):
        list(client.models.generate_content_stream(model="served-1", contents="Say something."))


def vertex_claude():
    client = AnthropicVertex(region="eu", project_id="p", access_token="k", base_url=f"{url}/v1", max_retries=0)
    for stream in (False, True):
        with suppress(Exception):
            client.messages.create(model="served-1", max_tokens=100, messages=SAID, stream=stream)


azure()
vertex_gemini()
vertex_claude()
