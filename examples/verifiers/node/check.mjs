// A program around `verify`: JWKS URL, issuer and audience as arguments, tokens on standard input, a verdict a line.

import { createInterface } from "node:readline";
import { verifier } from "./verify.mjs";

const [jwksUrl, issuer, audience] = process.argv.slice(2);
const verify = verifier(jwksUrl, issuer, audience);
for await (const token of createInterface({ input: process.stdin })) {
  try {
    console.log(`taken ${(await verify(token)).sub}`);
  } catch (error) {
    console.log(`refused ${error.name}`);
  }
}
