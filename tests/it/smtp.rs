//! Letters through a mail server: whole SMTP dialogues, and what the relay makes of each reply.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use muster::{
    mail::{eml, relay::Relay, transport::Transport},
    proto::{DeliveryState, Invitation, PeekInvitationRequest},
};

use crate::{
    fixtures::{MICROSECOND, invitation_of},
    harness::{Harness, PUBLIC_URL, tests},
    refusals::Outcome,
    relays::run_dry,
    smtp_peer::{Act, Delivery, SmtpPeer, Step},
};

tests![
    a_letter_arrives_whole_and_its_link_works,
    a_login_is_given,
    a_refused_login_loses_no_letter,
    a_4xx_reply_is_tried_again_later,
    a_5xx_reply_is_failed_and_recorded_without_the_address,
    a_5xx_greeting_is_no_verdict_on_the_letter,
    a_connection_that_breaks_after_data_is_tried_again_with_the_same_message_id,
    a_server_that_is_away_loses_no_letter,
    one_connection_takes_many_letters,
];

const EMAIL: &str = "Ann.Lee@a.example";

fn relay(h: &Harness, peer: &SmtpPeer, login: &str) -> Relay {
    let url = format!("smtp://{login}{}?tls=none&timeout=20", peer.address());
    h.relay(Transport::parse(&url).expect("a mail URL"))
}

async fn peer() -> SmtpPeer {
    SmtpPeer::start(None).await.expect("a mail server")
}

/// Somebody invited whose letter waits.
pub(crate) async fn unsent(h: &Harness, email: &str) -> Invitation {
    let team = h.team("acme").await;
    let request = invitation_of(&team.id, email);
    let answer = h.invitations().create_invitation(request).await.answered();
    answer.invitation.expect("an invitation")
}

async fn seen(h: &Harness, invitation: &Invitation) -> Invitation {
    h.invitation(&invitation.team_id, &invitation.id).await
}

/// How the letter of an invitation fares.
pub(crate) async fn delivery(h: &Harness, invitation: &Invitation) -> DeliveryState {
    seen(h, invitation).await.delivery_state()
}

/// The one letter that the peer took.
pub(crate) fn only(peer: &SmtpPeer) -> Delivery {
    let mut deliveries = peer.take();
    assert_eq!(deliveries.len(), 1, "exactly one letter");
    deliveries.remove(0)
}

async fn a_letter_arrives_whole_and_its_link_works(h: &Harness) {
    let peer = peer().await;
    let invitation = unsent(h, EMAIL).await;
    run_dry(&relay(h, &peer, "")).await;

    let letter = only(&peer);
    assert_eq!(letter.from, "muster@muster.example");
    assert_eq!(letter.to, [EMAIL]);
    let verbs: Vec<_> = peer
        .commands()
        .iter()
        .map(|line| line.split([' ', ':']).next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(verbs[..4], ["EHLO", "MAIL", "RCPT", "DATA"]);
    assert!(eml::parts(&letter.raw).is_some(), "text and HTML");
    let link = eml::link(&letter.raw).expect("a link");
    let token = link.strip_prefix(&format!("{PUBLIC_URL}/invitations/"));
    let token = token.expect("a link to the invitation").to_owned();
    h.invitations()
        .peek_invitation(PeekInvitationRequest { token })
        .await
        .answered();
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Sent);
}

async fn a_login_is_given(h: &Harness) {
    let login = Some(("muster@a.example", "s:é@ /"));
    let peer = SmtpPeer::start(login).await.expect("a mail server");
    let invitation = unsent(h, EMAIL).await;
    run_dry(&relay(h, &peer, "muster%40a.example:s%3A%C3%A9%40%20%2F@")).await;
    only(&peer);
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Sent);
}

async fn a_refused_login_loses_no_letter(h: &Harness) {
    let login = Some(("muster", "right"));
    let peer = SmtpPeer::start(login).await.expect("a mail server");
    let invitation = unsent(h, EMAIL).await;
    for login in ["muster:wrong@", ""] {
        run_dry(&relay(h, &peer, login)).await;
        assert_eq!(delivery(h, &invitation).await, DeliveryState::Queued);
        h.advance(TimeDelta::hours(1));
    }
    run_dry(&relay(h, &peer, "muster:right@")).await;
    only(&peer);
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Sent);
}

async fn a_4xx_reply_is_tried_again_later(h: &Harness) {
    let peer = peer().await;
    let invitation = unsent(h, EMAIL).await;
    let relay = relay(h, &peer, "");
    for (step, seconds) in [
        (Step::Sender, 30),
        (Step::Recipient, 60),
        (Step::Data, 120),
        (Step::Letter, 240),
    ] {
        peer.next(step, Act::Reply("450 4.2.0 greylisted".to_owned()));
        run_dry(&relay).await;
        assert_eq!(delivery(h, &invitation).await, DeliveryState::Queued);
        h.advance(TimeDelta::seconds(seconds) - MICROSECOND);
        run_dry(&relay).await;
        assert!(peer.take().is_empty(), "tried too early");
        h.advance(MICROSECOND);
    }
    run_dry(&relay).await;
    only(&peer);
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Sent);
}

async fn a_5xx_reply_is_failed_and_recorded_without_the_address(h: &Harness) {
    let peer = peer().await;
    let invitation = unsent(h, EMAIL).await;
    let reply = format!("550 5.1.1 <{EMAIL}>: no such user");
    peer.next(Step::Recipient, Act::Reply(reply));
    run_dry(&relay(h, &peer, "")).await;

    let seen = seen(h, &invitation).await;
    assert_eq!(seen.delivery_state(), DeliveryState::Failed);
    assert_eq!(seen.delivery_error, "550 5.1.1 (address) no such user");
    let counts = h.counts(&invitation.team_id).await;
    assert_eq!(counts.undelivered_invitations, 1);
    assert!(peer.take().is_empty());
}

async fn a_5xx_greeting_is_no_verdict_on_the_letter(h: &Harness) {
    let peer = peer().await;
    let invitation = unsent(h, EMAIL).await;
    let relay = relay(h, &peer, "");
    peer.next(Step::Greeting, Act::Reply("554 5.7.1 go away".to_owned()));
    run_dry(&relay).await;
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Queued);
    h.advance(TimeDelta::seconds(30));
    run_dry(&relay).await;
    only(&peer);
}

async fn a_connection_that_breaks_after_data_is_tried_again_with_the_same_message_id(h: &Harness) {
    let peer = peer().await;
    let invitation = unsent(h, EMAIL).await;
    let id = h.letter_of(&invitation.id).await.id;
    let relay = relay(h, &peer, "");
    peer.next(Step::Letter, Act::HangUp);
    run_dry(&relay).await;
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Queued);

    h.advance(TimeDelta::seconds(30));
    run_dry(&relay).await;
    let letter = only(&peer);
    assert_eq!(message_id(&letter), format!("<{id}@muster.example>"));
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Sent);
    assert_eq!(peer.connections(), 2);
}

fn message_id(letter: &Delivery) -> String {
    let raw = String::from_utf8_lossy(&letter.raw);
    let line = raw
        .lines()
        .find_map(|line| line.strip_prefix("Message-ID: "));
    line.expect("a Message-ID").to_owned()
}

async fn a_server_that_is_away_loses_no_letter(h: &Harness) {
    let gone = peer().await;
    let relay_to_nobody = relay(h, &gone, "");
    drop(gone);
    let invitation = unsent(h, EMAIL).await;
    run_dry(&relay_to_nobody).await;
    assert_eq!(delivery(h, &invitation).await, DeliveryState::Queued);

    let peer = peer().await;
    h.advance(TimeDelta::seconds(30));
    run_dry(&relay(h, &peer, "")).await;
    only(&peer);
}

async fn one_connection_takes_many_letters(h: &Harness) {
    let peer = peer().await;
    let relay = relay(h, &peer, "");
    let team = h.team("acme").await;
    // One at a time, as relays that are not pressed send them.
    for n in 0..20 {
        let request = invitation_of(&team.id, &format!("p{n}@a.example"));
        h.invitations().create_invitation(request).await.answered();
        run_dry(&relay).await;
    }
    let letters = peer.take();
    let ids: BTreeSet<_> = letters.iter().map(message_id).collect();
    assert_eq!((letters.len(), ids.len()), (20, 20));
    assert_eq!(peer.connections(), 1);
}
