//! Who holds a seat, who needs one, and who gets the last.

use muster::proto::{DomainRuleEffect, ImportOutcome, InvitationState, MemberState, Role};

use crate::{
    fixtures::{MICROSECOND, WEEK, team_called},
    harness::{Harness, tests},
    refusals::Outcome,
    uploads::{held, outcomes, row},
    ways::{Answer, WAYS, refuse, rules, want},
};

tests![
    the_rows_of_an_import_get_seats_in_their_order,
    an_expired_invitation_holds_no_seat,
    the_primary_admins_seat_always_counts,
    reopening_the_primary_admins_invitation_needs_no_seat,
];

async fn the_rows_of_an_import_get_seats_in_their_order(h: &Harness) {
    let mut request = team_called("acme");
    request.seat_limit = Some(6);
    request.domain_rules = rules(&[("denied.example", DomainRuleEffect::Deny)]);
    let team = h.team_from(request).await;
    h.verified("pat@acme.example").await;
    h.invite(&team.id, "expired@acme.example").await;
    h.advance(WEEK);
    h.join(&team.id, "joined@acme.example").await;
    h.invite(&team.id, "waiting@acme.example").await;
    // Three seats are left: the primary admin's, joined and waiting take the others.
    let rows = [
        "z@acme.example",
        "joined@acme.example",
        "x",
        "a@denied.example",
        "Z@acme.example",
        "waiting@acme.example",
        "pat@acme.example",
        "expired@acme.example",
        "a@acme.example",
        "b@acme.example",
        "joined@ACME.example",
    ]
    .map(row);
    let results = h.import_rows(held(&team.id, "march"), &rows).await;
    assert_eq!(
        outcomes(&results),
        [
            ImportOutcome::Invited,
            ImportOutcome::AlreadyMember,
            ImportOutcome::Invalid,
            ImportOutcome::DomainRefused,
            ImportOutcome::DuplicateRow,
            ImportOutcome::AlreadyInvited,
            ImportOutcome::Verified,
            ImportOutcome::Invited,
            ImportOutcome::NoSeat,
            ImportOutcome::NoSeat,
            ImportOutcome::DuplicateRow,
        ]
    );
    assert_eq!(h.counts(&team.id).await.seats, 6);
}

async fn an_expired_invitation_holds_no_seat(h: &Harness) {
    for way in WAYS {
        let mut request = way.team();
        request.seat_limit = Some(2);
        let team = h.team_from(request).await;
        let old = h.invite(&team.id, &way.email("old")).await;
        refuse(h, way, &team.id, &way.email("new"), ImportOutcome::NoSeat).await;
        h.advance(WEEK - MICROSECOND);
        refuse(h, way, &team.id, &way.email("new"), ImportOutcome::NoSeat).await;
        h.advance(MICROSECOND);
        assert_eq!(h.counts(&team.id).await.seats, 1);
        let answer = want(h, way, &team.id, &way.email("new")).await;
        assert_eq!(answer.outcome, ImportOutcome::Invited, "{way:?}");
        h.only_token().await;
        // The one whose seat is gone needs one again.
        refuse(h, way, &team.id, &way.email("old"), ImportOutcome::NoSeat).await;
        let old = h.member(&team.id, &old.user).await;
        assert_eq!(old.state(), MemberState::Invited);
        assert_eq!(h.counts(&team.id).await.seats, 2);
    }
}

async fn the_primary_admins_seat_always_counts(h: &Harness) {
    for way in WAYS {
        let mut request = way.team();
        request.seat_limit = Some(1);
        let team = h.team_from(request).await;
        h.advance(WEEK);
        let expired = h.invitation(&team.id, &team.invitation).await;
        assert_eq!(expired.state(), InvitationState::Expired);
        assert_eq!(h.counts(&team.id).await.seats, 1);
        refuse(h, way, &team.id, &way.email("new"), ImportOutcome::NoSeat).await;
    }
}

async fn reopening_the_primary_admins_invitation_needs_no_seat(h: &Harness) {
    for way in WAYS {
        let mut request = way.team();
        request.seat_limit = Some(2);
        let admin = request.primary_admin.clone().expect("an admin").email;
        let team = h.team_from(request).await;
        h.join(&team.id, &way.email("ann")).await;
        h.advance(WEEK);
        let answer = want(h, way, &team.id, &admin).await;
        let expected = Answer {
            outcome: ImportOutcome::Invited,
            user: team.admin.clone(),
            invitation: team.invitation.clone(),
        };
        assert_eq!(answer, expected, "{way:?}");
        let member = h.member(&team.id, &team.admin).await;
        assert_eq!(
            member.role(),
            Role::PrimaryAdmin,
            "whatever the request said"
        );
        assert_eq!(h.counts(&team.id).await.seats, 2);
        h.accept(&h.only_token().await).await.answered();
    }
}
