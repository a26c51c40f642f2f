//! The relay: when it tries again, when it gives up, and that a letter goes out once.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use muster::{
    config::Settings,
    mail::{
        letter::Sender,
        transport::{SendError, Transport},
    },
    proto::{
        DeclineInvitationRequest, DeliveryState, Invitation, ReleaseLettersRequest,
        ResendInvitationRequest, RevokeInvitationRequest,
    },
};

use crate::{
    fixtures::{MICROSECOND, WEEK, invitation_of, time, token},
    harness::{Harness, tests},
    refusals::Outcome,
    relays::run_dry,
    smtp_peer::{Act, SmtpPeer, Step},
    waiting::until,
};

tests![
    a_failed_letter_waits_30_seconds_and_then_twice_as_long_each_time,
    no_wait_is_longer_than_an_hour_and_the_last_try_is_before_the_invitation_ends,
    a_letter_without_an_invitation_is_tried_for_a_week,
    a_letter_refused_for_good_is_failed_with_the_reply_and_counts_as_undelivered,
    a_resend_mends_a_failed_delivery,
    a_live_lease_keeps_other_relays_away,
    a_letter_whose_lease_ended_is_sent_by_another_relay_and_the_first_one_changes_nothing,
    a_relay_that_is_late_does_not_take_the_next_ones_lease,
    a_resend_cancels_the_unsent_letter_and_wipes_its_token,
    a_resend_cancels_the_held_letter_and_wipes_its_token,
    the_unsent_letter_of_an_accepted_invitation_is_never_sent,
    the_unsent_letter_of_a_declined_invitation_is_never_sent,
    the_unsent_letter_of_a_revoked_invitation_is_never_sent,
    three_relays_at_once_send_every_letter_once with small_batches,
    the_message_id_is_the_outbox_id,
];

const HOUR: TimeDelta = TimeDelta::hours(1);

fn small_batches(settings: &mut Settings) {
    settings.relay_batch = 7;
}

fn busy() -> SendError {
    SendError::Later("451 4.3.0 busy".to_owned())
}

/// Somebody invited whose letter waits.
async fn unsent(h: &Harness, team: &str, email: &str) -> Invitation {
    let request = invitation_of(team, email);
    let answer = h.invitations().create_invitation(request).await.answered();
    answer.invitation.expect("an invitation")
}

async fn resend(h: &Harness, invitation: &Invitation) {
    let request = ResendInvitationRequest {
        team_id: invitation.team_id.clone(),
        invitation_id: invitation.id.clone(),
        ..ResendInvitationRequest::default()
    };
    h.invitations().resend_invitation(request).await.answered();
}

async fn delivery(h: &Harness, invitation: &Invitation) -> DeliveryState {
    h.invitation(&invitation.team_id, &invitation.id)
        .await
        .delivery_state()
}

async fn a_failed_letter_waits_30_seconds_and_then_twice_as_long_each_time(h: &Harness) {
    let team = h.team("acme").await;
    let invitation = unsent(h, &team.id, "ann@a.example").await;
    h.mailbox.fail_next(3, busy());
    assert!(h.deliver().await.is_empty());

    for (tries, seconds) in [(1, 30), (2, 60), (3, 120)] {
        let letter = h.letter_of(&invitation.id).await;
        assert_eq!((letter.state.as_str(), letter.attempts), ("QUEUED", tries));
        assert_eq!(delivery(h, &invitation).await, DeliveryState::Queued);

        h.advance(TimeDelta::seconds(seconds) - MICROSECOND);
        assert!(h.deliver().await.is_empty());
        assert_eq!(h.letter_of(&invitation.id).await.attempts, tries);
        h.advance(MICROSECOND);
        let letters = h.deliver().await;
        assert_eq!(letters.len(), usize::from(tries == 3));
    }
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Sent);
    assert_eq!(h.counts(&team.id).await.undelivered_invitations, 0);
}

async fn no_wait_is_longer_than_an_hour_and_the_last_try_is_before_the_invitation_ends(
    h: &Harness,
) {
    let team = h.team("acme").await;
    let invitation = unsent(h, &team.id, "ann@a.example").await;
    let end = time(invitation.expire_time);
    h.mailbox.fail_next(usize::MAX, busy());

    // After seven doublings of 30 s every wait is an hour.
    for _ in 0..8 {
        h.deliver().await;
        h.advance(HOUR);
    }
    while h.now() < end && delivery(h, &invitation).await == DeliveryState::Queued {
        let tries = h.letter_of(&invitation.id).await.attempts;
        h.deliver().await;
        assert_eq!(h.letter_of(&invitation.id).await.attempts, tries + 1);
        h.advance(HOUR);
    }
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Failed);
    assert!(
        h.now() >= end,
        "it gave up {} before the end",
        end - h.now()
    );
    assert_eq!(h.letter_of(&invitation.id).await.state, "FAILED");
    assert_eq!(h.counts(&team.id).await.undelivered_invitations, 1);
}

async fn a_letter_without_an_invitation_is_tried_for_a_week(h: &Harness) {
    let team = h.team("acme").await;
    h.verified("vera@a.example").await;
    let request = invitation_of(&team.id, "vera@a.example");
    h.invitations().create_invitation(request).await.answered();
    let posted = h.now();
    h.mailbox.fail_next(usize::MAX, busy());

    let mut states = Vec::new();
    while h.now() < posted + WEEK {
        h.deliver().await;
        let row = h.outbox().await.pop().expect("the letter");
        assert_eq!(row.kind, "added_to_team");
        states.push(row.state);
        h.advance(HOUR);
    }
    // The last of the hourly tries could only be followed by one that comes too late.
    assert_eq!(states.pop().as_deref(), Some("FAILED"));
    assert!(states.iter().all(|state| state == "QUEUED"));
}

async fn a_letter_refused_for_good_is_failed_with_the_reply_and_counts_as_undelivered(h: &Harness) {
    let team = h.team("acme").await;
    let invitation = unsent(h, &team.id, "ann@a.example").await;
    let reply = "550 5.1.1 unknown";
    h.mailbox.fail_next(1, SendError::Never(reply.to_owned()));
    assert!(h.deliver().await.is_empty());

    let seen = h.invitation(&team.id, &invitation.id).await;
    assert_eq!(seen.delivery_state(), DeliveryState::Failed);
    assert_eq!(seen.delivery_error, reply);
    assert_eq!(h.counts(&team.id).await.undelivered_invitations, 1);
    h.advance(TimeDelta::days(1));
    assert!(h.deliver().await.is_empty(), "it was tried again");
}

async fn a_resend_mends_a_failed_delivery(h: &Harness) {
    let team = h.team("acme").await;
    let invitation = unsent(h, &team.id, "ann@a.example").await;
    let never = SendError::Never("550 5.1.1 unknown".to_owned());
    h.mailbox.fail_next(1, never);
    assert!(h.deliver().await.is_empty());

    let token = h.resend(&team.id, &invitation.id).await;
    let seen = h.invitation(&team.id, &invitation.id).await;
    assert_eq!(seen.delivery_state(), DeliveryState::Sent);
    assert_eq!(seen.delivery_error, "");
    assert_eq!(h.counts(&team.id).await.undelivered_invitations, 0);
    h.accept(&token).await.answered();
}

async fn a_live_lease_keeps_other_relays_away(h: &Harness) {
    let team = h.team("acme").await;
    let invitation = unsent(h, &team.id, "ann@a.example").await;
    let (peer, first) = stalled(h).await;
    h.advance(lease(h) - MICROSECOND);
    assert!(h.deliver().await.is_empty());
    drop(peer);
    first.await.expect("the first relay's step");
    // What failed within its lease is put back by the relay that tried.
    assert_eq!(h.letter_of(&invitation.id).await.attempts, 1);
    h.advance(TimeDelta::seconds(30));
    assert_eq!(h.deliver().await.len(), 1);
}

async fn a_letter_whose_lease_ended_is_sent_by_another_relay_and_the_first_one_changes_nothing(
    h: &Harness,
) {
    let team = h.team("acme").await;
    let invitation = unsent(h, &team.id, "ann@a.example").await;
    let id = h.letter_of(&invitation.id).await.id;
    let (peer, first) = stalled(h).await;

    h.advance(lease(h));
    let letter = h.only_letter().await;
    assert!(letter.message_id.starts_with(&format!("<{id}@")));
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Sent);

    drop(peer);
    first.await.expect("the first relay's step");
    let row = h.letter_of(&invitation.id).await;
    assert_eq!((row.state.as_str(), row.attempts), ("SENT", 2));
    let seen = h.invitation(&team.id, &invitation.id).await;
    assert_eq!(seen.delivery_state(), DeliveryState::Sent);
    assert_eq!(seen.delivery_error, "");
    h.advance(TimeDelta::days(1));
    assert!(h.deliver().await.is_empty(), "it was sent again");
    h.accept(&token(&letter)).await.answered();
}

async fn a_relay_that_is_late_does_not_take_the_next_ones_lease(h: &Harness) {
    let team = h.team("acme").await;
    unsent(h, &team.id, "ann@a.example").await;
    let (first_peer, first) = stalled(h).await;
    h.advance(lease(h));
    let (second_peer, second) = stalled(h).await;

    // Put back by the first one, the letter would be due after 30 s, in the middle of the second one's lease.
    drop(first_peer);
    first.await.expect("the first relay's step");
    h.advance(lease(h) - MICROSECOND);
    assert!(h.deliver().await.is_empty(), "the first relay put it back");
    h.advance(MICROSECOND);
    assert_eq!(h.deliver().await.len(), 1);
    drop(second_peer);
    second.await.expect("the second relay's step");
}

/// How long a letter belongs to the relay that took it.
fn lease(h: &Harness) -> TimeDelta {
    TimeDelta::from_std(h.ctx.settings.relay_lease).expect("a lease")
}

/// A relay that waits for a mail server's last word on the one letter that is due, and the server.
pub(crate) async fn stalled(h: &Harness) -> (SmtpPeer, tokio::task::JoinHandle<()>) {
    let peer = SmtpPeer::start(None).await.expect("a mail server");
    peer.next(Step::Letter, Act::Stall);
    let url = format!("smtp://{}?tls=none", peer.address());
    let relay = h.relay(Transport::parse(&url).expect("a mail URL"));
    let step = tokio::spawn(async move {
        assert_eq!(relay.step().await.expect("a relay's step"), 1);
    });
    until("the letter is under way", async || {
        let commands = peer.commands();
        commands.iter().any(|line| line == "DATA").then_some(())
    })
    .await;
    (peer, step)
}

async fn a_resend_cancels_the_unsent_letter_and_wipes_its_token(h: &Harness) {
    let team = h.team("acme").await;
    let invitation = unsent(h, &team.id, "ann@a.example").await;
    let old = h.sealed(&h.letter_of(&invitation.id).await);
    resend(h, &invitation).await;

    let letters = h.letters_of(&invitation.id).await;
    let states: Vec<_> = letters.iter().map(|letter| letter.state.as_str()).collect();
    assert_eq!(states, ["CANCELLED", "QUEUED"]);
    let new = h.only_token().await;
    assert_ne!(new, old);
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Sent);
    h.accept(&new).await.answered();
}

async fn a_resend_cancels_the_held_letter_and_wipes_its_token(h: &Harness) {
    let team = h.team("acme").await;
    let results = h.import_held(&team.id, "spring", &["ann@a.example"]).await;
    let invitation = h.invitation(&team.id, &results[0].invitation_id).await;
    assert_eq!(invitation.delivery_state(), DeliveryState::Held);
    resend(h, &invitation).await;

    let letters = h.letters_of(&invitation.id).await;
    let states: Vec<_> = letters.iter().map(|letter| letter.state.as_str()).collect();
    assert_eq!(states, ["CANCELLED", "QUEUED"]);
    h.only_token().await;
    let request = ReleaseLettersRequest {
        team_id: team.id.clone(),
        import_id: "spring".to_owned(),
        ..ReleaseLettersRequest::default()
    };
    let released = h.invitations().release_letters(request).await.answered();
    assert_eq!(released.released_count, 0);
    assert!(h.deliver().await.is_empty());
}

async fn the_unsent_letter_of_an_accepted_invitation_is_never_sent(h: &Harness) {
    let team = h.team("acme").await;
    let invitation = unsent(h, &team.id, "ann@a.example").await;
    let token = h.sealed(&h.letter_of(&invitation.id).await);
    h.accept(&token).await.answered();
    is_never_sent(h, &invitation).await;
}

async fn the_unsent_letter_of_a_declined_invitation_is_never_sent(h: &Harness) {
    let team = h.team("acme").await;
    let invitation = unsent(h, &team.id, "ann@a.example").await;
    let token = h.sealed(&h.letter_of(&invitation.id).await);
    let request = DeclineInvitationRequest {
        token,
        ..DeclineInvitationRequest::default()
    };
    h.invitations().decline_invitation(request).await.answered();
    is_never_sent(h, &invitation).await;
}

async fn the_unsent_letter_of_a_revoked_invitation_is_never_sent(h: &Harness) {
    let team = h.team("acme").await;
    let invitation = unsent(h, &team.id, "ann@a.example").await;
    let request = RevokeInvitationRequest {
        team_id: team.id.clone(),
        invitation_id: invitation.id.clone(),
        ..RevokeInvitationRequest::default()
    };
    h.invitations().revoke_invitation(request).await.answered();
    is_never_sent(h, &invitation).await;
}

async fn is_never_sent(h: &Harness, invitation: &Invitation) {
    assert_eq!(h.letter_of(&invitation.id).await.state, "CANCELLED");
    assert_eq!(delivery(h, invitation).await, DeliveryState::Cancelled);
    assert!(h.deliver().await.is_empty());
    h.advance(TimeDelta::days(1));
    assert!(h.deliver().await.is_empty());
}

async fn three_relays_at_once_send_every_letter_once(h: &Harness) {
    let team = h.team("acme").await;
    let emails: Vec<_> = (0..60).map(|n| format!("p{n}@a.example")).collect();
    let emails: Vec<_> = emails.iter().map(String::as_str).collect();
    h.import_held(&team.id, "spring", &emails).await;
    let request = ReleaseLettersRequest {
        team_id: team.id.clone(),
        import_id: "spring".to_owned(),
        ..ReleaseLettersRequest::default()
    };
    h.invitations().release_letters(request).await.answered();

    let relay = || h.relay(h.mailbox.clone().into());
    let (one, two, three) = (relay(), relay(), relay());
    tokio::join!(run_dry(&one), run_dry(&two), run_dry(&three));
    // A relay that met only rows that others were claiming may have stopped early; the harness's own takes the rest.
    let letters = h.deliver().await;
    let ids: BTreeSet<_> = letters.iter().map(|letter| &letter.message_id).collect();
    assert_eq!((letters.len(), ids.len()), (60, 60));
    assert!(
        h.outbox()
            .await
            .iter()
            .all(|row| (row.state.as_str(), row.attempts) == ("SENT", 1))
    );
}

async fn the_message_id_is_the_outbox_id(h: &Harness) {
    let team = h.team("acme").await;
    let invitation = unsent(h, &team.id, "ann@a.example").await;
    let id = h.letter_of(&invitation.id).await.id;
    let mut relay = h.relay(h.mailbox.clone().into());
    relay.sender = Sender::parse("x@mail.example", None).expect("a sender");
    run_dry(&relay).await;
    let letters = h.mailbox.take();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].message_id, format!("<{id}@mail.example>"));
}
