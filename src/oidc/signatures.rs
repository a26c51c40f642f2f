//! Signatures, checked by `ring`: the crate that reads tokens brings no cryptography of its own.

use std::sync::Once;

use jsonwebtoken::{
    Algorithm as Jwa, DecodingKey, DecodingKeyKind, EncodingKey, Validation,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    decode,
    errors::{Error, ErrorKind},
    signature::{self, Verifier},
};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde_json::{Map, Value};

use super::Token;
use crate::domain::sso::Algorithm;

static PROVIDER: CryptoProvider = CryptoProvider {
    signer_factory: no_signer,
    verifier_factory: verifier,
    key_utils: KeyUtils::new_unimplemented(),
};

static INSTALLED: Once = Once::new();

/// The claims of a token, if the key signed it.
pub(super) fn verify(
    token: &Token<'_>,
    key: &DecodingKey,
    algorithm: Algorithm,
) -> Option<Map<String, Value>> {
    // Only this function uses it, so that whoever else installed one would have to be in this file.
    INSTALLED.call_once(|| {
        let _ = PROVIDER.install_default();
    });
    let mut validation = Validation::new(jwa(algorithm));
    // The claims are judged in `domain/id_tokens`, by the clock that is passed there.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    let read = decode::<Map<String, Value>>(token.text(), key, &validation);
    read.ok().map(|read| read.claims)
}

const fn jwa(algorithm: Algorithm) -> Jwa {
    match algorithm {
        Algorithm::Rs256 => Jwa::RS256,
        Algorithm::Rs384 => Jwa::RS384,
        Algorithm::Rs512 => Jwa::RS512,
        Algorithm::Ps256 => Jwa::PS256,
        Algorithm::Es256 => Jwa::ES256,
        Algorithm::Es384 => Jwa::ES384,
        Algorithm::EdDsa => Jwa::EdDSA,
    }
}

/// How `ring` checks an algorithm.
enum Check {
    Rsa(&'static RsaParameters),
    Other(&'static dyn VerificationAlgorithm),
}

const fn check(algorithm: Jwa) -> Option<Check> {
    Some(match algorithm {
        Jwa::RS256 => Check::Rsa(&RSA_PKCS1_2048_8192_SHA256),
        Jwa::RS384 => Check::Rsa(&RSA_PKCS1_2048_8192_SHA384),
        Jwa::RS512 => Check::Rsa(&RSA_PKCS1_2048_8192_SHA512),
        Jwa::PS256 => Check::Rsa(&RSA_PSS_2048_8192_SHA256),
        Jwa::ES256 => Check::Other(&ECDSA_P256_SHA256_FIXED),
        Jwa::ES384 => Check::Other(&ECDSA_P384_SHA384_FIXED),
        Jwa::EdDSA => Check::Other(&ED25519),
        _ => return None,
    })
}

struct Checker {
    algorithm: Jwa,
    check: Check,
    key: DecodingKeyKind,
}

impl Verifier<Vec<u8>> for Checker {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let checked = match (&self.check, &self.key) {
            (Check::Rsa(how), DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(how, message, signature)
            }
            (Check::Other(how), DecodingKeyKind::SecretOrDer(key)) => {
                let how: &'static dyn VerificationAlgorithm = *how;
                UnparsedPublicKey::new(how, key).verify(message, signature)
            }
            // A key of another kind.
            _ => return Err(signature::Error::new()),
        };
        checked.map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Checker {
    fn algorithm(&self) -> Jwa {
        self.algorithm
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the crate gives it like this"
)]
fn verifier(algorithm: &Jwa, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    let unsupported = || Error::from(ErrorKind::UnsupportedAlgorithm);
    Ok(Box::new(Checker {
        algorithm: *algorithm,
        check: check(*algorithm).ok_or_else(unsupported)?,
        key: key.kind().clone(),
    }))
}

/// Nothing is signed here.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the crate gives it like this"
)]
fn no_signer(_: &Jwa, _: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    Err(ErrorKind::UnsupportedAlgorithm.into())
}
