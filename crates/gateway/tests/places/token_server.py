"""A token server of Google's, on loopback, that checks: `token_server.py FOLDER`.

It makes a key, writes `FOLDER/account.json` as Google Cloud does for a service account, prints that it is ready, and
then gives a token for each assertion that google-auth can verify with the public key. The first lives 2 s, all others
an hour.
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import jwt

EMAIL = "runner@scripted.iam.gserviceaccount.com"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
given = 0


class TokenServer(BaseHTTPRequestHandler):
    def do_POST(self):
        global given
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        try:
            assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"], form["grant_type"]
            claims = jwt.decode(form["assertion"][0], certs={"key-1": PUBLIC}, audience=address)
            assert claims["iss"] == EMAIL and claims["scope"] == SCOPE, claims
            assert claims["exp"] - claims["iat"] <= 3600 and abs(claims["iat"] - time.time()) < 60, claims
        except Exception as error:
            return self.say(400, {"error": "invalid_grant", "error_description": str(error)})
        given += 1
        expires = 2 if given == 1 else 3600
        self.say(200, {"access_token": f"token-{given}", "expires_in": expires, "token_type": "Bearer"})

    def say(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), TokenServer)
address = f"http://127.0.0.1:{server.server_port}/token"
private = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
account = {
    "type": "service_account",
    "project_id": "p",
    "private_key_id": "key-1",
    "private_key": private.decode(),
    "client_email": EMAIL,
    "token_uri": address,
}
Path(sys.argv[1], "account.json").write_text(json.dumps(account))
print("ready", flush=True)
server.serve_forever()
