// Verifies Tollgate's assertions with github.com/coreos/go-oidc.
package main

import (
	"context"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// Verifier is made once for the life of the process. It keeps the keys, and fetches them anew after five minutes (the
// library itself would use a withdrawn key for ever) or when one is unknown.
type Verifier struct {
	JWKSURL, Issuer, Audience string

	mu    sync.Mutex
	keys  oidc.KeySet
	until time.Time
}

// Verify gives the claims, or why there are none. token is the value of X-Tollgate-Assertion.
func (v *Verifier) Verify(ctx context.Context, token string) (claims map[string]any, err error) {
	v.mu.Lock()
	if now := time.Now(); now.After(v.until) {
		v.keys, v.until = oidc.NewRemoteKeySet(context.Background(), v.JWKSURL), now.Add(5*time.Minute)
	}
	keys := v.keys
	v.mu.Unlock()
	config := &oidc.Config{ClientID: v.Audience, SupportedSigningAlgs: []string{"ES256", "EdDSA"}}
	verified, err := oidc.NewVerifier(v.Issuer, keys, config).Verify(ctx, token)
	if err != nil {
		return nil, err
	}
	err = verified.Claims(&claims)
	return claims, err
}
