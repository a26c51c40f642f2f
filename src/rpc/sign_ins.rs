//! Sign-ins, as `SsoService` reads and shows them.

use super::{Rpc, members};
use crate::{
    app::{self, Call},
    error::{FieldViolation, Result, Rule},
    proto,
};

pub(super) fn provision(message: &proto::ProvisionSsoUserRequest) -> Result<String> {
    if message.id_token.is_empty() {
        return Err(FieldViolation::new("id_token", Rule::Required).into());
    }
    Ok(message.id_token.clone())
}

pub(super) async fn provisioned(
    rpc: Rpc,
    call: Call,
    token: String,
) -> Result<proto::ProvisionSsoUserResponse> {
    app::sign_ins::provision(&rpc.ctx, &call, &token, |signed_in, now| {
        // Whoever signed in has no invitation that is open.
        let (outcome, member, _) = members::entered(signed_in.entered, now);
        proto::ProvisionSsoUserResponse {
            outcome,
            linked: signed_in.linked,
            member,
            connection_id: signed_in.connection_id.to_string(),
        }
    })
    .await
}
