//! muster: teams, users and invitations as a gRPC service.
//!
//! A call comes in through [`rpc`], which authenticates and decodes it and makes one call into [`app`]; there a use
//! case loads through [`store`], decides with the pure rules of [`domain`], writes through [`store`] and posts letters
//! through [`mail`], all in one transaction; of OpenID providers it asks [`oidc`]. Directories that speak SCIM come in through `http`. [`server`] puts the pieces together, [`cli`] is what people start, [`config`]
//! holds every setting, [`clock`] the only time, [`ids`] and [`secrets`] the only randomness, [`error`] the one closed
//! error. Arrows point down only: `rpc, http → app → {domain, mail, oidc, store}`, `mail → store → domain`.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod error;
pub(crate) mod http;
pub mod ids;
pub mod mail;
pub mod oidc;
pub mod proto;
pub mod rpc;
pub mod secrets;
pub mod server;
pub mod store;
pub mod telemetry;
