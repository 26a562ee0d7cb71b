import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import java.net.URL;
import java.util.Set;

/**
 * Verifies Tollgate's assertions with com.nimbusds:nimbus-jose-jwt. Its processor verifies no EdDSA, so this is for
 * gateways that sign by ES256. Make one for the life of the process: it keeps the keys for five minutes, and fetches
 * them anew then or when one is unknown.
 */
public final class Verifier {
    private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();

    public Verifier(URL jwksUrl, String issuer, String audience) {
        var keys = JWKSourceBuilder.<SecurityContext>create(jwksUrl).build();
        processor.setJWSKeySelector(new JWSVerificationKeySelector<>(Set.of(JWSAlgorithm.ES256), keys));
        var exact = new JWTClaimsSet.Builder().issuer(issuer).build();
        var claims = new DefaultJWTClaimsVerifier<SecurityContext>(audience, exact, Set.of("exp", "iat"));
        claims.setMaxClockSkew(5);
        processor.setJWTClaimsSetVerifier(claims);
    }

    /** Gives the claims, or throws. {@code token} is the value of X-Tollgate-Assertion. */
    public JWTClaimsSet verify(String token) throws Exception {
        return processor.process(token, null);
    }
}
