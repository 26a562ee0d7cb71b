// Verifies Tollgate's assertions with npm's `jose`.

import { createRemoteJWKSet, jwtVerify } from "jose";

/** Make one for the life of the process: it keeps the keys, and fetches them anew when they are old or one is unknown. */
export function verifier(jwksUrl, issuer, audience) {
  const keys = createRemoteJWKSet(new URL(jwksUrl), { cacheMaxAge: 300_000, timeoutDuration: 2_000 });
  /** Gives the claims, or throws. `token` is the value of `X-Tollgate-Assertion`. */
  return async function verify(token) {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ["ES256", "EdDSA"],
      issuer,
      audience,
      requiredClaims: ["exp", "iat"],
      clockTolerance: 5,
    });
    return payload;
  };
}
