//! Invitations: where one stands, and who may do what to it. Every refusal is decided here.

use uuid::Uuid;

use super::{etags::Etag, letters::DeliveryState, roles::Role, words::words};
use crate::{
    clock::Time,
    error::{Error, Reason, Result},
};

words! {
    /// How an invitation ended.
    pub enum Settlement {
        /// The person joined.
        Accepted = "ACCEPTED",
        /// The person said no.
        Declined = "DECLINED",
        /// Taken back.
        Revoked = "REVOKED",
    }
}

words! {
    /// Where an invitation stands. `PENDING` and `EXPIRED` ones are open.
    pub enum InvitationState {
        /// Waits for an answer.
        Pending = "PENDING",
        /// Past its time.
        Expired = "EXPIRED",
        /// The person joined.
        Accepted = "ACCEPTED",
        /// The person said no.
        Declined = "DECLINED",
        /// Taken back.
        Revoked = "REVOKED",
    }
}

/// One offer of membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Its id, which stays when it is resent.
    pub id: Uuid,
    /// The team.
    pub team_id: Uuid,
    /// The person.
    pub user_id: Uuid,
    /// How it ended, if it did.
    pub settlement: Option<Settlement>,
    /// Where its newest letter stands.
    pub delivery_state: DeliveryState,
    /// What the mail server last said when it refused the letter.
    pub delivery_error: Option<String>,
    /// How many links were made; also the number of the newest.
    pub send_count: i32,
    /// The person who offers the role; nobody if a service or the operator does.
    pub inviter_user_id: Option<Uuid>,
    /// The import that opened it last.
    pub import_id: Option<String>,
    /// When it was made.
    pub create_time: Time,
    /// The first moment at which it can no longer be accepted.
    pub expire_time: Time,
    /// When it ended.
    pub settle_time: Option<Time>,
}

/// An invitation as lists show it.
#[derive(Clone)]
pub struct ShownInvitation {
    /// The invitation.
    pub invitation: Invitation,
    /// The person's address as typed.
    pub email: String,
    /// The role that waits.
    pub role: Role,
}

impl ShownInvitation {
    /// Changes whenever the invitation does, but not with what becomes of its letters.
    #[must_use]
    pub fn etag(&self) -> String {
        let invitation = &self.invitation;
        Etag::new()
            .text(&invitation.id.to_string())
            .text(&self.email)
            .text(self.role.word())
            .optional(invitation.settlement.map(Settlement::word))
            .number(i64::from(invitation.send_count))
            .optional(invitation.import_id.as_deref())
            .time(Some(invitation.expire_time))
            .time(invitation.settle_time)
            .finish()
    }
}

/// What to do with a call that may come twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Do it.
    Take,
    /// It was done before; success without a change.
    Taken,
}

impl Invitation {
    /// Where it stands at `now`.
    #[must_use]
    pub fn state(&self, now: Time) -> InvitationState {
        match self.settlement {
            Some(Settlement::Accepted) => InvitationState::Accepted,
            Some(Settlement::Declined) => InvitationState::Declined,
            Some(Settlement::Revoked) => InvitationState::Revoked,
            None if now >= self.expire_time => InvitationState::Expired,
            None => InvitationState::Pending,
        }
    }

    /// Whether a link of this number may still tell what it offers.
    ///
    /// # Errors
    /// The reason why the link is dead.
    pub fn peek(&self, number: i32, now: Time) -> Result<()> {
        self.newest(number)?;
        match self.state(now) {
            InvitationState::Pending => Ok(()),
            dead => Err(refusal(dead)),
        }
    }

    /// Accepts with a link of this number.
    ///
    /// # Errors
    /// The reason why the link is dead; accepted before is none.
    pub fn accept(&self, number: i32, now: Time) -> Result<Step> {
        self.newest(number)?;
        match self.state(now) {
            InvitationState::Pending => Ok(Step::Take),
            InvitationState::Accepted => Ok(Step::Taken),
            dead => Err(refusal(dead)),
        }
    }

    /// Declines with a link of this number.
    ///
    /// # Errors
    /// The reason why the link is dead; declined before is none. The primary admin cannot decline.
    pub fn decline(&self, number: i32, is_primary: bool, now: Time) -> Result<Step> {
        self.newest(number)?;
        match self.state(now) {
            InvitationState::Pending if is_primary => Err(protected()),
            InvitationState::Pending => Ok(Step::Take),
            InvitationState::Declined => Ok(Step::Taken),
            dead => Err(refusal(dead)),
        }
    }

    /// Takes it back, expired or not.
    ///
    /// # Errors
    /// Accepted and declined ones cannot be, nor the primary admin's.
    pub fn revoke(&self, is_primary: bool, now: Time) -> Result<Step> {
        match self.state(now) {
            InvitationState::Pending | InvitationState::Expired if is_primary => Err(protected()),
            InvitationState::Pending | InvitationState::Expired => Ok(Step::Take),
            InvitationState::Revoked => Ok(Step::Taken),
            dead @ (InvitationState::Accepted | InvitationState::Declined) => Err(refusal(dead)),
        }
    }

    /// Makes a new link, expired or not; whether that needs a seat.
    ///
    /// # Errors
    /// Settled ones cannot be resent.
    pub fn resend(&self, now: Time) -> Result<bool> {
        match self.state(now) {
            InvitationState::Pending => Ok(false),
            InvitationState::Expired => Ok(true),
            dead => Err(refusal(dead)),
        }
    }

    fn newest(&self, number: i32) -> Result<()> {
        if number == self.send_count {
            Ok(())
        } else {
            Err(Error::Refused(Reason::InvitationSuperseded))
        }
    }
}

const fn refusal(state: InvitationState) -> Error {
    Error::Refused(match state {
        InvitationState::Accepted => Reason::InvitationAccepted,
        InvitationState::Declined => Reason::InvitationDeclined,
        InvitationState::Revoked => Reason::InvitationRevoked,
        InvitationState::Expired => Reason::InvitationExpired,
        // A pending invitation refuses nothing; `CONFLICT` would say that the caller read it before it changed.
        InvitationState::Pending => Reason::Conflict,
    })
}

const fn protected() -> Error {
    Error::Refused(Reason::PrimaryAdminProtected)
}

/// Which invitations a list holds; empty lists and absent values do not narrow it.
#[derive(Debug, Clone, Default)]
pub struct InvitationFilter {
    /// Only these states.
    pub states: Vec<InvitationState>,
    /// Only these states of the newest letter.
    pub delivery_states: Vec<DeliveryState>,
    /// Only those that this import opened last.
    pub import_id: Option<String>,
    /// Only those that expire then or later.
    pub expire_time_from: Option<Time>,
    /// Only those that expire earlier.
    pub expire_time_before: Option<Time>,
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta};

    use super::*;

    const NEWEST: i32 = 2;

    fn start() -> Time {
        DateTime::from_timestamp(1_772_366_400, 0).unwrap()
    }

    fn invitation(settlement: Option<Settlement>) -> Invitation {
        Invitation {
            id: Uuid::nil(),
            team_id: Uuid::nil(),
            user_id: Uuid::nil(),
            settlement,
            delivery_state: DeliveryState::Sent,
            delivery_error: None,
            send_count: NEWEST,
            inviter_user_id: None,
            import_id: None,
            create_time: start(),
            expire_time: start() + TimeDelta::days(7),
            settle_time: settlement.map(|_| start()),
        }
    }

    fn reason<T: std::fmt::Debug>(answer: Result<T>) -> Reason {
        match answer.unwrap_err() {
            Error::Refused(reason) => reason,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn it_is_good_to_the_last_microsecond_and_no_longer() {
        let open = invitation(None);
        let last = open.expire_time - TimeDelta::microseconds(1);
        assert_eq!(open.state(last), InvitationState::Pending);
        assert_eq!(open.accept(NEWEST, last).unwrap(), Step::Take);
        assert_eq!(open.state(open.expire_time), InvitationState::Expired);
        let late = open.accept(NEWEST, open.expire_time);
        assert_eq!(reason(late), Reason::InvitationExpired);
    }

    #[test]
    fn an_older_link_is_superseded_whatever_became_of_the_invitation() {
        for settlement in [None, Some(Settlement::Accepted), Some(Settlement::Revoked)] {
            let one = invitation(settlement);
            let superseded = Reason::InvitationSuperseded;
            assert_eq!(reason(one.peek(1, start())), superseded);
            assert_eq!(reason(one.accept(1, start())), superseded);
            assert_eq!(reason(one.decline(1, false, start())), superseded);
        }
    }

    #[test]
    fn every_dead_link_says_why_and_what_was_done_may_be_done_again() {
        let ends = [
            (Settlement::Accepted, Reason::InvitationAccepted),
            (Settlement::Declined, Reason::InvitationDeclined),
            (Settlement::Revoked, Reason::InvitationRevoked),
        ];
        for (end, why) in ends {
            let one = invitation(Some(end));
            assert_eq!(reason(one.peek(NEWEST, start())), why);
            assert_eq!(reason(one.resend(start())), why);
            let again = [
                (one.accept(NEWEST, start()), end == Settlement::Accepted),
                (
                    one.decline(NEWEST, false, start()),
                    end == Settlement::Declined,
                ),
                (one.revoke(false, start()), end == Settlement::Revoked),
            ];
            for (answer, repeated) in again {
                if repeated {
                    assert_eq!(answer.unwrap(), Step::Taken);
                } else {
                    assert_eq!(reason(answer), why);
                }
            }
        }
    }

    #[test]
    fn an_expired_one_can_be_resent_for_a_seat_and_revoked_but_not_declined() {
        let one = invitation(None);
        let late = one.expire_time;
        assert!(!one.resend(start()).unwrap());
        assert!(one.resend(late).unwrap());
        assert_eq!(one.revoke(false, late).unwrap(), Step::Take);
        let declined = one.decline(NEWEST, false, late);
        assert_eq!(reason(declined), Reason::InvitationExpired);
    }

    #[test]
    fn the_primary_admins_can_be_accepted_and_resent_only() {
        let one = invitation(None);
        let protected = Reason::PrimaryAdminProtected;
        assert_eq!(reason(one.decline(NEWEST, true, start())), protected);
        assert_eq!(reason(one.revoke(true, start())), protected);
        assert_eq!(reason(one.revoke(true, one.expire_time)), protected);
        assert_eq!(one.accept(NEWEST, start()).unwrap(), Step::Take);
        assert!(one.resend(start()).is_ok());
    }
}
