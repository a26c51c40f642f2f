//! Where generated steps are carried out: what exists by now, in the order in which answers named it, and how calls are made.

use std::fmt::Debug;

use muster::{
    ids,
    proto::{
        AcceptInvitationRequest, BatchResendInvitationsRequest, BatchRevokeInvitationsRequest,
        CorrectEmailRequest, CreateInvitationRequest, CreateTeamRequest, CreateUserRequest,
        DeclineInvitationRequest, Event, Invitation, ListEventsRequest, Member,
        ReleaseLettersRequest, RequestNewInvitationRequest, ResendInvitationRequest,
        RevokeInvitationRequest, UpdateMemberRequest, UpdateTeamRequest, UpdateUserRequest,
    },
};
use prost_types::Timestamp;
use tonic::{Code, Response, Status};

use crate::{
    events,
    harness::Harness,
    refusals::reason,
    steps::{How, Who},
    watching,
};

/// The world of one sequence.
pub(crate) struct Stage<'a> {
    /// Where it plays.
    pub(crate) h: &'a Harness,
    name: String,
    since: Timestamp,
    /// Their ids.
    pub(crate) teams: Vec<String>,
    /// By team.
    pub(crate) invitations: Vec<(String, String)>,
    /// By team.
    pub(crate) members: Vec<(String, String)>,
    /// Of all links that were mailed.
    pub(crate) tokens: Vec<String>,
}

/// A request that can be repeated.
pub(crate) trait Repeatable: Clone {
    /// Gives it an id.
    fn identify(&mut self, request_id: String);
    /// Makes it a rehearsal, where there is such a thing.
    fn rehearse(&mut self) -> bool;
}

macro_rules! repeatable {
    ($($request:ty, |$it:ident| $rehearse:expr;)+) => {
        $(impl Repeatable for $request {
            fn identify(&mut self, request_id: String) {
                self.request_id = request_id;
            }

            fn rehearse(&mut self) -> bool {
                let $it = self;
                $rehearse
            }
        })+
    };
}

repeatable! {
    CreateTeamRequest, |it| { it.validate_only = true; true };
    UpdateTeamRequest, |it| { it.validate_only = true; true };
    CreateInvitationRequest, |it| { it.validate_only = true; true };
    CreateUserRequest, |it| { it.validate_only = true; true };
    UpdateMemberRequest, |it| { it.validate_only = true; true };
    UpdateUserRequest, |it| { it.validate_only = true; true };
    CorrectEmailRequest, |_it| false;
    ResendInvitationRequest, |_it| false;
    BatchResendInvitationsRequest, |_it| false;
    RevokeInvitationRequest, |_it| false;
    BatchRevokeInvitationsRequest, |_it| false;
    ReleaseLettersRequest, |_it| false;
    AcceptInvitationRequest, |_it| false;
    DeclineInvitationRequest, |_it| false;
    RequestNewInvitationRequest, |_it| false;
}

impl<'a> Stage<'a> {
    /// An empty world; nothing in it has been in another one.
    pub(crate) async fn new(h: &'a Harness) -> Self {
        // What a sequence left behind that failed is not this one's.
        h.deliver().await;
        h.advance(chrono::TimeDelta::days(1));
        let now = h.now();
        Self {
            h,
            name: ids::nonce().simple().to_string(),
            since: Timestamp {
                seconds: now.timestamp(),
                nanos: i32::try_from(now.timestamp_subsec_nanos()).expect("nanoseconds"),
            },
            teams: Vec::new(),
            invitations: Vec::new(),
            members: Vec::new(),
            tokens: Vec::new(),
        }
    }

    /// When it began.
    pub(crate) const fn since(&self) -> Timestamp {
        self.since
    }

    /// What happened in it.
    pub(crate) async fn events(&self) -> Vec<Event> {
        watching::settled(self.h).await;
        let request = ListEventsRequest {
            create_time_from: Some(self.since),
            page_size: 1_000,
            ..ListEventsRequest::default()
        };
        events::list(self.h, request).await
    }

    /// Makes a call. What is refused, rehearsed or repeated adds nothing; a repeated one answers the same.
    pub(crate) async fn call<Q: Repeatable, A: PartialEq + Debug>(
        &self,
        how: How,
        mut request: Q,
        call: impl AsyncFn(Q) -> Result<Response<A>, Status>,
    ) -> Option<A> {
        let before = self.events().await.len();
        let rehearsed = how == How::Rehearsed && request.rehearse();
        if how == How::Twice {
            request.identify(ids::nonce().to_string());
        }
        let answer = settled(call(request.clone()).await);
        let after = self.events().await.len();
        if rehearsed || answer.is_none() {
            assert_eq!(after, before, "nothing may have happened");
            return None;
        }
        if how == How::Twice {
            assert_eq!(settled(call(request).await), answer, "the same answer");
            assert_eq!(self.events().await.len(), after, "a repeated call");
        }
        answer
    }

    /// Notes what an answer names.
    pub(crate) fn learn(&mut self, member: Option<Member>, invitation: Option<Invitation>) {
        if let Some(member) = member {
            note(&mut self.members, (member.team_id, member.user_id));
        }
        if let Some(one) = invitation {
            note(&mut self.invitations, (one.team_id, one.id));
        }
    }

    /// A team that exists, or an id that nothing has.
    pub(crate) fn team(&self, number: u8) -> String {
        pick(&self.teams, number)
            .cloned()
            .unwrap_or_else(|| self.h.unknown_id())
    }

    /// Invitations that exist, and one that does not.
    pub(crate) fn some(&self, numbers: &[u8]) -> Vec<String> {
        let known = numbers
            .iter()
            .filter_map(|number| pick(&self.invitations, *number));
        let mut ids: Vec<_> = known.map(|(_, id)| id.clone()).collect();
        ids.push(self.h.unknown_id());
        ids
    }

    /// An address as it is typed.
    pub(crate) fn address(&self, who: Who) -> String {
        let domain = if who.number < 3 { "one" } else { "two" };
        let (name, number) = (&self.name, who.number);
        let plain = format!("p{number}.{name}@{domain}.example");
        match who.spelling {
            0 => plain,
            1 => plain.to_uppercase(),
            _ => format!(" P{}", &plain[1..]),
        }
    }
}

/// The answer, or none if a rule refused the call.
pub(crate) fn settled<A>(outcome: Result<Response<A>, Status>) -> Option<A> {
    let status = match outcome {
        Ok(answer) => return Some(answer.into_inner()),
        Err(status) => status,
    };
    let by_rule = [
        Code::InvalidArgument,
        Code::FailedPrecondition,
        Code::NotFound,
        Code::ResourceExhausted,
        // Who acts for himself may have no membership any more.
        Code::PermissionDenied,
    ];
    let reason = reason(&status);
    assert!(by_rule.contains(&status.code()), "{reason}");
    None
}

/// One of those that exist.
pub(crate) fn pick<T>(all: &[T], number: u8) -> Option<&T> {
    all.get(usize::from(number) % all.len().max(1))
}

/// Adds what is new.
pub(crate) fn note<T: PartialEq>(all: &mut Vec<T>, one: T) {
    if !all.contains(&one) {
        all.push(one);
    }
}
