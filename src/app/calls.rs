//! One call that changes something: who makes it, and what makes it repeatable, conditional or a rehearsal.

use std::sync::Arc;

use prost::Message;
use uuid::Uuid;

use super::{
    Context,
    authority::{self, Place},
};
use crate::{
    clock::Time,
    domain::{etags, events::Origin, keys::Scope, permissions::Rule},
    error::{Error, Reason, Result},
    store::{self, Ending, Tx, events::Made, replays::Request},
};

/// Who calls.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The API key.
    pub key_id: String,
    /// What the key may be used for.
    pub scopes: Arc<[Scope]>,
    /// The only team that the key sees; every team if none.
    pub team_id: Option<Uuid>,
    /// The person on whose behalf the call is made.
    pub actor: Option<Uuid>,
    /// The call, as logs and answers name it.
    pub call_id: Uuid,
    /// What the call needs.
    pub rule: &'static Rule,
}

impl Caller {
    /// Whether the operator calls, who acts for nobody.
    pub(super) fn is_operator(&self) -> bool {
        self.actor.is_none() && self.scopes.contains(&Scope::Operator)
    }
}

/// A call that changes something, as it came in.
#[derive(Debug, Clone)]
pub struct Call {
    caller: Caller,
    origin: Origin,
    request: Option<Request>,
    etag: Option<String>,
    validate_only: bool,
}

/// What makes a call repeatable, conditional or a rehearsal.
#[derive(Debug, Clone, Default)]
pub struct Manner {
    /// The caller's id for the request, with a hash of all the rest.
    pub request_id: Option<(Uuid, Vec<u8>)>,
    /// The state that the resource must be in.
    pub etag: Option<String>,
    /// Whether only to tell what would be done.
    pub validate_only: bool,
}

impl From<&Caller> for Origin {
    fn from(caller: &Caller) -> Self {
        Self {
            key_id: Some(caller.key_id.clone()),
            actor_user_id: caller.actor,
            call_id: Some(caller.call_id),
        }
    }
}

impl Call {
    /// A caller's call. A rehearsal needs no request id: it can be repeated as it is.
    #[must_use]
    pub fn new(caller: &Caller, manner: Manner) -> Self {
        let id = manner.request_id.filter(|_| !manner.validate_only);
        Self {
            origin: caller.into(),
            request: id.map(|(id, fingerprint)| Request {
                key_id: caller.key_id.clone(),
                method: format!("/muster.v1.{}", caller.rule.rpc),
                id,
                fingerprint: with_actor(fingerprint, caller.actor),
            }),
            caller: caller.clone(),
            etag: manner.etag,
            validate_only: manner.validate_only,
        }
    }

    /// Who makes it.
    pub(super) const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// Whether nothing is to be kept.
    #[must_use]
    pub const fn is_rehearsal(&self) -> bool {
        self.validate_only
    }

    /// Whether its answer is kept.
    pub(super) const fn is_repeatable(&self) -> bool {
        self.request.is_some()
    }

    /// Whether the caller says what the resource must be.
    pub(super) const fn is_conditional(&self) -> bool {
        self.etag.is_some()
    }

    /// Whether the resource is what the caller read.
    ///
    /// # Errors
    /// `ETAG_MISMATCH`.
    pub(super) fn expect(&self, stands: &str) -> Result<()> {
        etags::expect(self.etag.as_deref(), stands)
    }

    /// What the call's events say of it.
    pub(super) const fn made(&self, now: Time) -> Made<'_> {
        Made {
            by: &self.origin,
            at: now,
        }
    }
}

/// What must be the same in a repetition: the request, and for whom it is made.
fn with_actor(mut fingerprint: Vec<u8>, actor: Option<Uuid>) -> Vec<u8> {
    fingerprint.extend(actor.iter().flat_map(Uuid::as_bytes));
    fingerprint
}

/// Does the work of a call once: in one transaction with its answer, if the call has a request id, so that the same
/// request gets the same answer; and not at all if it is a rehearsal. Of two at once, the second waits for the first.
///
/// # Errors
/// `REQUEST_ID_REUSED`, and what the work says: then nothing is kept, the id neither.
pub(super) async fn once<T, A, F, R>(
    ctx: &Context,
    (call, place, now): (&Call, Place, Time),
    show: impl Fn(T, Time) -> A,
    work: F,
) -> Result<A>
where
    A: Message + Default,
    F: Fn(Tx) -> R,
    R: Future<Output = Result<T>>,
{
    let ending = if call.validate_only {
        Ending::RollBack
    } else {
        Ending::Commit
    };
    let expired = super::housekeeping::ago(now, ctx.settings.replays_kept);
    let (show, work) = (&show, &work);
    ctx.store
        .run(ending, |tx| async move {
            let Some(request) = &call.request else {
                return Ok(show(work(tx).await?, now));
            };
            if let Some(kept) = store::replays::claim(&tx, request, expired).await? {
                if kept.fingerprint != request.fingerprint {
                    return Err(Error::Refused(Reason::RequestIdReused));
                }
                // Whoever may no longer ask gets no answer of the time when he might.
                authority::again(&tx, &call.caller, place).await?;
                let answer = A::decode(&kept.answer[..]);
                return answer.map_err(|error| Error::Internal(Box::new(error)));
            }
            let answer = show(work(tx.share()).await?, now);
            store::replays::remember(&tx, request, answer.encode_to_vec(), (now, expired)).await?;
            Ok(answer)
        })
        .await
}
