//! The rules of the domain once more, in plain words: teams, their people and invitations, and what each call makes of them. Written
//! from the rules, not from the program, and with nothing in common with it but the words of the contract.

use std::{collections::BTreeMap, fmt};

use muster::proto::{AccessState, ImportOutcome, InvitationState, MemberSource, MemberState, Role};
use tonic::Code;

use crate::model_hubs::{Hubs, Left, Path};

/// Seconds since the case began.
pub(crate) type Moment = i64;

/// How long an invitation is good.
pub(crate) const WEEK: Moment = 7 * 24 * 3_600;

/// One team and everybody who ever had to do with it. Accounts and invitations are known by their place in the order in which
/// they were made.
#[derive(Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is true or not, whatever the others are"
)]
pub(crate) struct Model {
    pub(crate) now: Moment,
    pub(crate) accounts: Vec<Account>,
    pub(crate) members: BTreeMap<usize, Membership>,
    pub(crate) invitations: Vec<Offer>,
    pub(crate) primary: usize,
    pub(crate) seat_limit: Option<i32>,
    pub(crate) asks_first: bool,
    /// Whether people at the second domain may be guests only.
    pub(crate) guests_only: bool,
    /// Whether projects bring back whom an admin removed.
    pub(crate) any_source: bool,
    pub(crate) hubs: Hubs,
    pub(crate) deleted: bool,
    /// How many steps it began with.
    pub(crate) begun: usize,
    /// What the last call answers.
    pub(crate) said: Said,
    /// Whom it mails, and whether with a link.
    pub(crate) letters: Vec<(u8, bool)>,
}

/// All of it would hide the steps that led to it.
impl fmt::Debug for Model {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "a team after the first {} steps of the beginning",
            self.begun
        )
    }
}

/// Somebody's account.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// The number of his address.
    pub(crate) address: u8,
    pub(crate) verified: bool,
    /// Whether another team has him.
    pub(crate) elsewhere: bool,
}

/// Somebody in the team, or who was.
#[derive(Debug, Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is true or not, whatever the others are"
)]
pub(crate) struct Membership {
    /// The primary admin's own is what he becomes when the role moves on.
    pub(crate) role: Role,
    pub(crate) source: MemberSource,
    pub(crate) joined: bool,
    pub(crate) removed: bool,
    /// Whether he was active before he was invited once more.
    pub(crate) was_active: bool,
    /// Whether he declined or left since he last joined.
    pub(crate) said_no: bool,
    pub(crate) disabled: bool,
    /// Whether an admin ended it, if it has ended.
    pub(crate) taken_out: bool,
}

impl Membership {
    pub(crate) const fn state(&self) -> MemberState {
        match (self.removed, self.joined, self.disabled) {
            (true, _, _) => MemberState::Removed,
            (_, false, _) => MemberState::Invited,
            (_, _, true) => MemberState::Disabled,
            (false, true, false) => MemberState::Active,
        }
    }
}

/// An invitation.
#[derive(Debug, Clone)]
pub(crate) struct Offer {
    pub(crate) who: usize,
    /// How many links there were.
    pub(crate) sent: i32,
    pub(crate) expires: Moment,
    pub(crate) settled: Option<InvitationState>,
    pub(crate) inviter: Option<usize>,
    /// When it got its further links.
    pub(crate) resends: Vec<Moment>,
}

impl Offer {
    pub(crate) fn state(&self, now: Moment) -> InvitationState {
        match self.settled {
            Some(end) => end,
            None if now >= self.expires => InvitationState::Expired,
            None => InvitationState::Pending,
        }
    }
}

/// What a call answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Said {
    Done,
    Refused(Code, String),
    /// One row a person.
    Admitted(Vec<Admitted>),
    /// Whether he had accepted before.
    Joined(bool),
    /// Why each one was not removed, or what became of his access.
    Removed(Vec<(usize, String, Vec<Left>)>),
    /// What became of the access of somebody who left.
    Left(Vec<Left>),
    /// Where access stands.
    Accesses(Vec<(Path, AccessState)>),
}

/// What became of somebody who was wanted.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Admitted {
    pub(crate) outcome: ImportOutcome,
    pub(crate) who: Option<usize>,
    pub(crate) invitation: Option<usize>,
    pub(crate) first_row: i32,
}

/// A refusal by a rule.
pub(crate) fn refused(reason: &str) -> Said {
    Said::Refused(Code::FailedPrecondition, reason.to_owned())
}

/// What is not there.
pub(crate) fn missing(reason: &str) -> Said {
    Said::Refused(Code::NotFound, reason.to_owned())
}

/// What one may not.
pub(crate) fn denied() -> Said {
    Said::Refused(Code::PermissionDenied, "PERMISSION_MISSING".to_owned())
}

/// What passes with time.
pub(crate) fn exhausted(reason: &str) -> Said {
    Said::Refused(Code::ResourceExhausted, reason.to_owned())
}

impl Model {
    /// A team that has just been made, whose primary admin has the first address.
    pub(crate) fn new() -> Self {
        let admin = Membership {
            role: Role::SecondaryAdmin,
            source: MemberSource::Manual,
            joined: false,
            removed: false,
            was_active: false,
            said_no: false,
            disabled: false,
            taken_out: false,
        };
        let mut model = Self {
            now: 0,
            accounts: Vec::new(),
            members: BTreeMap::from([(0, admin)]),
            invitations: Vec::new(),
            primary: 0,
            seat_limit: None,
            asks_first: false,
            guests_only: false,
            any_source: false,
            hubs: Hubs::default(),
            deleted: false,
            begun: 0,
            said: Said::Done,
            letters: Vec::new(),
        };
        model.account(0);
        model.invite(0, None);
        model.letters.clear();
        model
    }

    /// The account of an address, made if there is none.
    pub(crate) fn account(&mut self, address: u8) -> usize {
        self.known(address).unwrap_or_else(|| {
            self.accounts.push(Account {
                address,
                verified: false,
                elsewhere: false,
            });
            self.accounts.len() - 1
        })
    }

    /// The account of an address.
    pub(crate) fn known(&self, address: u8) -> Option<usize> {
        self.accounts.iter().position(|one| one.address == address)
    }

    /// Somebody's role as others see it.
    pub(crate) fn role(&self, who: usize) -> Role {
        if who == self.primary {
            Role::PrimaryAdmin
        } else {
            self.members[&who].role
        }
    }

    /// Somebody's open invitation.
    pub(crate) fn open(&self, who: usize) -> Option<usize> {
        let is_open = |one: &Offer| one.who == who && one.settled.is_none();
        self.invitations.iter().position(is_open)
    }

    /// How many seats are taken.
    pub(crate) fn seats(&self) -> i32 {
        let takes = |(who, member): &(&usize, &Membership)| {
            let waits = || {
                let open = self.open(**who).map(|open| &self.invitations[open]);
                **who == self.primary || open.is_some_and(|open| self.now < open.expires)
            };
            !member.removed && (member.joined || waits())
        };
        let count = self.members.iter().filter(takes).count();
        i32::try_from(count).expect("a few")
    }

    pub(crate) fn has_seat(&self) -> bool {
        self.seat_limit.is_none_or(|limit| self.seats() < limit)
    }

    /// Opens an invitation for somebody who has none, with a letter.
    pub(crate) fn invite(&mut self, who: usize, inviter: Option<usize>) -> usize {
        self.letters.push((self.accounts[who].address, true));
        self.invitations.push(Offer {
            who,
            sent: 1,
            expires: self.now + WEEK,
            settled: None,
            inviter,
            resends: Vec::new(),
        });
        self.invitations.len() - 1
    }

    /// Gives an open invitation a new link and time, with a letter.
    pub(crate) fn renew(&mut self, invitation: usize) {
        let now = self.now;
        let offer = &mut self.invitations[invitation];
        offer.sent += 1;
        offer.expires = now + WEEK;
        offer.resends.push(now);
        let who = offer.who;
        self.letters.push((self.accounts[who].address, true));
    }

    /// Ends somebody's membership, and with it what waits for him.
    pub(crate) fn end(&mut self, who: usize, settlement: InvitationState, by_himself: bool) {
        if let Some(open) = self.open(who) {
            self.invitations[open].settled = Some(settlement);
        }
        let member = self.members.get_mut(&who).expect("a member");
        member.removed = true;
        member.disabled = false;
        member.said_no |= by_himself;
        member.taken_out = !by_himself;
    }
}
