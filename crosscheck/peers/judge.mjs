// Judges tokens with `jose`, set up as strictly as it can be.
//
// Reads what is asked as JSON from standard input, and writes a list of verdicts to standard output.

import { createLocalJWKSet, jwtVerify } from "jose";
import { readInput } from "./input.mjs";

async function refusal({ token, issuer, audience, algorithm, typ, jwks, secret }) {
  const key = secret ? Buffer.from(secret, "base64url") : createLocalJWKSet(jwks);
  try {
    await jwtVerify(token, key, {
      algorithms: [algorithm],
      audience,
      clockTolerance: 60,
      issuer,
      // Asks for `iat` and that it is not in the future; no token here is that old.
      maxTokenAge: "10 years",
      requiredClaims: ["exp"],
      typ,
    });
    return null;
  } catch (error) {
    return `${error.name}: ${error.message}`;
  }
}

const verdicts = [];
for (const asked of await readInput()) verdicts.push({ peer: "jose", refusal: await refusal(asked) });
process.stdout.write(JSON.stringify(verdicts));
