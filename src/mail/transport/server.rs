//! A mail server as a URL names it: where it is, how it is spoken to, and as whom.

use std::{fs, net::IpAddr, time::Duration};

use lettre::transport::smtp::{
    authentication::Credentials,
    client::{Certificate, Tls, TlsParameters},
    extension::ClientId,
};

use super::BadUrl;

const SMTP_PORT: u16 = 25;
const SUBMISSION_PORT: u16 = 587;
const SUBMISSIONS_PORT: u16 = 465;
const TIMEOUT: Duration = Duration::from_mins(1);
const LONGEST_TIMEOUT_SECONDS: u64 = 600;

/// A mail server and how to speak to it.
pub(super) struct Server {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) tls: Tls,
    pub(super) credentials: Option<Credentials>,
    pub(super) hello: ClientId,
    /// How long one letter may take, connection included.
    pub(super) timeout: Duration,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encryption {
    FromTheStart,
    Required,
    Opportunistic,
    Never,
}

/// The server that an `smtp` or `smtps` URL names; [`Transport::parse`](super::Transport::parse) has the rules.
pub(super) fn parse(url: &str) -> Result<Server, BadUrl> {
    let (scheme, rest) = url.split_once("://").ok_or(BadUrl::Scheme)?;
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = place.split_once('/').unwrap_or((place, ""));
    if !path.is_empty() {
        return Err(BadUrl::Path);
    }
    let (login, address) = match authority.rsplit_once('@') {
        Some((login, address)) => (Some(login), address),
        None => (None, authority),
    };
    let credentials = login.map(credentials).transpose()?;
    let (host, port) = split_port(address)?;
    let parameters = Parameters::parse(query)?;

    let loopback = is_loopback(host);
    let encryption = match (scheme, parameters.encryption) {
        ("smtps", None) => Encryption::FromTheStart,
        ("smtps", Some(_)) => return Err(BadUrl::Parameter),
        ("smtp", Some(encryption)) => encryption,
        ("smtp", None) if loopback => Encryption::Never,
        ("smtp", None) => Encryption::Required,
        _ => return Err(BadUrl::Scheme),
    };
    let certain = match encryption {
        Encryption::FromTheStart | Encryption::Required => true,
        Encryption::Opportunistic | Encryption::Never => false,
    };
    if credentials.is_some() && !certain && !loopback {
        return Err(BadUrl::PasswordInClear);
    }
    if encryption == Encryption::Never && parameters.authority.is_some() {
        return Err(BadUrl::Parameter);
    }
    let tls = || tls_parameters(host, parameters.authority);
    let (tls, default_port) = match encryption {
        Encryption::FromTheStart => (Tls::Wrapper(tls()?), SUBMISSIONS_PORT),
        Encryption::Required => (Tls::Required(tls()?), SUBMISSION_PORT),
        Encryption::Opportunistic => (Tls::Opportunistic(tls()?), SUBMISSION_PORT),
        Encryption::Never => (Tls::None, SMTP_PORT),
    };
    Ok(Server {
        host: host.to_owned(),
        port: port.unwrap_or(default_port),
        tls,
        credentials,
        hello: parameters.hello,
        timeout: parameters.timeout,
    })
}

struct Parameters {
    encryption: Option<Encryption>,
    hello: ClientId,
    timeout: Duration,
    /// Roots that are trusted beside Mozilla's.
    authority: Option<Certificate>,
}

impl Parameters {
    fn parse(query: &str) -> Result<Self, BadUrl> {
        let mut parameters = Self {
            encryption: None,
            hello: ClientId::default(),
            timeout: TIMEOUT,
            authority: None,
        };
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=').ok_or(BadUrl::Parameter)? {
                ("tls", "required") => parameters.encryption = Some(Encryption::Required),
                ("tls", "opportunistic") => {
                    parameters.encryption = Some(Encryption::Opportunistic);
                }
                ("tls", "none") => parameters.encryption = Some(Encryption::Never),
                ("hello", name) if is_host_name(name) => {
                    parameters.hello = ClientId::Domain(name.to_owned());
                }
                ("timeout", seconds) => parameters.timeout = timeout(seconds)?,
                ("ca", file) => parameters.authority = Some(authority(file)?),
                _ => return Err(BadUrl::Parameter),
            }
        }
        Ok(parameters)
    }
}

fn timeout(seconds: &str) -> Result<Duration, BadUrl> {
    match seconds.parse() {
        Ok(seconds @ 1..=LONGEST_TIMEOUT_SECONDS) => Ok(Duration::from_secs(seconds)),
        Ok(_) | Err(_) => Err(BadUrl::Parameter),
    }
}

/// The certificates in a PEM file whose percent-encoded path this is.
fn authority(file: &str) -> Result<Certificate, BadUrl> {
    // lettre takes text without any certificate for an empty list of them.
    const HEAD: &str = "-----BEGIN CERTIFICATE-----";
    let path = percent_decoded(file).ok_or(BadUrl::Authority)?;
    let pem = fs::read_to_string(path).map_err(|_| BadUrl::Authority)?;
    if !pem.contains(HEAD) {
        return Err(BadUrl::Authority);
    }
    Certificate::from_pem(pem.as_bytes()).map_err(|_| BadUrl::Authority)
}

fn tls_parameters(host: &str, authority: Option<Certificate>) -> Result<TlsParameters, BadUrl> {
    let host = host.to_owned();
    match authority {
        None => TlsParameters::new(host).map_err(|_| BadUrl::Tls),
        // What stands in the PEM is decoded only here.
        Some(authority) => TlsParameters::builder(host)
            .add_root_certificate(authority)
            .build()
            .map_err(|_| BadUrl::Authority),
    }
}

fn credentials(login: &str) -> Result<Credentials, BadUrl> {
    let (user, password) = login.split_once(':').ok_or(BadUrl::Credentials)?;
    let decoded = percent_decoded(user).zip(percent_decoded(password));
    match decoded {
        Some((user, password)) if !user.is_empty() => Ok(Credentials::new(user, password)),
        Some(_) | None => Err(BadUrl::Credentials),
    }
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut pieces = text.split('%');
    let mut bytes = pieces.next()?.as_bytes().to_vec();
    for piece in pieces {
        let digits = piece.get(..2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(piece.get(2..)?.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// Host and port of `host`, `host:port`, `[::1]` or `[::1]:port`; the brackets are dropped.
fn split_port(address: &str) -> Result<(&str, Option<u16>), BadUrl> {
    let (host, port) = if let Some(rest) = address.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or(BadUrl::Host)?;
        if host.parse::<IpAddr>().is_err() {
            return Err(BadUrl::Host);
        }
        (host, port)
    } else {
        let (host, port) = address.split_at(address.find(':').unwrap_or(address.len()));
        if !is_host_name(host) {
            return Err(BadUrl::Host);
        }
        (host, port)
    };
    if port.is_empty() {
        return Ok((host, None));
    }
    let port = port.strip_prefix(':').ok_or(BadUrl::Host)?;
    match port.parse() {
        Ok(port @ 1..) => Ok((host, Some(port))),
        Ok(0) | Err(_) => Err(BadUrl::Port),
    }
}

fn is_host_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Port, TLS, whether there is a login.
    fn shape(url: &str) -> Result<(u16, String, bool), BadUrl> {
        parse(url).map(|server| {
            (
                server.port,
                format!("{:?}", server.tls),
                server.credentials.is_some(),
            )
        })
    }

    #[test]
    fn a_url_says_port_encryption_and_login() {
        for (url, port, tls, login) in [
            ("smtps://u:p@mail.example", 465, "Wrapper", true),
            ("smtps://mail.example:10465/", 10465, "Wrapper", false),
            ("smtp://u:p@mail.example", 587, "Required", true),
            ("smtp://mail.example?tls=required", 587, "Required", false),
            (
                "smtp://mail.example?tls=opportunistic",
                587,
                "Opportunistic",
                false,
            ),
            ("smtp://mail.example?tls=none", 25, "None", false),
            ("smtp://localhost", 25, "None", false),
            ("smtp://u:p@127.0.0.1:2525", 2525, "None", true),
            (
                "smtp://[::1]:2525?tls=none&timeout=5&hello=a.example",
                2525,
                "None",
                false,
            ),
            ("smtp://u:p@localhost?tls=required", 587, "Required", true),
        ] {
            assert_eq!(shape(url), Ok((port, tls.to_owned(), login)), "{url}");
        }
    }

    #[test]
    fn a_login_is_percent_decoded() {
        let server = parse("smtps://a%40b.example:p%3A%2f%D1%97@mail.example").ok();
        let expected = Credentials::new("a@b.example".to_owned(), "p:/ї".to_owned());
        assert!(server.and_then(|server| server.credentials) == Some(expected));
    }

    #[test]
    fn an_authority_is_a_readable_pem_file_with_certificates() {
        let path = std::env::temp_dir().join(format!("muster ca {}.pem", crate::ids::nonce()));
        let file = path.to_str().expect("a path").replace(' ', "%20");
        let with_ca = || shape(&format!("smtps://mail.example?ca={file}")).err();

        assert_eq!(with_ca(), Some(BadUrl::Authority), "missing");
        for (text, fault) in [
            ("", "empty"),
            ("certificate", "no PEM"),
            (
                "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n",
                "no base64",
            ),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "no certificate",
            ),
        ] {
            fs::write(&path, text).expect("a file");
            assert_eq!(with_ca(), Some(BadUrl::Authority), "{fault}");
        }
        let key = rcgen::KeyPair::generate().expect("a key");
        let ca = rcgen::CertificateParams::default().self_signed(&key);
        fs::write(&path, ca.expect("a certificate").pem()).expect("a file");
        assert_eq!(with_ca(), None);
        let in_clear = shape(&format!("smtp://mail.example?tls=none&ca={file}"));
        assert_eq!(in_clear.err(), Some(BadUrl::Parameter));
        fs::remove_file(&path).expect("a file");

        assert!(BadUrl::Authority.to_string().contains("ca=FILE"));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (url, error) in [
            ("", BadUrl::Scheme),
            ("mail.example", BadUrl::Scheme),
            ("http://mail.example", BadUrl::Scheme),
            ("memory:", BadUrl::Scheme),
            ("smtp://", BadUrl::Host),
            ("smtp://::1", BadUrl::Host),
            ("smtp://[::1", BadUrl::Host),
            ("smtp://[mail]", BadUrl::Host),
            ("smtp://mail.example:0", BadUrl::Port),
            ("smtp://mail.example:x", BadUrl::Port),
            ("smtp://user@mail.example", BadUrl::Credentials),
            ("smtp://:p@mail.example", BadUrl::Credentials),
            ("smtp://u:%zz@mail.example", BadUrl::Credentials),
            ("smtp://u:%f@mail.example", BadUrl::Credentials),
            ("smtp://u:p@mail.example?tls=none", BadUrl::PasswordInClear),
            (
                "smtp://u:p@mail.example?tls=opportunistic",
                BadUrl::PasswordInClear,
            ),
            ("smtp://mail.example/x", BadUrl::Path),
            ("smtp://mail.example?tls=maybe", BadUrl::Parameter),
            ("smtp://mail.example?tls", BadUrl::Parameter),
            ("smtps://mail.example?tls=none", BadUrl::Parameter),
            ("smtp://mail.example?timeout=0", BadUrl::Parameter),
            ("smtp://mail.example?timeout=601", BadUrl::Parameter),
            ("smtp://mail.example?hello=a%20b", BadUrl::Parameter),
            ("smtps://mail.example?ca=%zz", BadUrl::Authority),
            ("smtps://mail.example?ca=", BadUrl::Authority),
        ] {
            assert_eq!(shape(url), Err(error), "{url}");
        }
    }
}
