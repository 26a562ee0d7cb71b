"""Judges tokens with PyJWT and with jwcrypto, set up as strictly as they can be.

Reads what is asked as JSON from standard input, and writes a list of verdicts to standard output.
"""

import base64
import json
import sys

import jwt
from jwcrypto import jwk as jwcrypto_jwk
from jwcrypto import jwt as jwcrypto_jwt

LEEWAY_S = 60


def pyjwt(asked):
    """`sub`, `jti`, `nbf` and `iat` are checked unless it is told otherwise."""
    if asked.get("secret"):
        key = base64.urlsafe_b64decode(asked["secret"] + "==")
    else:
        key = jwt.PyJWKSet.from_dict(asked["jwks"])[jwt.get_unverified_header(asked["token"]).get("kid")]
    jwt.decode(
        asked["token"],
        key,
        algorithms=[asked["algorithm"]],
        audience=asked["audience"],
        issuer=asked["issuer"],
        leeway=LEEWAY_S,
        options={"require": ["exp", "iss", "aud"], "enforce_minimum_key_length": True},
    )


def jwcrypto(asked):
    """Twice: `nbf` is only checked where no claims are named, and issuer and audience only where they are."""
    if asked.get("secret"):
        key = jwcrypto_jwk.JWK(kty="oct", k=asked["secret"])
    else:
        key = jwcrypto_jwk.JWKSet.from_json(json.dumps(asked["jwks"]))
    for claims in ({"iss": asked["issuer"], "aud": asked["audience"], "exp": None}, None):
        token = jwcrypto_jwt.JWT(
            algs=[asked["algorithm"]], check_claims=claims, expected_type="JWS", strict_serialization=True
        )
        token.leeway = LEEWAY_S
        token.deserialize(asked["token"], key)


def refusal(judge, asked):
    try:
        judge(asked)
    except Exception as error:  # Whatever a library raises, it did not take the token.
        return f"{type(error).__name__}: {error}"
    return None


questions = json.load(sys.stdin)
verdicts = [
    {"peer": peer, "refusal": refusal(judge, asked)}
    for asked in questions
    for peer, judge in (("PyJWT", pyjwt), ("jwcrypto", jwcrypto))
]
json.dump(verdicts, sys.stdout)
