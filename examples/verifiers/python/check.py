"""A program around `verify`: JWKS URL, issuer and audience as arguments, tokens on standard input, a verdict a line."""

import sys

from verify import verifier

verify = verifier(*sys.argv[1:4])
for line in sys.stdin:
    try:
        print("taken", verify(line.strip())["sub"])
    except Exception as error:  # Whatever a library raises, it did not take the token.
        print("refused", type(error).__name__)
