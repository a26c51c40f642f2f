//! What grpcurl and its like ask: the contract itself, with the error details that statuses carry.

use tonic::service::Routes;
use tonic_reflection::{
    pb,
    server::{Builder, Error},
};

use super::OPEN_MESSAGE_MAX_BYTES;
use crate::proto;

/// Adds reflection, both versions of it.
///
/// # Errors
/// A broken descriptor set, which only a broken build has.
pub fn add(routes: Routes) -> Result<Routes, Error> {
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
    Ok(routes
        .add_service(
            builder()
                .build_v1()?
                .max_decoding_message_size(OPEN_MESSAGE_MAX_BYTES),
        )
        .add_service(
            builder()
                .build_v1alpha()?
                .max_decoding_message_size(OPEN_MESSAGE_MAX_BYTES),
        ))
}
