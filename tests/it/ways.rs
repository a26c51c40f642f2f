//! The three ways in by hand and by file, driven alike, and teams that refuse.

use muster::proto::{
    CreateTeamRequest, CreateUserRequest, DomainRule, DomainRuleEffect, ImportOutcome, Role, Team,
    UpdateTeamRequest,
};
use prost_types::FieldMask;
use tonic::{Code, Status};

use crate::{
    fixtures::{NewTeam, invitation_of, team_called},
    harness::Harness,
    refusals::{Outcome, reason},
    uploads::{header, row},
};

/// A way in by hand or by file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Way {
    Invitation,
    User,
    Import,
}

pub(crate) const WAYS: [Way; 3] = [Way::Invitation, Way::User, Way::Import];

impl Way {
    /// An address that only the tests of this way use.
    pub(crate) fn email(self, name: &str) -> String {
        format!("{name}@{self:?}.example").to_lowercase()
    }

    /// A team for the tests of this way.
    pub(crate) fn team(self) -> CreateTeamRequest {
        team_called(&format!("{self:?}").to_lowercase())
    }
}

/// What a way in answered, its refusals too.
#[derive(Debug, PartialEq)]
pub(crate) struct Answer {
    pub(crate) outcome: ImportOutcome,
    pub(crate) user: String,
    pub(crate) invitation: String,
}

impl Answer {
    /// The outcome of a unary call that was refused.
    fn refused(status: &Status) -> Self {
        let outcome = match (status.code(), reason(status).as_str()) {
            (Code::InvalidArgument, "INVALID") => ImportOutcome::Invalid,
            (Code::FailedPrecondition, "DOMAIN_REFUSED") => ImportOutcome::DomainRefused,
            (Code::FailedPrecondition, "NO_SEAT") => ImportOutcome::NoSeat,
            other => panic!("refused: {other:?}"),
        };
        Self {
            outcome,
            user: String::new(),
            invitation: String::new(),
        }
    }
}

/// Wants Ann Lee in a team.
pub(crate) async fn want(h: &Harness, way: Way, team: &str, email: &str) -> Answer {
    want_named(h, way, team, (email, "Ann", Role::Member)).await
}

pub(crate) async fn want_named(
    h: &Harness,
    way: Way,
    team: &str,
    (email, given_name, role): (&str, &str, Role),
) -> Answer {
    let mut form = invitation_of(team, email);
    given_name.clone_into(&mut form.given_name);
    form.set_role(role);
    let answer = match way {
        Way::Invitation => {
            let answer = h.invitations().create_invitation(form).await;
            answer.map(|it| {
                let it = it.into_inner();
                (it.outcome(), it.member, it.invitation)
            })
        }
        Way::User => {
            let request = CreateUserRequest {
                team_id: form.team_id,
                email: form.email,
                given_name: form.given_name,
                family_name: form.family_name,
                role: form.role,
                language: "en".to_owned(),
                ..CreateUserRequest::default()
            };
            let answer = h.users().create_user(request).await;
            answer.map(|it| {
                let it = it.into_inner();
                (it.outcome(), it.member, it.invitation)
            })
        }
        Way::Import => {
            let mut wanted = row(email);
            given_name.clone_into(&mut wanted.given_name);
            let results = h.import_rows(header(team, ""), &[wanted]).await;
            return Answer {
                outcome: results[0].outcome(),
                user: results[0].user_id.clone(),
                invitation: results[0].invitation_id.clone(),
            };
        }
    };
    match answer {
        Ok((outcome, member, invitation)) => Answer {
            outcome,
            user: member.expect("the member").user_id,
            invitation: invitation.map(|it| it.id).unwrap_or_default(),
        },
        Err(status) => Answer::refused(&status),
    }
}

/// Somebody who is refused, and of whom nothing is left but what was there.
pub(crate) async fn refuse(
    h: &Harness,
    way: Way,
    team: &str,
    email: &str,
    expected: ImportOutcome,
) {
    let before = h.census(team).await.people();
    let answer = want(h, way, team, email).await;
    assert_eq!(answer.outcome, expected, "{way:?} {email}");
    assert_eq!((answer.user.as_str(), answer.invitation.as_str()), ("", ""));
    assert_eq!(h.census(team).await.people(), before, "{way:?} {email}");
    assert!(h.deliver().await.is_empty(), "{way:?} {email}");
}

/// Rules, in the order given.
pub(crate) fn rules(list: &[(&str, DomainRuleEffect)]) -> Vec<DomainRule> {
    list.iter()
        .map(|(domain, effect)| DomainRule {
            domain: (*domain).to_owned(),
            effect: (*effect).into(),
        })
        .collect()
}

/// Changes settings of a team, named by their paths.
pub(crate) async fn settle(h: &Harness, team: Team, paths: &[&str]) {
    let request = UpdateTeamRequest {
        team: Some(team),
        update_mask: Some(FieldMask {
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        }),
        ..UpdateTeamRequest::default()
    };
    h.teams().update_team(request).await.answered();
}

/// Refuses the domain of everybody whom this way wants.
pub(crate) async fn deny(h: &Harness, way: Way, team: &NewTeam) {
    let domain = format!("{way:?}.example").to_lowercase();
    let changed = Team {
        id: team.id.clone(),
        domain_rules: rules(&[(&domain, DomainRuleEffect::Deny)]),
        ..Team::default()
    };
    settle(h, changed, &["domain_rules"]).await;
}

/// Leaves no seat free in a team.
pub(crate) async fn fill(h: &Harness, team: &NewTeam) {
    let changed = Team {
        id: team.id.clone(),
        seat_limit: Some(1),
        ..Team::default()
    };
    settle(h, changed, &["seat_limit"]).await;
}
