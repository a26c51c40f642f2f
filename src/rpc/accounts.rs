//! What happens to accounts everywhere, from the wire and for it.

use uuid::Uuid;

use super::{members, mutations, values::id};
use crate::{
    app::{Call, email_changes::Request, erasures::Erased},
    clock::Time,
    domain::{email::Email, invitations::Step, tokens::LinkToken, users::User},
    error::{Result, Violations},
    proto,
};

/// An account after a change, or after a rehearsal of one.
pub(super) fn changed(call: &Call, user: User) -> proto::User {
    let mut user = members::user(user);
    mutations::no_etag_of_rehearsal(call, &mut user.etag);
    user
}

/// What an erasure did.
pub(super) fn erased(call: &Call, erased: Erased) -> proto::DeleteUserResponse {
    proto::DeleteUserResponse {
        user: Some(changed(call, erased.user)),
        ended_team_ids: erased.ended_team_ids.iter().map(Uuid::to_string).collect(),
    }
}

/// Reads a wish for another address.
pub(super) fn request(message: &proto::RequestEmailChangeRequest) -> Result<Request> {
    let mut violations = Violations::new();
    let user = violations.take(id("user_id", &message.user_id));
    let email = violations.take(Email::parse("email", &message.email));
    let command = user
        .zip(email)
        .map(|(user_id, email)| Request { user_id, email });
    violations.finish(command)
}

/// Reads the link of a new address.
pub(super) fn confirm(message: &proto::ConfirmEmailChangeRequest) -> Result<LinkToken> {
    Ok(LinkToken::parse("token", &message.token)?)
}

/// What a link did.
pub(super) fn confirmed((user, step): (User, Step), _: Time) -> proto::ConfirmEmailChangeResponse {
    proto::ConfirmEmailChangeResponse {
        user: Some(members::user(user)),
        already_confirmed: step == Step::Taken,
    }
}
