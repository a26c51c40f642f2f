//! How somebody who signed in comes into the team, if he is not in it yet.

use uuid::Uuid;

use super::people::Person;
use crate::{
    app::{
        Context,
        admission::{self, Admitted, Candidate, Terms},
        same_account,
    },
    clock::Time,
    domain::{
        members::{Member, MemberState, Source},
        roles::Role,
        sso::SsoConnection,
        teams::Team,
    },
    error::{Error, Reason, Result},
    ids,
    store::{self, Tx, events::Made},
};

/// Takes him in; who is in already stays as he is.
///
/// # Errors
/// `JIT_DISABLED`, `MEMBER_DISABLED`, `REJOIN_REFUSED`, `DOMAIN_REFUSED`, `NO_SEAT`.
pub(super) async fn enter(
    ctx: &Context,
    (tx, team, connection): (&Tx, &Team, &SsoConnection),
    person: &Person,
    made: Made<'_>,
) -> Result<(Uuid, Admitted)> {
    let now = made.at;
    let member = match &person.known {
        Some(user) => store::members::find(tx, team, user.id).await?,
        None => None,
    };
    may_enter(member.as_ref(), connection, now)?;

    let terms = Terms {
        role: Role::Member,
        source: Source::SsoJit,
        inviter_user_id: None,
        reaches_primary: true,
        import_id: None,
        language: None,
        hold_letters: false,
    };
    let id_if_new = ids::new(now);
    let candidates = [Candidate {
        email: person.email.clone(),
        profile: person.profile.clone(),
        id_if_new,
        is_proven: true,
    }];
    let plan = admission::plan(tx, team, &terms, (&candidates, now)).await?;
    let work = (&candidates[..], &plan, made);
    let admitted = admission::carry_out(ctx, tx, (team, &terms), work).await?;
    let [admitted] = admitted[..] else {
        return Err(Error::internal("a set of one had not one answer"));
    };
    let user = person.known.as_ref().map_or(id_if_new, |user| user.id);
    // Nobody else made the account meanwhile.
    same_account(admitted.user_id, user)?;
    Ok((user, admitted))
}

/// Whether a sign-in is for members, and for those whom an invitation waits for, or brings others too.
fn may_enter(member: Option<&Member>, connection: &SsoConnection, now: Time) -> Result<()> {
    let is_brought = connection.settings.jit_enabled;
    let may = match member.map(Member::state) {
        Some(MemberState::Active) => true,
        Some(MemberState::Disabled) => return Err(Error::Refused(Reason::MemberDisabled)),
        Some(MemberState::Invited) => {
            if member.is_some_and(|member| !member.disabled_reasons.is_empty()) {
                return Err(Error::Refused(Reason::MemberDisabled));
            }
            let open = member.and_then(|member| member.invitation.as_ref());
            is_brought || open.is_some_and(|open| now < open.expire_time)
        }
        Some(MemberState::Removed) | None => is_brought,
    };
    if may {
        Ok(())
    } else {
        Err(Error::Refused(Reason::JitDisabled))
    }
}
