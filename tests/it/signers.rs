//! Keys with which tests sign ID tokens, as a provider would, and as somebody would who is none.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    hmac,
    rand::SystemRandom,
    rsa::PublicKeyComponents,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
        Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512,
        RSA_PSS_SHA256, RsaEncoding, RsaKeyPair,
    },
};
use serde_json::{Value, json};

const RSA: [&[u8]; 2] = [
    include_bytes!("../data/rsa-1.pk8"),
    include_bytes!("../data/rsa-2.pk8"),
];

/// A key, and how it signs.
pub(crate) struct Signer {
    /// What the key set calls it.
    pub(crate) id: &'static str,
    /// The algorithm's name.
    pub(crate) algorithm: &'static str,
    key: Key,
}

enum Key {
    Rsa(RsaKeyPair, &'static dyn RsaEncoding),
    Ec(EcdsaKeyPair, &'static str),
    Ed(Ed25519KeyPair),
}

fn rsa(which: usize) -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(RSA[which]).expect("a key")
}

pub(crate) fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Signer {
    /// The first or the second RSA key, by RS256.
    pub(crate) fn rs256(id: &'static str, which: usize) -> Self {
        Self::rsa_by(id, which, "RS256")
    }

    /// An RSA key by this algorithm.
    pub(crate) fn rsa_by(id: &'static str, which: usize, algorithm: &'static str) -> Self {
        let encoding: &'static dyn RsaEncoding = match algorithm {
            "RS256" => &RSA_PKCS1_SHA256,
            "RS384" => &RSA_PKCS1_SHA384,
            "RS512" => &RSA_PKCS1_SHA512,
            "PS256" => &RSA_PSS_SHA256,
            other => panic!("no algorithm of RSA: {other}"),
        };
        Self {
            id,
            algorithm,
            key: Key::Rsa(rsa(which), encoding),
        }
    }

    /// A new key of an elliptic curve: ES256 or ES384.
    pub(crate) fn ec(id: &'static str, algorithm: &'static str) -> Self {
        let (how, curve) = match algorithm {
            "ES256" => (&ECDSA_P256_SHA256_FIXED_SIGNING, "P-256"),
            "ES384" => (&ECDSA_P384_SHA384_FIXED_SIGNING, "P-384"),
            other => panic!("no algorithm of ECDSA: {other}"),
        };
        let random = SystemRandom::new();
        let made = EcdsaKeyPair::generate_pkcs8(how, &random).expect("a key");
        let key = EcdsaKeyPair::from_pkcs8(how, made.as_ref(), &random).expect("a key");
        Self {
            id,
            algorithm,
            key: Key::Ec(key, curve),
        }
    }

    /// A new Ed25519 key.
    pub(crate) fn ed(id: &'static str) -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        Self {
            id,
            algorithm: "EdDSA",
            key: Key::Ed(Ed25519KeyPair::from_pkcs8(made.as_ref()).expect("a key")),
        }
    }

    /// The public part, as a key set shows it.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = match &self.key {
            Key::Rsa(key, _) => {
                let key: PublicKeyComponents<Vec<u8>> = key.public().into();
                json!({"kty": "RSA", "n": base64(key.n), "e": base64(key.e)})
            }
            Key::Ec(key, curve) => {
                let point = &key.public_key().as_ref()[1..];
                let (x, y) = point.split_at(point.len() / 2);
                json!({"kty": "EC", "crv": curve, "x": base64(x), "y": base64(y)})
            }
            Key::Ed(key) => {
                json!({"kty": "OKP", "crv": "Ed25519", "x": base64(key.public_key())})
            }
        };
        jwk["kid"] = self.id.into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// The header that it signs with.
    pub(crate) fn header(&self) -> Value {
        json!({"alg": self.algorithm, "kid": self.id, "typ": "JWT"})
    }

    /// A token with these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_of(&self.header(), claims)
    }

    /// A token with this header, whatever it says.
    pub(crate) fn token_of(&self, header: &Value, claims: &Value) -> String {
        let signed = parts(header, claims);
        let signature = self.sign(signed.as_bytes());
        format!("{signed}.{}", base64(signature))
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.key {
            Key::Rsa(key, how) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(*how, &random, message, &mut signature)
                    .expect("a signature");
                signature
            }
            Key::Ec(key, _) => {
                let signature = key.sign(&random, message).expect("a signature");
                signature.as_ref().to_vec()
            }
            Key::Ed(key) => key.sign(message).as_ref().to_vec(),
        }
    }
}

/// What is signed of a token.
pub(crate) fn parts(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        base64(header.to_string()),
        base64(claims.to_string())
    )
}

/// A token signed with a secret.
pub(crate) fn by_secret(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let signed = parts(header, claims);
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let signature = hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", base64(signature))
}
