//! Certificates of an authority of our own, as files.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    SanType,
};

use crate::binary::Folder;

/// Who vouches for certificates in a test.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    /// One that nobody else knows.
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, key()).expect("an authority"))
    }

    /// Its own certificate.
    pub(crate) fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate for these DNS names and addresses, and its key.
    pub(crate) fn issue(&self, names: &[&str]) -> (String, String) {
        self.issue_for(names, &[])
    }

    /// The same with URIs besides, for a server or a client.
    pub(crate) fn issue_for(&self, names: &[&str], uris: &[&str]) -> (String, String) {
        let names: Vec<_> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).expect("names");
        for uri in uris {
            let uri = (*uri).try_into().expect("ASCII");
            params.subject_alt_names.push(SanType::URI(uri));
        }
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        let key = key();
        let certificate = params.signed_by(&key, &self.0).expect("a certificate");
        (certificate.pem(), key.serialize_pem())
    }

    /// Writes `ca.pem`, and `chain.pem` with `key.pem` for a server on this machine.
    pub(crate) fn furnish(&self, folder: &Folder) {
        let (chain, key) = self.issue(&["localhost", "127.0.0.1"]);
        folder.write("ca.pem", &self.pem());
        folder.write("chain.pem", &chain);
        folder.write("key.pem", &key);
    }
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}
