//! What bounds the reading of OpenID providers' keys.

use std::time::Duration;

use clap::{ArgAction, Args, builder::BoolishValueParser};

use super::span;

/// How often and how long providers are asked.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Single sign-on")]
pub struct ProviderSettings {
    /// How long a provider's keys are good before they are read again.
    #[arg(
        long,
        env = "MUSTER_SSO_KEYS_TTL",
        value_name = "TIME",
        default_value = "10m",
        value_parser = span::argument
    )]
    pub sso_keys_ttl: Duration,
    /// How often at most one provider is asked, however many tokens name keys that it does not have.
    #[arg(
        long,
        env = "MUSTER_SSO_KEYS_INTERVAL",
        value_name = "TIME",
        default_value = "30s",
        value_parser = span::argument
    )]
    pub sso_keys_interval: Duration,
    /// How long the keys that were read last serve while the provider does not answer.
    #[arg(
        long,
        env = "MUSTER_SSO_KEYS_STALE",
        value_name = "TIME",
        default_value = "1h",
        value_parser = span::argument
    )]
    pub sso_keys_stale: Duration,
    /// The longest that a provider may take to answer.
    #[arg(
        long,
        env = "MUSTER_SSO_KEYS_TIMEOUT",
        value_name = "TIME",
        default_value = "5s",
        value_parser = span::argument
    )]
    pub sso_keys_timeout: Duration,
    /// Lets connections name providers on this machine, also by http: for development, never where team admins are strangers.
    #[arg(
        long,
        env = "MUSTER_SSO_LOOPBACK",
        action = ArgAction::SetTrue,
        value_parser = BoolishValueParser::new()
    )]
    pub sso_loopback: bool,
}
