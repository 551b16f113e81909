"""Authlib in a Flask application, as its users write one, against a running Portcullis.

Run by tests/it/interop.rs, which sets ISSUER, REGISTRAR_ID and REGISTRAR_SECRET (a client that may register others),
USERNAME and PASSWORD. Signatures, nonce, state, iss, aud, at_hash and the metadata are checked by the library.
"""

import json
import os
import sys
import time
import traceback

import requests
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2 import rfc8414, rfc9207
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT
from authlib.oauth2.rfc8628 import DEVICE_CODE_GRANT_TYPE
from authlib.oauth2.rfc9068 import JWTBearerTokenValidator
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url
from authlib.oidc.rpinitiated import OpenIDProviderMetadata as LogoutMetadata
from flask import Flask, jsonify, url_for
from joserfc.jwk import ECKey, KeySet

from browser import Browser

ISSUER, REGISTRAR_ID, REGISTRAR_SECRET, USERNAME, PASSWORD = (
    os.environ[name] for name in ("ISSUER", "REGISTRAR_ID", "REGISTRAR_SECRET", "USERNAME", "PASSWORD")
)
HOST = "127.0.0.1:9"  # nobody listens: Flask's test client is called in its place
CALLBACK, GOODBYE = f"http://{HOST}/callback", f"http://{HOST}/goodbye"
SCOPE = "openid profile email offline_access"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"

STEPS = []


def step(name):
    """Names a step; they run in the order in which they are written."""
    return lambda run: STEPS.append((name, run))


class World:
    """What earlier steps leave to later ones."""


w = World()


def refused(code, attempt):
    """Expects an OAuth error by its code."""
    try:
        attempt()
    except OAuthError as error:
        assert error.error == code, f"not {code} but {error}"
    else:
        raise AssertionError(f"not refused with {code}")


def session(client, secret=None, method="client_secret_basic", **more):
    """A session of Authlib for a client."""
    return OAuth2Session(client, secret, token_endpoint_auth_method=method, scope=more.pop("scope", None), **more)


def register(**more):
    """Registers a client (RFC 7591); Authlib leaves that request to us."""
    wanted = {
        "client_name": "A shop in Flask", "redirect_uris": [CALLBACK], "post_logout_redirect_uris": [GOODBYE],
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"], "response_types": ["code"],
        "scope": SCOPE, **more,
    }
    bearer = {"Authorization": f"Bearer {w.initial}"}
    answer = requests.post(w.metadata["registration_endpoint"], json=wanted, headers=bearer, timeout=30)
    assert answer.status_code == 201, answer.text
    return answer.json()


@step("discovery, found and validated by the library")
def discovery():
    answer = requests.get(get_well_known_url(ISSUER, external=True), timeout=30)
    w.metadata = answer.json()
    assert w.metadata["issuer"] == ISSUER
    # The library insists on https, which this server has in front of it in production only.
    secure = json.loads(answer.text.replace("http://", "https://"))
    OpenIDProviderMetadata(secure).validate(metadata_classes=[LogoutMetadata, rfc9207.AuthorizationServerMetadata])


@step("authorization server metadata (RFC 8414), found and validated by the library")
def oauth_metadata():
    answer = requests.get(rfc8414.get_well_known_url(ISSUER, external=True), timeout=30)
    assert answer.status_code == 200, answer.text
    secure = json.loads(answer.text.replace("http://", "https://"))
    rfc8414.AuthorizationServerMetadata(secure).validate()
    assert answer.json()["issuer"] == ISSUER


@step("client_credentials with client_secret_basic and client_secret_post")
def client_credentials():
    for method in ("client_secret_basic", "client_secret_post"):
        with session(REGISTRAR_ID, REGISTRAR_SECRET, method, scope="dcr_register") as registrar:
            token = registrar.fetch_token(w.metadata["token_endpoint"], grant_type="client_credentials")
    w.initial = token["access_token"]


@step("a wrong secret is refused")
def wrong_secret():
    with session(REGISTRAR_ID, "wrong") as stranger:
        endpoint = w.metadata["token_endpoint"]
        refused("invalid_client", lambda: stranger.fetch_token(endpoint, grant_type="client_credentials"))


@step("registration with an initial access token")
def registration():
    w.client = register()
    app = Flask("shop")
    app.config.update(SECRET_KEY="of a test", SERVER_NAME=HOST)
    oauth = OAuth(app)
    oauth.register(
        "op", client_id=w.client["client_id"], client_secret=w.client["client_secret"],
        server_metadata_url=get_well_known_url(ISSUER, external=True),
        client_kwargs={"scope": SCOPE, "code_challenge_method": "S256"},
    )
    app.add_url_rule("/login", "login", lambda: oauth.op.authorize_redirect(url_for("callback", _external=True)))
    app.add_url_rule("/callback", "callback", lambda: jsonify(oauth.op.authorize_access_token()))
    app.add_url_rule("/info/<token>", "info", lambda token: jsonify(oauth.op.userinfo(token={"access_token": token, "token_type": "bearer"})))
    app.add_url_rule("/logout/<hint>", "logout", lambda hint: oauth.op.logout_redirect(GOODBYE, id_token_hint=hint))
    app.add_url_rule("/goodbye", "goodbye", lambda: jsonify(oauth.op.validate_logout_response()))
    w.shop, w.person = app.test_client(), Browser(ISSUER, USERNAME, PASSWORD)


def log_in():
    """The whole code flow: the application sends the person off, the person walks, the application takes the answer."""
    away = w.shop.get("/login", base_url=f"http://{HOST}").headers["location"]
    back = w.person.walk(away)
    assert back.startswith(f"{CALLBACK}?"), back
    answer = w.shop.get(back.removeprefix(f"http://{HOST}"), base_url=f"http://{HOST}")
    assert answer.status_code == 200, answer.text
    return answer.json


@step("code flow with PKCE, state and nonce; the ID token and its at_hash")
def code_flow():
    w.tokens = log_in()
    info = w.tokens["userinfo"]
    assert info["sub"] == USERNAME and info["aud"] in (w.client["client_id"], [w.client["client_id"]]), info
    assert w.tokens["token_type"].lower() == "bearer" and w.tokens["refresh_token"]


@step("a state that was not ours is refused")
def strange_state():
    w.shop.get("/login", base_url=f"http://{HOST}")
    w.shop.application.testing = True
    refused("mismatching_state", lambda: w.shop.get("/callback?code=x&state=y", base_url=f"http://{HOST}"))


@step("userinfo")
def userinfo():
    answer = w.shop.get(f"/info/{w.tokens['access_token']}", base_url=f"http://{HOST}")
    assert answer.json["name"] == "Alice Adams" and answer.json["email"] == "alice@example.com", answer.text


@step("the access token is one of RFC 9068")
def access_token():
    class Validator(JWTBearerTokenValidator):
        """Takes the keys from where the metadata says."""

        def get_jwks(self):
            return KeySet.import_key_set(requests.get(w.metadata["jwks_uri"], timeout=30).json())

    claims = Validator(ISSUER, None).authenticate_token(w.tokens["access_token"])
    claims.options.pop("aud")  # whom it is for is the resource server's to say
    claims.validate()
    assert claims["client_id"] == w.client["client_id"] and claims["sub"] == USERNAME


def shop_session(**more):
    """A session of the registered client, by itself."""
    return session(w.client["client_id"], w.client["client_secret"], **more)


@step("refresh with rotation; the old one is of no use")
def refresh():
    endpoint, old = w.metadata["token_endpoint"], w.tokens["refresh_token"]
    with shop_session() as shop:
        w.refreshed = shop.refresh_token(endpoint, old)
        assert w.refreshed["refresh_token"] != old
        refused("invalid_grant", lambda: shop.refresh_token(endpoint, old))
        refused("invalid_grant", lambda: shop.refresh_token(endpoint, w.refreshed["refresh_token"]))


@step("introspection, revocation, introspection")
def introspection():
    tokens = log_in()
    introspect, revoke = w.metadata["introspection_endpoint"], w.metadata["revocation_endpoint"]
    with shop_session() as shop:
        found = shop.introspect_token(introspect, tokens["access_token"]).json()
        assert found["active"] and found["sub"] == USERNAME, found
        assert shop.revoke_token(revoke, tokens["refresh_token"], "refresh_token").status_code == 200
        assert shop.introspect_token(introspect, tokens["access_token"]).json() == {"active": False}


@step("private_key_jwt")
def private_key_jwt():
    key = ECKey.generate_key("P-256", {"kid": "robot", "use": "sig", "alg": "ES256"})
    keys = {"keys": [key.as_dict(private=False)]}
    made = register(client_name="A robot", token_endpoint_auth_method="private_key_jwt", jwks=keys)
    endpoint = w.metadata["token_endpoint"]
    with session(made["client_id"], key, PrivateKeyJWT(endpoint, alg="ES256", headers={"kid": "robot"})) as robot:
        assert robot.fetch_token(endpoint, grant_type="client_credentials")["access_token"]
    other = ECKey.generate_key("P-256", {"kid": "robot"})
    with session(made["client_id"], other, PrivateKeyJWT(endpoint, alg="ES256", headers={"kid": "robot"})) as robot:
        refused("invalid_client", lambda: robot.fetch_token(endpoint, grant_type="client_credentials"))


@step("client_secret_jwt")
def client_secret_jwt():
    made = register(client_name="Another robot", token_endpoint_auth_method="client_secret_jwt")
    endpoint = w.metadata["token_endpoint"]
    with session(made["client_id"], made["client_secret"], ClientSecretJWT(endpoint)) as robot:
        assert robot.fetch_token(endpoint, grant_type="client_credentials")["access_token"]


@step("a public client: no secret, PKCE instead")
def public_client():
    made = register(
        client_name="An app", token_endpoint_auth_method="none", grant_types=["authorization_code", "refresh_token"],
    )
    verifier = "a" * 43
    with session(made["client_id"], None, "none", scope=SCOPE, redirect_uri=CALLBACK, code_challenge_method="S256") as app:
        away, state = app.create_authorization_url(w.metadata["authorization_endpoint"], code_verifier=verifier)
        back = w.person.walk(away)
        endpoint = w.metadata["token_endpoint"]
        tokens = app.fetch_token(endpoint, authorization_response=back, state=state, code_verifier=verifier)
        assert app.refresh_token(endpoint, tokens["refresh_token"])["access_token"]


@step("a device, and an exchange of its token: the library sends grants that it does not know as well")
def device():
    grants = ["refresh_token", DEVICE_CODE_GRANT_TYPE, EXCHANGE]
    made = register(client_name="A television", grant_types=grants, response_types=[], redirect_uris=[])
    client, endpoint = (made["client_id"], made["client_secret"]), w.metadata["token_endpoint"]
    asked = {"scope": "openid profile"}
    begun = requests.post(w.metadata["device_authorization_endpoint"], data=asked, auth=client, timeout=30).json()
    with session(*client) as television:
        def poll():
            return television.fetch_token(endpoint, grant_type=DEVICE_CODE_GRANT_TYPE, device_code=begun["device_code"])

        refused("authorization_pending", poll)
        w.person.connect(begun["verification_uri_complete"])
        time.sleep(1.1)  # the server says that a second is enough
        token = poll()["access_token"]
        less = {"subject_token": token, "subject_token_type": ACCESS_TOKEN, "scope": "openid"}
        exchanged = television.fetch_token(endpoint, grant_type=EXCHANGE, **less)
        assert exchanged["scope"] == "openid" and exchanged["issued_token_type"] == ACCESS_TOKEN, exchanged


@step("logout: back to the application, which knows the state")
def logout():
    tokens = log_in()
    away = w.shop.get(f"/logout/{tokens['id_token']}", base_url=f"http://{HOST}").headers["location"]
    back = w.person.walk(away)
    assert back.startswith(f"{GOODBYE}?state="), back
    answer = w.shop.get(back.removeprefix(f"http://{HOST}"), base_url=f"http://{HOST}")
    assert answer.json["post_logout_redirect_uri"] == GOODBYE, answer.text


@step("the registration is read, changed and deleted (RFC 7592)")
def management():
    uri, bearer = w.client["registration_client_uri"], {"Authorization": f"Bearer {w.client['registration_access_token']}"}
    found = requests.get(uri, headers=bearer, timeout=30).json()
    assert found["client_id"] == w.client["client_id"], found
    kept = {name: value for name, value in found.items() if not name.startswith(("registration_", "client_id_issued", "client_secret_exp"))}
    changed = requests.put(uri, json={**kept, "client_name": "Renamed"}, headers=bearer, timeout=30)
    assert changed.status_code == 200 and changed.json()["client_name"] == "Renamed", changed.text
    bearer = {"Authorization": f"Bearer {changed.json().get('registration_access_token', w.client['registration_access_token'])}"}
    assert requests.delete(uri, headers=bearer, timeout=30).status_code == 204
    assert requests.get(uri, headers=bearer, timeout=30).status_code == 401


for name, run in STEPS:
    try:
        run()
    except Exception:
        print(f"FAIL  {name}", flush=True)
        traceback.print_exc()
        sys.exit(1)
    print(f"ok    {name}", flush=True)
