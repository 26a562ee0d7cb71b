"""Verifies Tollgate's assertions with PyPI's PyJWT."""

import jwt


def verifier(jwks_url, issuer, audience):
    """Make one for the life of the process: it keeps the keys, and fetches them anew when they are old or one is unknown."""
    keys = jwt.PyJWKClient(jwks_url, cache_jwk_set=True, lifespan=300, timeout=2)

    def verify(token):
        """Gives the claims, or raises `jwt.PyJWTError`. `token` is the value of `X-Tollgate-Assertion`."""
        return jwt.decode(
            token,
            keys.get_signing_key_from_jwt(token),
            algorithms=["ES256", "EdDSA"],
            issuer=issuer,
            audience=audience,
            leeway=5,
            options={"require": ["iss", "aud", "exp", "iat"]},
        )

    return verify
