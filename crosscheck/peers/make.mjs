// Makes one token for each algorithm with `jose`, under keys of its own.
//
// Reads the claims as JSON from standard input, and writes a list of tokens with what verifies them to standard output.

import { generateKeyPairSync, randomBytes } from "node:crypto";
import { SignJWT, exportJWK, generateKeyPair, importJWK } from "jose";
import { readInput } from "./input.mjs";

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });

async function keysFor(alg) {
  const kid = `jose-${alg}`;
  if (alg.startsWith("HS")) {
    const secret = randomBytes(Number(alg.slice(2)) / 8);
    return { sign: secret, secret: secret.toString("base64url") };
  }
  if (alg.startsWith("RS") || alg.startsWith("PS")) {
    const jwk = { ...rsa.publicKey.export({ format: "jwk" }), kid, alg, use: "sig" };
    return { sign: await importJWK(rsa.privateKey.export({ format: "jwk" }), alg), kid, jwks: { keys: [jwk] } };
  }
  const { publicKey, privateKey } = await generateKeyPair(alg);
  return { sign: privateKey, kid, jwks: { keys: [{ ...(await exportJWK(publicKey)), kid, alg, use: "sig" }] } };
}

const { algorithms, claims } = await readInput();
const made = [];
for (const alg of algorithms) {
  const { sign, kid, jwks, secret } = await keysFor(alg);
  const token = await new SignJWT(claims).setProtectedHeader({ alg, kid, typ: "JWT" }).sign(sign);
  made.push({ peer: "jose", algorithm: alg, typ: "JWT", issuer: claims.iss, audience: claims.aud, jwks, secret, token });
}
process.stdout.write(JSON.stringify(made));
