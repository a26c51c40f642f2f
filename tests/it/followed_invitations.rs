//! Invitations that wait for somebody whose address changes: they follow him, and the links in the mailbox that he left are dead.

use chrono::TimeDelta;
use muster::proto::{
    DeclineInvitationRequest, DeliveryState, EventType, ListEventsRequest, MemberState,
    PeekInvitationRequest, RequestNewInvitationRequest, ResendInvitationRequest, event::Payload,
};
use tonic::Code;

use crate::{
    email_change_links::confirm,
    email_changes::asked,
    events,
    fixtures::{Invited, NewTeam, WEEK, ask_first, invitation_of, token},
    harness::{Harness, tests},
    import_letters::released,
    refusals::Outcome,
    statements::{cost, hold_alike_of},
};

tests![
    open_invitations_follow_the_person_and_the_old_links_are_dead,
    a_letter_that_was_not_sent_is_never_sent_to_the_old_address,
    what_is_held_or_expired_gets_no_letter_and_goes_to_the_new_address_later,
    it_counts_as_a_resend_and_is_refused_for_none,
    many_invitations_cost_as_many_statements_as_one,
];

const OLD: &str = "ann@old.example";
const NEW: &str = "ann@new.example";

/// A team that asks people first.
pub(crate) async fn asking(h: &Harness, name: &str) -> NewTeam {
    let team = h.led_team(name).await;
    h.teams().update_team(ask_first(&team.id)).await.answered();
    team
}

fn answered_by(token: &str) -> (PeekInvitationRequest, DeclineInvitationRequest) {
    let token = token.to_owned();
    let decline = DeclineInvitationRequest {
        token: token.clone(),
        ..DeclineInvitationRequest::default()
    };
    (PeekInvitationRequest { token }, decline)
}

pub(crate) async fn is_dead(h: &Harness, link: &str, why: &str) {
    let (peek, decline) = answered_by(link);
    let code = Code::FailedPrecondition;
    let mut client = h.invitations();
    client.peek_invitation(peek).await.refused(code, why);
    client.decline_invitation(decline).await.refused(code, why);
    h.accept(link).await.refused(code, why);
}

pub(crate) fn resending(team: &str, invitation: &str) -> ResendInvitationRequest {
    ResendInvitationRequest {
        team_id: team.to_owned(),
        invitation_id: invitation.to_owned(),
        ..ResendInvitationRequest::default()
    }
}

async fn open_invitations_follow_the_person_and_the_old_links_are_dead(h: &Harness) {
    let teams = [asking(h, "acme").await, asking(h, "other").await];
    let ann = h.verified(OLD).await;
    let request = invitation_of(&teams[0].id, OLD);
    let mut admin = h.invitations_as(&teams[0].admin);
    let first = admin.create_invitation(request).await.answered();
    let first = first.invitation.expect("an invitation");
    let first = Invited {
        user: ann.id.clone(),
        id: first.id,
        token: h.only_token().await,
    };
    let waiting = [first, h.invite(&teams[1].id, OLD).await];
    let link = asked(h, &ann.id, NEW).await;
    h.advance(TimeDelta::hours(20));
    let before = [
        h.invitation(&teams[0].id, &waiting[0].id).await,
        h.invitation(&teams[1].id, &waiting[1].id).await,
    ];
    let told = events::list(h, ListEventsRequest::default()).await.len();

    confirm(h, &link).await.answered();
    for one in &waiting {
        is_dead(h, &one.token, "INVITATION_SUPERSEDED").await;
    }
    let told = events::list(h, ListEventsRequest::default())
        .await
        .split_off(told);
    let types: Vec<_> = told
        .iter()
        .map(|one| (one.r#type(), &*one.team_id))
        .collect();
    let resent = EventType::InvitationResent;
    assert_eq!(
        types,
        [
            (EventType::UserUpdated, ""),
            (resent, &*teams[0].id),
            (resent, &*teams[1].id),
        ]
    );
    for (event, invitation) in told[1..].iter().zip(&before) {
        let Some(Payload::Invitation(payload)) = &event.payload else {
            panic!("{event:?}");
        };
        assert_eq!(event.user_id, ann.id);
        assert_eq!(payload.invitation_id, invitation.id);
        assert_eq!(payload.send_count, 2);
    }

    let letters = h.deliver().await;
    assert_eq!(letters.len(), 2);
    for (team, before) in teams.iter().zip(&before) {
        let now = h.invitation(&team.id, &before.id).await;
        assert_eq!(now.expire_time, before.expire_time);
        assert_eq!(now.inviter_user_id, before.inviter_user_id);
        assert_eq!(
            (now.send_count, now.delivery_state()),
            (2, DeliveryState::Sent)
        );
        assert_eq!(now.email, NEW);
    }
    for letter in &letters {
        assert_eq!(letter.to, NEW);
        h.accept(&token(letter)).await.answered();
    }
    for team in &teams {
        let member = h.member(&team.id, &ann.id).await;
        assert_eq!(member.state(), MemberState::Active);
    }
    h.is_sound(None).await;
}

async fn a_letter_that_was_not_sent_is_never_sent_to_the_old_address(h: &Harness) {
    let team = asking(h, "acme").await;
    let ann = h.verified(OLD).await;
    let link = asked(h, &ann.id, NEW).await;
    let id = h.invite_unread(&team.id, OLD).await;
    let waiting = h.outbox().await;
    let letter = waiting.iter().find(|one| one.state == "QUEUED");
    let unsent = h.sealed(letter.expect("the letter"));
    confirm(h, &link).await.answered();
    is_dead(h, &unsent, "INVITATION_SUPERSEDED").await;
    let letter = h.only_letter().await;
    assert_eq!(letter.to, NEW);
    h.accept(&token(&letter)).await.answered();
    assert_eq!(h.invitation(&team.id, &id).await.send_count, 2);
    h.is_sound(None).await;
}

async fn what_is_held_or_expired_gets_no_letter_and_goes_to_the_new_address_later(h: &Harness) {
    let (late, holding) = (asking(h, "late").await, asking(h, "holding").await);
    let ann = h.verified(OLD).await;
    let expired = h.invite(&late.id, OLD).await;
    h.advance(WEEK);
    let held = h.import_held(&holding.id, "spring", &[OLD]).await.remove(0);
    let link = asked(h, &ann.id, NEW).await;
    confirm(h, &link).await.answered();
    assert!(h.deliver().await.is_empty());
    is_dead(h, &expired.token, "INVITATION_EXPIRED").await;
    let waits = h.invitation(&holding.id, &held.invitation_id).await;
    assert_eq!(
        (waits.send_count, waits.delivery_state()),
        (1, DeliveryState::Held)
    );

    released(h, &holding.id, "spring").await;
    let letter = h.only_letter().await;
    assert_eq!(letter.to, NEW);
    h.accept(&token(&letter)).await.answered();
    let request = RequestNewInvitationRequest {
        token: expired.token,
        ..RequestNewInvitationRequest::default()
    };
    h.invitations()
        .request_new_invitation(request)
        .await
        .answered();
    assert_eq!(h.only_letter().await.to, NEW);
    h.is_sound(None).await;
}

async fn it_counts_as_a_resend_and_is_refused_for_none(h: &Harness) {
    let (often, once) = (asking(h, "often").await, asking(h, "once").await);
    let ann = h.verified(OLD).await;
    let worn = h.invite(&often.id, OLD).await;
    let fresh = h.invite(&once.id, OLD).await;
    for _ in 0..5 {
        h.resend(&often.id, &worn.id).await;
        h.advance(TimeDelta::minutes(1));
    }
    let link = asked(h, &ann.id, NEW).await;
    confirm(h, &link).await.answered();
    assert_eq!(h.deliver().await.len(), 2);
    assert_eq!(h.invitation(&often.id, &worn.id).await.send_count, 7);
    for (team, invitation, reason) in [
        (&often, &worn, "RESENDS_USED_UP"),
        (&once, &fresh, "RESEND_TOO_SOON"),
    ] {
        let request = resending(&team.id, &invitation.id);
        let refused = h.invitations().resend_invitation(request).await;
        refused.refused(Code::ResourceExhausted, reason);
    }
    h.advance(TimeDelta::minutes(1));
    h.resend(&once.id, &fresh.id).await;
}

async fn many_invitations_cost_as_many_statements_as_one(h: &Harness) {
    hold_alike_of((1, 7), async |name, teams| {
        let (old, new) = (format!("{name}@old.example"), format!("{name}@new.example"));
        let ann = h.verified(&old).await;
        for number in 0..teams {
            let team = asking(h, &format!("{name}-{number}")).await;
            h.invite(&team.id, &old).await;
        }
        let link = asked(h, &ann.id, &new).await;
        let cost = cost(h, async {
            confirm(h, &link).await.answered();
        });
        let cost = cost.await;
        assert_eq!(h.deliver().await.len(), teams);
        cost
    })
    .await;
}
