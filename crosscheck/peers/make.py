"""Makes one token for each algorithm with PyJWT and with jwcrypto, under keys of their own.

Reads the claims as JSON from standard input, and writes a list of tokens with what verifies them to standard output.
"""

import base64
import json
import secrets
import sys

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwcrypto import jwk as jwcrypto_jwk
from jwcrypto import jwt as jwcrypto_jwt
from jwt.algorithms import get_default_algorithms


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def secret_for(alg):
    return secrets.token_bytes(int(alg[2:]) // 8)


def made(peer, alg, claims, token, jwk=None, secret=None):
    """One token, and what verifies it."""
    jwks = {"keys": [{**jwk, "kid": f"{peer}-{alg}", "alg": alg, "use": "sig"}]} if jwk else None
    return {
        "peer": peer,
        "algorithm": alg,
        "typ": "JWT",
        "issuer": claims["iss"],
        "audience": claims["aud"],
        "jwks": jwks,
        "secret": base64url(secret) if secret else None,
        "token": token,
    }


class PyJwt:
    """PyJWT, with keys that `cryptography` makes."""

    name = "PyJWT"

    def __init__(self):
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def key(self, alg):
        if alg == "EdDSA":
            return ed25519.Ed25519PrivateKey.generate()
        if alg.startswith("ES"):
            return ec.generate_private_key(ec.SECP256R1() if alg == "ES256" else ec.SECP384R1())
        return self.rsa

    def make(self, alg, claims):
        headers = {"kid": f"{self.name}-{alg}"}
        if alg.startswith("HS"):
            secret = secret_for(alg)
            return made(self.name, alg, claims, jwt.encode(claims, secret, alg), secret=secret)
        key = self.key(alg)
        public = get_default_algorithms()[alg].to_jwk(key.public_key(), as_dict=True)
        public = {name: value for name, value in public.items() if name != "key_ops"}
        return made(self.name, alg, claims, jwt.encode(claims, key, alg, headers=headers), jwk=public)


class JwCrypto:
    """jwcrypto, with keys of its own."""

    name = "jwcrypto"

    def __init__(self):
        self.rsa = jwcrypto_jwk.JWK.generate(kty="RSA", size=2048)

    def key(self, alg):
        if alg == "EdDSA":
            return jwcrypto_jwk.JWK.generate(kty="OKP", crv="Ed25519")
        if alg.startswith("ES"):
            return jwcrypto_jwk.JWK.generate(kty="EC", crv=f"P-{alg[2:]}")
        return self.rsa

    def make(self, alg, claims):
        if alg.startswith("HS"):
            secret = secret_for(alg)
            key = jwcrypto_jwk.JWK(kty="oct", k=base64url(secret))
            return made(self.name, alg, claims, self.signed(alg, claims, key), secret=secret)
        key = self.key(alg)
        public = key.export_public(as_dict=True)
        return made(self.name, alg, claims, self.signed(alg, claims, key), jwk=public)

    def signed(self, alg, claims, key):
        header = {"alg": alg, "kid": f"{self.name}-{alg}", "typ": "JWT"}
        token = jwcrypto_jwt.JWT(header=header, claims=claims, algs=[alg])
        token.make_signed_token(key)
        return token.serialize()


asked = json.load(sys.stdin)
tokens = [peer.make(alg, asked["claims"]) for peer in (PyJwt(), JwCrypto()) for alg in asked["algorithms"]]
json.dump(tokens, sys.stdout)
