//! A proof is good once, and with a nonce where one is asked for.

use super::{memory::Trouble, *};

#[test]
fn a_proof_is_good_once() {
    let memory = memory();
    let case = Case::bound(&Draft::new(1));
    let replayed = refusal(TokenRefusal::ProofReplayed, None);
    assert_eq!(case.judged(&memory, Cache::Used), Ok(()));
    assert_eq!(case.judged(&memory, Cache::Used), replayed);
    let again = Case::bound(&Draft::new(1).claim("iat", NOW.0 + 1));
    assert_eq!(again.judged(&memory, Cache::Used), replayed, "the same id, signed anew");
    let next = Case::bound(&Draft::new(1).claim("jti", "id-2"));
    assert_eq!(next.judged(&memory, Cache::Used), Ok(()), "another id");
    let mut elsewhere = Case::bound(&Draft::new(1));
    elsewhere.issuer.issuer = "https://other.example".to_owned();
    assert_eq!(elsewhere.judged(&memory, Cache::Used), Ok(()), "an issuer of its own");
    let mut theirs = Case::bound(&Draft::new(2));
    theirs.confirmation.jkt = Some(jkt(2));
    assert_eq!(theirs.judged(&memory, Cache::Used), Ok(()), "a client of its own");
    let names: Vec<String> = memory.asked.borrow().iter().map(|(name, _)| name.clone()).collect();
    assert!(
        names.iter().all(|name| name.len() == 43 && !name.contains("id-")),
        "{names:?}"
    );
}

#[test]
fn a_proof_is_remembered_for_as_long_as_it_could_pass() {
    for (name, issued_at_s, fresh_s) in [
        ("new", NOW.0, 71),
        ("ahead", NOW.0 + 10, 81),
        ("in its last second", NOW.0 - 60, 11),
    ] {
        let memory = memory();
        let case = Case::bound(&Draft::new(1).claim("iat", issued_at_s));
        assert_eq!(case.judged(&memory, Cache::Used), Ok(()), "{name}");
        let filled = memory.asked.borrow().last().unwrap().1;
        assert_eq!(filled, Some(Freshness { fresh_s, stale_s: 0 }), "{name}");
        for now_s in NOW.0..NOW.0 + 100 {
            memory.now_s.set(now_s);
            assert!(case.judged(&memory, Cache::Used).is_err(), "{name}: {now_s}");
        }
    }
}

#[test]
fn only_a_proof_that_passed_all_else_is_used_up() {
    let memory = memory();
    let case = Case::bound(&Draft::new(1));
    let mut other_method = Case::bound(&Draft::new(1));
    other_method.method = "POST";
    assert_eq!(
        other_method.judged(&memory, Cache::Used),
        refusal(TokenRefusal::ProofInvalid, Some("dpop-htm"))
    );
    assert_eq!(case.judged(&memory, Cache::LeftAlone), Ok(()));
    assert_eq!(case.judged(&memory, Cache::LeftAlone), Ok(()));
    assert_eq!(
        other_method.judged(&memory, Cache::LeftAlone),
        other_method.judged(&memory, Cache::Used)
    );
    assert!(memory.asked.borrow().is_empty(), "no trace");
    assert_eq!(case.judged(&memory, Cache::Used), Ok(()));
    assert_eq!(case.judged(&memory, Cache::LeftAlone), Ok(()), "nor is one looked for");
}

#[test]
fn without_a_cache_no_proof_is_taken() {
    let closed = misconfigured("whether a proof was used can't be told: the cache is closed");
    for (trouble, expected) in [
        (Trouble::Busy, refusal(TokenRefusal::ProofReplayed, None)),
        (Trouble::Turn, closed.clone()),
        (Trouble::Fill, closed),
        (Trouble::SecretStore, Ok(())),
    ] {
        let memory = memory();
        memory.trouble.set(trouble);
        let case = Case::bound(&Draft::new(1));
        assert_eq!(case.judged(&memory, Cache::Used), expected, "{trouble:?}");
    }
}

#[test]
fn a_nonce_is_given_where_one_is_needed() {
    let with_secret = |secret: Option<&[u8]>| {
        let mut memory = memory();
        memory.secret = secret.map(<[u8]>::to_vec);
        memory
    };
    let needed = |nonce: &str| {
        Err(Refused {
            rejection: Rejection::ProofNonceNeeded {
                nonce: nonce.to_owned(),
            },
            word: Some("dpop-nonce"),
        })
    };
    let memory = with_secret(Some(&[7; 32]));
    let asked = Case::asking_for_nonces(&Draft::new(1)).judged(&memory, Cache::Used);
    let Err(Refused {
        rejection: Rejection::ProofNonceNeeded { nonce },
        ..
    }) = asked
    else {
        panic!("{asked:?}");
    };
    let with_nonce = Case::asking_for_nonces(&Draft::new(1).claim("nonce", nonce.as_str()));
    assert_eq!(
        with_nonce.judged(&memory, Cache::Used),
        Ok(()),
        "the id was not used up before"
    );
    let stale = Case::asking_for_nonces(&Draft::new(1).claim("nonce", "AAAAAAAAAAAAAAAAAAAAAA"));
    assert_eq!(stale.judged(&memory, Cache::Used), needed(&nonce));
    let wrong_too = Case::asking_for_nonces(&Draft::new(1).claim("htm", "POST"));
    assert_eq!(
        wrong_too.judged(&memory, Cache::Used),
        refusal(TokenRefusal::ProofInvalid, Some("dpop-htm")),
        "what no nonce mends is told first"
    );
    for (name, memory, expected) in [
        (
            "none",
            with_secret(None),
            misconfigured("the secret `nonces` for nonces is missing"),
        ),
        (
            "short",
            with_secret(Some(&[7; 31])),
            misconfigured("the secret `nonces` for nonces is shorter than 32 bytes"),
        ),
    ] {
        assert_eq!(with_nonce.judged(&memory, Cache::Used), expected, "{name}");
    }
    memory.trouble.set(Trouble::SecretStore);
    assert_eq!(
        with_nonce.judged(&memory, Cache::Used),
        misconfigured("the store is closed")
    );
}
