"""Amazon Bedrock as botocore knows it. One task, its input as JSON on standard input, its result on standard output.

`ask`: asks the server `url` for `model`, whole and as a stream, with botocore's own client.
`frames`: the events `events` as a binary event stream, in base64; `exception` ends it. The frames are written here,
apart from the codec under test, and read back with botocore's.
`converse`: asks the server `url` for `model` by `ConverseStream`, and says what botocore finds wrong in the bodies
`bodies` of that operation.
`converse_frames`: the messages `messages` (name and payload) of `ConverseStream`, as above; and what botocore reads.
`sign`: the `Authorization` that botocore gives to each of the requests `requests`.
"""

import base64
import binascii
import json
import struct
import sys
from contextlib import suppress

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.eventstream import EventStreamBuffer
from botocore.parsers import EventStreamJSONParser
from botocore.session import Session
from botocore.validate import ParamValidator

REGION = "eu-west-1"
KEYS = {"access_key": "AKIDSCRIPTED", "secret_key": "scripted-secret", "token": "scripted-session"}


def ask(url, model):
    session = Session()
    session.set_credentials(**KEYS)
    config = Config(retries={"total_max_attempts": 1})
    client = session.create_client("bedrock-runtime", region_name=REGION, endpoint_url=url, config=config)
    for call in (client.invoke_model, client.invoke_model_with_response_stream):
        with suppress(Exception):
            call(modelId=model, body=b"{}", contentType="application/json")
    return None


def frame(headers, payload):
    coded = b"".join(
        struct.pack("!B", len(name)) + name.encode() + b"\x07" + struct.pack("!H", len(value)) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(coded) + len(payload), len(coded))
    message = prelude + struct.pack("!I", binascii.crc32(prelude)) + coded + payload
    return message + struct.pack("!I", binascii.crc32(message))


def frames(events, exception=None):
    out = b""
    for event in events:
        coded = base64.b64encode(json.dumps(event).encode()).decode()
        headers = {":event-type": "chunk", ":content-type": "application/json", ":message-type": "event"}
        out += frame(headers, json.dumps({"bytes": coded, "p": "abcdefgh"}).encode())
    if exception:
        headers = {":exception-type": exception, ":content-type": "application/json", ":message-type": "exception"}
        out += frame(headers, json.dumps({"message": "scripted"}).encode())
    buffer = EventStreamBuffer()
    buffer.add_data(out)
    assert len(list(buffer)) == len(events) + bool(exception), "botocore reads other events"
    return base64.b64encode(out).decode()


def converse(url, model, bodies):
    session = Session()
    session.set_credentials(**KEYS)
    config = Config(retries={"total_max_attempts": 1})
    client = session.create_client("bedrock-runtime", region_name=REGION, endpoint_url=url, config=config)
    with suppress(Exception):
        client.converse_stream(modelId=model, messages=[{"role": "user", "content": [{"text": "Say something."}]}])
    shape = client.meta.service_model.operation_model("ConverseStream").input_shape
    # Bytes are base64 in JSON, and bytes to botocore.
    reports = [ParamValidator().validate({"modelId": model, **in_bytes(body)}, shape) for body in bodies]
    return [report.generate_report() for report in reports]


def in_bytes(value):
    if isinstance(value, dict):
        return {
            key: base64.b64decode(one) if key in ("bytes", "redactedContent") else in_bytes(one)
            for key, one in value.items()
        }
    return [in_bytes(one) for one in value] if isinstance(value, list) else value


def converse_frames(messages):
    out = b""
    for name, payload in messages:
        headers = {":event-type": name, ":content-type": "application/json", ":message-type": "event"}
        out += frame(headers, json.dumps(payload).encode())
    shape = Session().get_service_model("bedrock-runtime").operation_model("ConverseStream").output_shape
    parser, buffer = EventStreamJSONParser(), EventStreamBuffer()
    buffer.add_data(out)
    read = [parser.parse(one.to_response_dict(), shape.members["stream"]) for one in buffer]
    # A payload that botocore's model of the service does not know is left empty by it.
    assert [{name: payload} for name, payload in messages] == read, read
    return base64.b64encode(out).decode()


def sign(requests):
    return [authorization(**request) for request in requests]


def authorization(url, headers, body):
    credentials = Credentials(**KEYS)
    signer = SigV4Auth(credentials, "bedrock", REGION)
    # What botocore's own client signs, of what was sent.
    signed = {name: value for name, value in headers.items() if name == "content-type" or name.startswith("x-amz-")}
    request = AWSRequest("POST", url, headers=signed, data=base64.b64decode(body))
    request.context["timestamp"] = headers["x-amz-date"]
    to_sign = signer.string_to_sign(request, signer.canonical_request(request))
    names = signer.signed_headers(signer.headers_to_sign(request))
    signature = signer.signature(to_sign, request)
    return f"AWS4-HMAC-SHA256 Credential={signer.scope(request)}, SignedHeaders={names}, Signature={signature}"


TASKS = {"ask": ask, "frames": frames, "converse": converse, "converse_frames": converse_frames, "sign": sign}
task = TASKS[sys.argv[1]]
print(json.dumps(task(**json.load(sys.stdin))))
