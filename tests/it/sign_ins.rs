//! What a sign-in does: who is found, linked or made, how he comes into the team, and who is refused.

use chrono::TimeDelta;
use muster::{
    config::Settings,
    proto::{
        EventType, GetUserRequest, ImportOutcome, MemberSource, MemberState,
        ProvisionSsoUserRequest, Role, SsoConnection, SsoIdentity, Team, VerifiedAccountPolicy,
        get_user_request::Key,
    },
};
use serde_json::Value;
use tonic::Code;

use crate::{
    erasures::erase,
    fixtures::{NewTeam, WEEK, invitation_of, with_role},
    harness::{Harness, tests},
    hubs::event_types,
    providers::{Provider, with_token},
    races::at_once,
    refusals::Outcome,
    request_ids::request_id,
    signers::Signer,
};

tests![
    a_first_sign_in_makes_account_and_membership with loopback,
    a_later_sign_in_finds_whoever_signed_in_before with loopback,
    somebody_known_by_his_address_is_linked_and_never_made_twice with loopback,
    somebody_invited_joins_with_what_waits_for_him with loopback,
    an_inviter_who_lost_his_authority_gives_no_more_than_membership with loopback,
    names_follow_the_provider_if_the_connection_says_so with loopback,
    a_rehearsed_sign_in_changes_nothing_and_a_repeated_one_once with loopback,
    of_sixteen_first_sign_ins_at_once_one_makes_the_account with loopback,
    the_primary_admin_joins_by_signing_in with loopback,
    whoever_is_erased_is_known_by_no_identity with loopback,
];

pub(crate) fn loopback(settings: &mut Settings) {
    settings.providers.sso_loopback = true;
}

/// A team with a provider, a key, and the domain `acme.example`.
pub(crate) struct Acme {
    pub(crate) team: NewTeam,
    pub(crate) provider: Provider,
    pub(crate) signer: Signer,
    pub(crate) connection: SsoConnection,
}

pub(crate) async fn acme(h: &Harness) -> Acme {
    acme_with(h, |_| {}).await
}

pub(crate) async fn acme_with(h: &Harness, change: impl FnOnce(&mut SsoConnection)) -> Acme {
    let team = h.led_team("acme").await;
    let signer = Signer::rs256("one", 0);
    let provider = Provider::with(&[&signer]).await;
    h.own_domain(&team.id, "acme.example").await;
    let mut connection = provider.connection(&team.id);
    change(&mut connection);
    let connection = h.connect(connection).await;
    Acme {
        team,
        provider,
        signer,
        connection,
    }
}

impl Acme {
    pub(crate) fn token(&self, h: &Harness, subject: &str, email: &str) -> String {
        self.token_with(h, (subject, email), |_| {})
    }

    pub(crate) fn token_with(
        &self,
        h: &Harness,
        (subject, email): (&str, &str),
        change: impl FnOnce(&mut Value),
    ) -> String {
        let mut claims = self.provider.claims(h, subject, email);
        change(&mut claims);
        self.signer.token(&claims)
    }
}

async fn a_first_sign_in_makes_account_and_membership(h: &Harness) {
    let acme = acme(h).await;
    let token = acme.token(h, "1", "Ivanna@acme.example");
    let answer = h.sign_in(&token).await.answered();
    assert_eq!(answer.outcome(), ImportOutcome::Verified);
    assert!(answer.linked);
    assert_eq!(answer.connection_id, acme.connection.id);
    let member = answer.member.expect("the member");
    assert_eq!(
        (member.state(), member.role(), member.source()),
        (MemberState::Active, Role::Member, MemberSource::SsoJit)
    );
    let user = h.user(&member.user_id).await;
    assert_eq!(
        (&*user.email, &*user.given_name, &*user.family_name),
        ("Ivanna@acme.example", "Ivanna", "Signed")
    );
    assert!(user.verify_time.is_some() && user.disabled_reasons.is_empty());
    assert!(h.is_active(&acme.team.id, &user.id).await);
    let types = [EventType::MemberAdded, EventType::SsoIdentityLinked];
    assert_eq!(event_types(h, &acme.team.id, &types).await, types);
    // No letter is sent: the harness would complain.

    for (issuer, subject, is_his) in [
        (&*acme.provider.issuer, "1", true),
        (&acme.provider.issuer, "2", false),
        ("https://other.example", "1", false),
    ] {
        let request = GetUserRequest {
            key: Some(Key::SsoIdentity(SsoIdentity {
                issuer: issuer.to_owned(),
                subject: subject.to_owned(),
            })),
            ..GetUserRequest::default()
        };
        let answer = h.users().get_user(request).await;
        if is_his {
            assert_eq!(answer.answered().user, Some(user.clone()));
        } else {
            answer.refused(Code::NotFound, "USER_NOT_FOUND");
        }
    }
}

async fn a_later_sign_in_finds_whoever_signed_in_before(h: &Harness) {
    let acme = acme(h).await;
    let first = h.sign_in(&acme.token(h, "1", "ann@acme.example")).await;
    let first = first.answered().member.expect("the member");
    h.advance(TimeDelta::days(400));
    // The provider calls her by another name and address now, and even by one elsewhere.
    for email in ["anna@acme.example", "anna@elsewhere.example"] {
        let later = h.sign_in(&acme.token(h, "1", email)).await.answered();
        assert_eq!(later.outcome(), ImportOutcome::AlreadyMember);
        assert!(!later.linked);
        let member = later.member.expect("the member");
        assert_eq!(member.user_id, first.user_id);
    }
    let without = acme.token_with(h, ("1", ""), |claims| {
        claims.as_object_mut().expect("claims").remove("email");
    });
    assert!(!h.sign_in(&without).await.answered().linked);
    assert_eq!(h.user(&first.user_id).await.email, "ann@acme.example");
    assert_eq!(h.counts(&acme.team.id).await.active_members, 2);
}

async fn somebody_known_by_his_address_is_linked_and_never_made_twice(h: &Harness) {
    let acme = acme(h).await;
    let known = h.verified("ann@acme.example").await;
    let answer = h.sign_in(&acme.token(h, "1", "ANN@acme.example")).await;
    let answer = answer.answered();
    assert_eq!(answer.outcome(), ImportOutcome::Verified);
    assert!(answer.linked);
    assert_eq!(answer.member.expect("the member").user_id, known.id);
    assert_eq!(h.user(&known.id).await.given_name, known.given_name);

    // Somebody else got her address: the provider knows him as another person.
    let other = h.sign_in(&acme.token(h, "2", "ann@acme.example")).await;
    other.refused(Code::FailedPrecondition, "EMAIL_MISMATCH");
}

async fn somebody_invited_joins_with_what_waits_for_him(h: &Harness) {
    let acme = acme(h).await;
    let ann = h.invite(&acme.team.id, "ann@acme.example").await;
    h.change(with_role(&acme.team.id, &ann.user, Role::SecondaryAdmin))
        .await;
    let answer = h.sign_in(&acme.token(h, "1", "ann@acme.example")).await;
    let answer = answer.answered();
    assert_eq!(answer.outcome(), ImportOutcome::Verified);
    let member = answer.member.expect("the member");
    assert_eq!(
        (member.state(), member.role(), member.source()),
        (
            MemberState::Active,
            Role::SecondaryAdmin,
            MemberSource::Manual
        )
    );
    let types = [EventType::MemberAdded, EventType::MemberJoined];
    let events = event_types(h, &acme.team.id, &types).await;
    // The primary admin's and hers.
    assert_eq!(events, [EventType::MemberJoined; 2]);
    let again = h.accept(&ann.token).await.answered();
    assert!(again.already_accepted);

    // Also over an invitation whose time is over.
    let ben = h.invite(&acme.team.id, "ben@acme.example").await;
    h.advance(WEEK);
    let answer = h.sign_in(&acme.token(h, "2", "ben@acme.example")).await;
    assert_eq!(answer.answered().member.expect("him").user_id, ben.user);
    let again = h.accept(&ben.token).await.answered();
    assert!(again.already_accepted);
}

async fn an_inviter_who_lost_his_authority_gives_no_more_than_membership(h: &Harness) {
    let acme = acme(h).await;
    let team = &acme.team.id;
    let admin = h
        .join_as(team, "admin@acme.example", Role::SecondaryAdmin)
        .await;
    let ann = muster::proto::CreateInvitationRequest {
        role: Role::SecondaryAdmin.into(),
        ..invitation_of(team, "ann@acme.example")
    };
    let ann = h.invitations_as(&admin).create_invitation(ann).await;
    let ann = ann.answered().member.expect("her").user_id;
    drop(h.deliver().await);
    h.change(with_role(team, &admin, Role::Member)).await;
    let answer = h.sign_in(&acme.token(h, "1", "ann@acme.example")).await;
    let member = answer.answered().member.expect("the member");
    assert_eq!((&member.user_id, member.role()), (&ann, Role::Member));
    assert_eq!(member.state(), MemberState::Active);
}

async fn names_follow_the_provider_if_the_connection_says_so(h: &Harness) {
    let acme = acme_with(h, |connection| connection.profile_refresh_enabled = true).await;
    let ann = h.sign_in(&acme.token(h, "1", "ann@acme.example")).await;
    let ann = ann.answered().member.expect("her").user_id;
    let renamed = |family: &'static str| {
        acme.token_with(h, ("1", "ann@acme.example"), |claims| {
            claims["family_name"] = family.into();
        })
    };
    h.sign_in(&renamed("Married")).await.answered();
    assert_eq!(h.user(&ann).await.family_name, "Married");
    // What is no name is not taken.
    h.sign_in(&renamed("www.evil.example")).await.answered();
    assert_eq!(h.user(&ann).await.family_name, "Married");
    let changed = event_types(h, &acme.team.id, &[EventType::UserUpdated]).await;
    assert_eq!(changed.len(), 1);

    // Who has no names has what stands before the @.
    let nameless = acme.token_with(h, ("2", "ben.b@acme.example"), |claims| {
        let claims = claims.as_object_mut().expect("claims");
        claims.remove("given_name");
        claims["family_name"] = "://".into();
    });
    let ben = h.sign_in(&nameless).await.answered().member.expect("him");
    let ben = h.user(&ben.user_id).await;
    assert_eq!((&*ben.given_name, &*ben.family_name), ("ben.b", "-"));
}

async fn a_rehearsed_sign_in_changes_nothing_and_a_repeated_one_once(h: &Harness) {
    let acme = acme(h).await;
    let request = with_token(&acme.token(h, "1", "ann@acme.example"));
    let rehearsal = ProvisionSsoUserRequest {
        validate_only: true,
        ..request.clone()
    };
    let told = h.sso().provision_sso_user(rehearsal).await.answered();
    assert_eq!(told.outcome(), ImportOutcome::Verified);
    assert_eq!(told.member, None);
    assert_eq!(h.counts(&acme.team.id).await.active_members, 1);

    let request = ProvisionSsoUserRequest {
        request_id: request_id(1),
        ..request
    };
    let once = h.sso().provision_sso_user(request.clone()).await.answered();
    let twice = h.sso().provision_sso_user(request).await.answered();
    assert_eq!(once, twice);
    assert!(once.linked);
}

async fn of_sixteen_first_sign_ins_at_once_one_makes_the_account(h: &Harness) {
    let acme = acme(h).await;
    let token = acme.token(h, "1", "ann@acme.example");
    let answers = at_once(16, |_| {
        let mut client = h.sso();
        let request = with_token(&token);
        async move { client.provision_sso_user(request).await }
    })
    .await;
    let answers: Vec<_> = answers.into_iter().map(Outcome::answered).collect();
    let linked = answers.iter().filter(|answer| answer.linked);
    assert_eq!(linked.count(), 1);
    let people: std::collections::BTreeSet<_> = answers
        .iter()
        .map(|answer| &answer.member.as_ref().expect("her").user_id)
        .collect();
    assert_eq!(people.len(), 1);
    let types = [EventType::MemberAdded, EventType::SsoIdentityLinked];
    assert_eq!(event_types(h, &acme.team.id, &types).await, types);
}

async fn the_primary_admin_joins_by_signing_in(h: &Harness) {
    let team = h.team("acme").await;
    h.set_team(&team.id, "verified_account_policy", |team: &mut Team| {
        team.set_verified_account_policy(VerifiedAccountPolicy::AskFirst);
    })
    .await;
    let signer = Signer::rs256("one", 0);
    let provider = Provider::with(&[&signer]).await;
    h.own_domain(&team.id, "acme.example").await;
    h.connect(provider.connection(&team.id)).await;
    h.advance(WEEK);
    let token = signer.token(&provider.claims(h, "1", "boss@acme.example"));
    let member = h.sign_in(&token).await.answered().member.expect("him");
    assert_eq!(
        (&member.user_id, member.role(), member.state()),
        (&team.admin, Role::PrimaryAdmin, MemberState::Active)
    );
}

async fn whoever_is_erased_is_known_by_no_identity(h: &Harness) {
    let acme = acme(h).await;
    let token = acme.token(h, "1", "ann@acme.example");
    let ann = h.sign_in(&token).await.answered().member.expect("her");
    erase(h, &ann.user_id).await.answered();
    let next = h.sign_in(&token).await.answered();
    assert!(next.linked);
    assert_ne!(next.member.expect("somebody new").user_id, ann.user_id);
}
