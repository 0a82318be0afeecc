"""An OpenID provider as a process of its own, for the tests: the code flow with PKCE, made of Authlib's server side.

`python -m tests.openid_provider PORT` serves at 127.0.0.1. Whoever fills in a name on its page is that person; some
names make it lie, so that the clinic can be seen to refuse: `forger` signs with another key, `late` shows an old
sign-in, `stranger` has a token for another client, `replayed` one with another nonce.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6749.models import ClientMixin
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core import OpenIDCode
from authlib.oidc.core.grants.code import AuthorizationCodeMixin
from flask import Flask, Response, request, session
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "botwacht", "s" * 32
KEY, FORGED = RSAKey.generate_key(2048, {"kid": "1"}), RSAKey.generate_key(2048, {"kid": "1"})

PEOPLE: dict[str, dict[str, Any]] = {
    "p.vandam": {"groups": ["bot-nurses"], "name": "P. van Dam"},
    "moved": {"groups": ["bot-doctors"], "name": "P. van Dam", "sub": "p.vandam"},
    "gone": {"groups": ["everybody"], "sub": "p.vandam"},
    "k.arts": {"groups": ["everybody", "bot-doctors"], "name": "K. Arts", "acr": "two"},
    "n.zuster": {"groups": ["bot-nurses"], "name": "N. Zuster", "acr": "two"},
    "by.password": {"groups": ["bot-doctors"], "acr": "one"},
    "visitor": {"groups": ["everybody"]},
    "forger": {"groups": ["bot-doctors"]},
    "late": {"groups": ["bot-doctors"], "sub": "k.arts", "acr": "two"},
    "stranger": {"groups": ["bot-doctors"]},
    "replayed": {"groups": ["bot-doctors"]},
}
FORM = '<form method="post"><input name="username"><button>Sign in</button></form>'


@dataclass
class Client(ClientMixin):
    """The clinic."""

    redirect_uri: str = ""

    def get_client_id(self) -> str:
        return CLIENT

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_allowed_scope(self, scope: str) -> str:
        return scope

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri.endswith("/hospital/back")

    def check_client_secret(self, client_secret: str) -> bool:
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method == "client_secret_basic"

    def check_response_type(self, response_type: str) -> bool:
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    """A code that was given out, with all it stands for."""

    code: str
    redirect_uri: str
    scope: str
    username: str
    auth_time: int
    data: dict[str, str] = field(default_factory=dict)

    @property
    def code_challenge(self) -> str:
        return self.data.get("code_challenge", "")

    @property
    def code_challenge_method(self) -> str:
        return self.data.get("code_challenge_method", "")

    def get_redirect_uri(self) -> str:
        return self.redirect_uri

    def get_scope(self) -> str:
        return self.scope

    def get_nonce(self) -> str:
        return "another" if self.username == "replayed" else self.data.get("nonce", "")

    def get_auth_time(self) -> int:
        return self.auth_time - (3600 if self.username == "late" else 0)

    def get_acr(self) -> str:
        return str(PEOPLE[self.username].get("acr", ""))

    def get_amr(self) -> None:
        return None


CODES: dict[str, Code] = {}


class CodeGrant(AuthorizationCodeGrant):
    """Codes are kept in memory, and each is used once."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

    def save_authorization_code(self, code: str, request: Any) -> None:
        payload = request.payload
        CODES[code] = Code(code, payload.redirect_uri, payload.scope, request.user, session["at"], dict(payload.data))

    def query_authorization_code(self, code: str, client: Any) -> Code | None:
        return CODES.get(code)

    def delete_authorization_code(self, authorization_code: Code) -> None:
        del CODES[authorization_code.code]

    def authenticate_user(self, authorization_code: Code) -> str:
        return authorization_code.username


class IdToken(OpenIDCode):
    """What it says of whom, and with which key; the issuer is where it is served."""

    def resolve_client_private_key(self, client: Any) -> RSAKey:
        return KEY

    def encode_id_token(self, token: Any, request: Any) -> Any:
        self.key = FORGED if request.user == "forger" else KEY
        self.audience = "another" if request.user == "stranger" else CLIENT
        from authlib.oidc.core.grants import code

        key = self.key
        self.resolve_client_private_key = lambda client: key  # type: ignore[method-assign]
        return code.OpenIDToken.encode_id_token(self, token, request)

    def get_encode_header(self, client: Any) -> dict[str, str]:
        return {"alg": "RS256", "kid": "1"}

    def get_client_algorithm(self, client: Any) -> str:
        return "RS256"

    def get_client_claims(self, client: Any) -> dict[str, Any]:
        return {"iss": request.url_root.rstrip("/"), "aud": [self.audience]}

    def exists_nonce(self, nonce: str, request: Any) -> bool:
        return any(code.data.get("nonce") == nonce for code in CODES.values())

    def generate_user_info(self, user: str, scope: str) -> dict[str, Any]:
        told = {name: value for name, value in PEOPLE[user].items() if name != "acr"}
        return {"sub": user, "preferred_username": told.get("sub", user)} | told


def make_app() -> Flask:
    """The provider."""
    app = Flask("provider")
    app.secret_key = "x" * 32
    app.config["SESSION_COOKIE_NAME"] = "provider"
    server = AuthorizationServer(app, lambda client_id: Client() if client_id == CLIENT else None, lambda *_: None)
    server.register_grant(CodeGrant, [IdToken(require_nonce=True), CodeChallenge(required=True)])

    @app.get("/.well-known/openid-configuration")
    def configuration() -> dict[str, Any]:
        root = request.url_root.rstrip("/")
        return {
            "issuer": root, "authorization_endpoint": f"{root}/authorize", "token_endpoint": f"{root}/token",
            "jwks_uri": f"{root}/keys", "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }  # fmt: skip

    @app.get("/keys")
    def keys() -> dict[str, Any]:
        return dict(KeySet([KEY]).as_dict(private=False))

    @app.route("/authorize", methods=["GET", "POST"])
    def authorize() -> Response | str:
        if request.method == "POST":
            session["person"], session["at"] = request.form["username"], int(time.time())
        elif "person" not in session or "login" in request.args.get("prompt", ""):
            return FORM
        grant = server.get_consent_grant(end_user=session["person"])
        found: Response = server.create_authorization_response(grant_user=session["person"], grant=grant)
        return found

    @app.post("/token")
    def token() -> Response:
        found: Response = server.create_token_response()
        return found

    return app


if __name__ == "__main__":
    make_app().run("127.0.0.1", int(sys.argv[1]))
