//! The table of outcomes, line by line: the same for an invitation, a created user and an import of one row.

use muster::proto::{
    DomainRuleEffect, ImportOutcome, InvitationState, MemberSource, MemberState, Role,
    UserDisabledReason,
};
use tonic::Code;

use crate::{
    fixtures::{MICROSECOND, WEEK, ask_first, team_called},
    harness::{Harness, tests},
    invitation_life::{decline, revoke},
    refusals::Outcome,
    uploads::{held, row},
    ways::{Answer, WAYS, Way, deny, fill, refuse, rules, want, want_named},
};

tests![
    invalid_a_field_that_breaks_a_rule_comes_before_everything,
    duplicate_row_an_earlier_row_that_was_valid_has_the_same_address,
    already_member_whoever_is_in_the_team_is_left_as_he_is,
    already_invited_an_unexpired_invitation_gets_no_second_letter,
    domain_refused_the_teams_rules_decide_before_seats_and_verification,
    no_seat_a_full_team_takes_nobody_new,
    verified_an_account_that_is_verified_is_active_at_once_and_told_so,
    verified_over_an_expired_invitation_settles_it,
    invited_a_verified_account_is_asked_where_the_team_asks_first,
    invited_a_verified_account_that_last_declined_here_is_asked,
    invited_everybody_else_gets_a_letter_and_is_disabled_until_he_accepts,
    invited_over_an_expired_invitation_keeps_its_id_and_makes_a_new_link,
    invited_over_a_settled_invitation_makes_a_new_one_on_the_same_membership,
    an_existing_profile_is_never_overwritten,
];

async fn invalid_a_field_that_breaks_a_rule_comes_before_everything(h: &Harness) {
    for way in WAYS {
        let team = h.team_from(way.team()).await;
        let ann = h.join(&team.id, &way.email("ann")).await;
        refuse(h, way, &team.id, "x", ImportOutcome::Invalid).await;
        let before = h.member(&team.id, &ann.user).await;
        let wanted = (&*way.email("ann"), "", Role::Member);
        let answer = want_named(h, way, &team.id, wanted).await;
        assert_eq!(
            answer.outcome,
            ImportOutcome::Invalid,
            "{way:?}: a member's address"
        );
        assert_eq!(h.member(&team.id, &ann.user).await, before);
    }
}

async fn duplicate_row_an_earlier_row_that_was_valid_has_the_same_address(h: &Harness) {
    let mut request = team_called("acme");
    request.seat_limit = Some(3);
    request.domain_rules = rules(&[("denied.example", DomainRuleEffect::Deny)]);
    let team = h.team_from(request).await;
    h.join(&team.id, "joined@acme.example").await;
    let mut nameless = row("ann@acme.example");
    nameless.given_name.clear();
    let rows = [
        nameless.clone(),
        row("ann@acme.example"),
        row("Ann@ACME.example"),
        row("joined@acme.example"),
        row("JOINED@acme.example"),
        row("a@denied.example"),
        row("A@denied.example"),
        row("late@acme.example"),
        row("late@acme.example"),
        nameless,
    ];
    let results = h.import_rows(held(&team.id, "march"), &rows).await;
    let found: Vec<_> = results
        .iter()
        .map(|one| (one.outcome(), one.first_row))
        .collect();
    let (invalid, duplicate) = (ImportOutcome::Invalid, ImportOutcome::DuplicateRow);
    assert_eq!(
        found,
        [
            // An invalid row is nobody's first.
            (invalid, 0),
            (ImportOutcome::Invited, 0),
            (duplicate, 2),
            (ImportOutcome::AlreadyMember, 0),
            (duplicate, 4),
            (ImportOutcome::DomainRefused, 0),
            (duplicate, 6),
            (ImportOutcome::NoSeat, 0),
            (duplicate, 8),
            (invalid, 0),
        ]
    );
    let bare = results.iter().filter(|one| one.outcome() == duplicate);
    assert!(
        bare.clone()
            .all(|one| one.user_id.is_empty() && one.violations.is_empty())
    );
}

async fn already_member_whoever_is_in_the_team_is_left_as_he_is(h: &Harness) {
    for way in WAYS {
        let team = h.team_from(way.team()).await;
        let email = way.email("ann");
        let ann = h.join(&team.id, &email).await;
        let before = h.member(&team.id, &ann.user).await;
        // Neither rules nor seats are asked about somebody who is there.
        deny(h, way, &team).await;
        fill(h, &team).await;
        let wanted = (&*email.to_uppercase(), "Ada", Role::SecondaryAdmin);
        let answer = want_named(h, way, &team.id, wanted).await;
        let expected = Answer {
            outcome: ImportOutcome::AlreadyMember,
            user: ann.user.clone(),
            invitation: String::new(),
        };
        assert_eq!(answer, expected, "{way:?}");
        assert_eq!(h.member(&team.id, &ann.user).await, before, "{way:?}");
        assert!(h.deliver().await.is_empty());
    }
}

async fn already_invited_an_unexpired_invitation_gets_no_second_letter(h: &Harness) {
    for way in WAYS {
        let team = h.team_from(way.team()).await;
        let email = way.email("ann");
        let ann = h.invite(&team.id, &email).await;
        // Not even somebody who has become verified elsewhere meanwhile is added over it.
        let other = h.team("other").await;
        h.join(&other.id, &email).await;
        let before = h.member(&team.id, &ann.user).await;
        deny(h, way, &team).await;
        fill(h, &team).await;
        h.advance(WEEK - MICROSECOND);
        let wanted = (&*email.to_uppercase(), "Ada", Role::Guest);
        let answer = want_named(h, way, &team.id, wanted).await;
        let expected = Answer {
            outcome: ImportOutcome::AlreadyInvited,
            user: ann.user.clone(),
            invitation: ann.id.clone(),
        };
        assert_eq!(answer, expected, "{way:?}");
        assert_eq!(h.member(&team.id, &ann.user).await, before, "{way:?}");
        assert!(h.deliver().await.is_empty());
        h.accept(&ann.token).await.answered();
    }
}

async fn domain_refused_the_teams_rules_decide_before_seats_and_verification(h: &Harness) {
    for way in WAYS {
        let team = h.team_from(way.team()).await;
        let verified = way.email("pat");
        h.verified(&verified).await;
        let expired = h.invite(&team.id, &way.email("expired")).await;
        h.advance(WEEK);
        deny(h, way, &team).await;
        for full in [false, true] {
            if full {
                fill(h, &team).await;
            }
            for email in [way.email("new"), verified.clone(), way.email("expired")] {
                refuse(h, way, &team.id, &email, ImportOutcome::DomainRefused).await;
            }
        }
        let expired = h.invitation(&team.id, &expired.id).await;
        assert_eq!(expired.state(), InvitationState::Expired);
    }
}

async fn no_seat_a_full_team_takes_nobody_new(h: &Harness) {
    for way in WAYS {
        let team = h.team_from(way.team()).await;
        let verified = way.email("pat");
        h.verified(&verified).await;
        let declined = h.invite(&team.id, &way.email("declined")).await;
        decline(h, &declined.token).await;
        h.invite(&team.id, &way.email("expired")).await;
        h.advance(WEEK);
        fill(h, &team).await;
        for email in [
            way.email("new"),
            verified,
            way.email("declined"),
            way.email("expired"),
        ] {
            refuse(h, way, &team.id, &email, ImportOutcome::NoSeat).await;
        }
        let declined = h.member(&team.id, &declined.user).await;
        assert_eq!(declined.state(), MemberState::Removed);
    }
}

async fn verified_an_account_that_is_verified_is_active_at_once_and_told_so(h: &Harness) {
    for way in WAYS {
        let team = h.team_from(way.team()).await;
        let email = way.email("pat");
        let pat = h.verified(&email).await;
        let answer = want(h, way, &team.id, &email).await;
        let expected = Answer {
            outcome: ImportOutcome::Verified,
            user: pat.id.clone(),
            invitation: String::new(),
        };
        assert_eq!(answer, expected, "{way:?}");
        let member = h.member(&team.id, &pat.id).await;
        assert_eq!(
            (member.state(), member.role()),
            (MemberState::Active, Role::Member)
        );
        assert_eq!(member.invitation, None);
        let letter = h.only_letter().await;
        assert_eq!(letter.to, email);
        assert_eq!(letter.link(), None, "there is nothing to accept");
        let again = want(h, way, &team.id, &email).await;
        assert_eq!(again.outcome, ImportOutcome::AlreadyMember);
    }
}

async fn verified_over_an_expired_invitation_settles_it(h: &Harness) {
    for way in WAYS {
        let team = h.team_from(way.team()).await;
        let email = way.email("pat");
        let invited = h.invite_guest(&team.id, &email).await;
        h.verified(&email).await;
        h.advance(WEEK);
        let answer = want(h, way, &team.id, &email).await;
        assert_eq!(answer.outcome, ImportOutcome::Verified, "{way:?}");
        assert_eq!(answer.invitation, "");
        let member = h.member(&team.id, &invited.user).await;
        assert_eq!(
            (member.state(), member.role()),
            (MemberState::Active, Role::Member)
        );
        let settled = h.invitation(&team.id, &invited.id).await;
        assert_eq!(settled.state(), InvitationState::Accepted);
        assert_eq!(
            h.counts(&team.id).await.open_invitations,
            1,
            "the primary admin's"
        );
        assert!(h.accept(&invited.token).await.answered().already_accepted);
        assert_eq!(h.only_letter().await.link(), None);
    }
}

async fn invited_a_verified_account_is_asked_where_the_team_asks_first(h: &Harness) {
    for way in WAYS {
        let team = h.team_from(way.team()).await;
        h.teams().update_team(ask_first(&team.id)).await.answered();
        let email = way.email("pat");
        let pat = h.verified(&email).await;
        let answer = want(h, way, &team.id, &email).await;
        assert_eq!(answer.outcome, ImportOutcome::Invited, "{way:?}");
        assert_eq!(answer.user, pat.id);
        let member = h.member(&team.id, &pat.id).await;
        assert_eq!(member.state(), MemberState::Invited);
        let user = member.user.expect("the account");
        assert!(user.enabled, "whoever is verified stays so");
        h.accept(&h.only_token().await).await.answered();
        let member = h.member(&team.id, &pat.id).await;
        assert_eq!(member.state(), MemberState::Active);
    }
}

async fn invited_a_verified_account_that_last_declined_here_is_asked(h: &Harness) {
    for way in WAYS {
        let team = h.team_from(way.team()).await;
        let email = way.email("pat");
        let invited = h.invite(&team.id, &email).await;
        decline(h, &invited.token).await;
        h.verified(&email).await;
        let answer = want(h, way, &team.id, &email).await;
        assert_eq!(answer.outcome, ImportOutcome::Invited, "{way:?}");
        assert_ne!(answer.invitation, invited.id);
        h.only_token().await;
    }
}

async fn invited_everybody_else_gets_a_letter_and_is_disabled_until_he_accepts(h: &Harness) {
    for way in WAYS {
        let team = h.team_from(way.team()).await;
        let email = way.email("ann");
        let answer = want(h, way, &team.id, &email).await;
        assert_eq!(answer.outcome, ImportOutcome::Invited, "{way:?}");
        let member = h.member(&team.id, &answer.user).await;
        assert_eq!(member.state(), MemberState::Invited);
        assert_eq!(
            member.invitation.expect("an invitation").id,
            answer.invitation
        );
        let user = member.user.expect("the account");
        assert_eq!(
            (user.enabled, user.disabled_reasons),
            (
                false,
                vec![i32::from(UserDisabledReason::PendingAcceptance)]
            )
        );
        h.accept(&h.only_token().await).await.answered();
        assert!(h.user(&answer.user).await.enabled);

        // An account that waits in another team is invited like one that was not there.
        let other = h.team("other").await;
        let waiting = h.invite(&other.id, &way.email("bob")).await;
        let answer = want(h, way, &team.id, &way.email("bob")).await;
        assert_eq!(answer.outcome, ImportOutcome::Invited, "{way:?}");
        assert_eq!(answer.user, waiting.user);
        h.only_token().await;
    }
}

async fn invited_over_an_expired_invitation_keeps_its_id_and_makes_a_new_link(h: &Harness) {
    for way in WAYS {
        let team = h.team_from(way.team()).await;
        let email = way.email("ann");
        let ann = h.invite_guest(&team.id, &email).await;
        h.advance(WEEK);
        let answer = want(h, way, &team.id, &email).await;
        let expected = Answer {
            outcome: ImportOutcome::Invited,
            user: ann.user.clone(),
            invitation: ann.id.clone(),
        };
        assert_eq!(answer, expected, "{way:?}");
        let member = h.member(&team.id, &ann.user).await;
        assert_eq!(member.role(), Role::Member, "the new request's");
        let invitation = member.invitation.clone().expect("an invitation");
        assert_eq!(invitation.state(), InvitationState::Pending);
        assert_eq!(
            (invitation.send_count, invitation.role()),
            (2, Role::Member)
        );
        let source = match way {
            Way::Invitation | Way::User => MemberSource::Manual,
            Way::Import => MemberSource::Import,
        };
        assert_eq!(member.source(), source);
        let token = h.only_token().await;
        let old = h.accept(&ann.token).await;
        old.refused(Code::FailedPrecondition, "INVITATION_SUPERSEDED");
        h.accept(&token).await.answered();
    }
}

async fn invited_over_a_settled_invitation_makes_a_new_one_on_the_same_membership(h: &Harness) {
    for way in WAYS {
        let team = h.team_from(way.team()).await;
        let declined = h.invite(&team.id, &way.email("declined")).await;
        decline(h, &declined.token).await;
        let revoked = h.invite(&team.id, &way.email("revoked")).await;
        revoke(h, &team.id, &revoked.id).await;
        for (name, ended) in [("declined", declined), ("revoked", revoked)] {
            let before = h.member(&team.id, &ended.user).await;
            assert_eq!(before.state(), MemberState::Removed);
            let settled = h.invitation(&team.id, &ended.id).await;
            let answer = want(h, way, &team.id, &way.email(name)).await;
            assert_eq!(answer.outcome, ImportOutcome::Invited, "{way:?} {name}");
            assert_eq!(answer.user, ended.user);
            assert_ne!(answer.invitation, ended.id);
            let after = h.member(&team.id, &ended.user).await;
            assert_eq!(after.state(), MemberState::Invited);
            assert_eq!(after.create_time, before.create_time, "the same membership");
            assert_eq!(after.remove_time, None);
            assert_eq!(h.invitation(&team.id, &ended.id).await, settled);
            h.accept(&h.only_token().await).await.answered();
        }
    }
}

async fn an_existing_profile_is_never_overwritten(h: &Harness) {
    for way in WAYS {
        let team = h.team_from(way.team()).await;
        let other = h.team("other").await;
        let new = h.invite(&other.id, &way.email("new")).await.user;
        let verified = h.verified(&way.email("pat")).await.id;
        let expired = h.invite(&team.id, &way.email("expired")).await.user;
        h.advance(WEEK);
        for (name, user) in [("new", new), ("pat", verified), ("expired", expired)] {
            let before = h.user(&user).await;
            let email = way.email(name).to_uppercase();
            let answer = want_named(h, way, &team.id, (&email, "Zoe", Role::Member)).await;
            assert_eq!(answer.user, user, "{way:?} {name}");
            assert_eq!(h.user(&user).await, before, "{way:?} {name}");
            h.only_letter().await;
        }
    }
}
