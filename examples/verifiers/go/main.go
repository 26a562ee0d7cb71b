package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
)

// A program around Verify: JWKS URL, issuer and audience as arguments, tokens on standard input, a verdict a line.
func main() {
	verifier := &Verifier{JWKSURL: os.Args[1], Issuer: os.Args[2], Audience: os.Args[3]}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		if claims, err := verifier.Verify(context.Background(), lines.Text()); err != nil {
			fmt.Println("refused", err)
		} else {
			fmt.Println("taken", claims["sub"])
		}
	}
}
