//! What grpcurl and its like ask: the contract itself, with the error details that statuses carry.
//!
//! Strangers may ask, a few at a time: a question of 30 bytes has an answer of thousands, which waits in memory for a
//! caller who takes nothing.

use std::{sync::Arc, time::Duration};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tonic::{codec::CompressionEncoding, service::Routes};
use tonic_reflection::{
    pb,
    server::{Builder, Error},
};

use super::{Few, OPEN_MESSAGE_MAX_BYTES};
use crate::proto;

/// How many streams of questions one process answers at once, of both versions together.
const MAX_STREAMS: usize = 16;

/// How long one stream lasts at most: who explores asks for seconds.
const LONGEST: Duration = Duration::from_mins(1);

/// Adds reflection, both versions of it. `stop` ends its streams.
///
/// # Errors
/// A broken descriptor set, which only a broken build has.
pub fn add(routes: Routes, stop: &CancellationToken) -> Result<Routes, Error> {
    let builder = || {
        Builder::configure()
            // Both versions tell of both.
            .include_reflection_service(false)
            .register_encoded_file_descriptor_set(pb::v1::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(pb::v1alpha::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(proto::DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_types::pb::FILE_DESCRIPTOR_SET)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let seats = Arc::new(Semaphore::new(MAX_STREAMS));
    let gzip = CompressionEncoding::Gzip;
    let v1 = builder().build_v1()?;
    let v1alpha = builder().build_v1alpha()?;
    // Each version's type is its own.
    macro_rules! few {
        ($service:expr) => {
            Few::new(
                $service
                    .max_decoding_message_size(OPEN_MESSAGE_MAX_BYTES)
                    .accept_compressed(gzip)
                    .send_compressed(gzip),
                Arc::clone(&seats),
            )
            .for_at_most(LONGEST, stop.clone())
        };
    }
    Ok(routes.add_service(few!(v1)).add_service(few!(v1alpha)))
}
