//! The one way into the model's team: the first outcome that applies.

use muster::proto::{ImportOutcome, InvitationState, MemberSource, Role};

use crate::{
    model::{Admitted, Membership, Model, Said, denied, missing, refused},
    model_powers::Power,
    model_rules::Ruled,
    model_steps::By,
};

/// What is offered.
#[derive(Clone, Copy)]
struct Offered {
    role: Role,
    source: MemberSource,
    by: Power,
}

/// From here on addresses are of the second domain.
pub(crate) const SECOND: u8 = 5;

impl Model {
    pub(crate) fn invite_one(&mut self, by: By, address: u8, role: Role) -> Ruled {
        let by = self.may(by, Power::looks_after_people)?;
        if !by.grants(role) {
            return Err(denied());
        }
        let source = MemberSource::Manual;
        self.alone(address, Offered { role, source, by })
    }

    /// Somebody who is wanted in a project comes into the team as a guest, if he is not in it.
    pub(crate) fn bring_to_project(&mut self, by: Power, address: u8) -> Ruled {
        let (role, source) = (Role::Guest, MemberSource::Project);
        self.alone(address, Offered { role, source, by })
    }

    /// A single person: a refusal is the call's.
    fn alone(&mut self, address: u8, offered: Offered) -> Ruled {
        let admitted = self.admit(address, offered);
        match admitted.outcome {
            ImportOutcome::DomainRefused => Err(refused("DOMAIN_REFUSED")),
            ImportOutcome::NoSeat => Err(refused("NO_SEAT")),
            ImportOutcome::RejoinRefused => Err(refused("REJOIN_REFUSED")),
            _ => Ok(Said::Admitted(vec![admitted])),
        }
    }

    pub(crate) fn import(&mut self, by: By, rows: &[Option<u8>]) -> Ruled {
        let by = self.may(by, Power::looks_after_people)?;
        let (role, source) = (Role::Member, MemberSource::Import);
        let mut results = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            let Some(address) = row else {
                results.push(Admitted {
                    outcome: ImportOutcome::Invalid,
                    ..Admitted::default()
                });
                continue;
            };
            let first = rows.iter().position(|other| other == row).expect("itself");
            results.push(if first < index {
                Admitted {
                    outcome: ImportOutcome::DuplicateRow,
                    first_row: i32::try_from(first + 1).expect("a few"),
                    ..Admitted::default()
                }
            } else {
                self.admit(*address, Offered { role, source, by })
            });
        }
        Ok(Said::Admitted(results))
    }

    fn admit(&mut self, address: u8, offered: Offered) -> Admitted {
        let Offered { role, source, by } = offered;
        let known = self.known(address);
        let standing = known.and_then(|who| self.members.get(&who)).cloned();
        let open = known.and_then(|who| self.open(who));
        let is_primary = standing.is_some() && known == Some(self.primary);
        let refused = |outcome| Admitted {
            outcome,
            ..Admitted::default()
        };
        let found = |outcome, invitation| Admitted {
            outcome,
            who: known,
            invitation,
            first_row: 0,
        };
        if standing
            .as_ref()
            .is_some_and(|one| one.joined && !one.removed)
        {
            return found(ImportOutcome::AlreadyMember, None);
        }
        if let Some(open) = open {
            // The primary admin's invitation is the operator's alone to open again.
            // A project leaves what waits as it is, also what has expired.
            let waits =
                self.now < self.invitations[open].expires || source == MemberSource::Project;
            if waits || (is_primary && by != Power::Operator) {
                return found(ImportOutcome::AlreadyInvited, Some(open));
            }
        }
        let is_out = |one: &Membership| one.removed && one.taken_out;
        let is_barred = source == MemberSource::Project && !self.any_source;
        if is_barred && standing.as_ref().is_some_and(is_out) {
            return refused(ImportOutcome::RejoinRefused);
        }
        if self.guests_only && address >= SECOND && role != Role::Guest {
            return refused(ImportOutcome::DomainRefused);
        }
        if !is_primary && !self.has_seat() {
            return refused(ImportOutcome::NoSeat);
        }
        let asks = self.asks_first || standing.as_ref().is_some_and(|one| one.said_no);
        let at_once = known.is_some_and(|who| self.accounts[who].verified) && !asks;
        let returns = standing
            .as_ref()
            .is_some_and(|one| one.removed && (one.joined || one.was_active));
        let who = self.account(address);
        self.enter(who, (role, source), at_once);
        let invitation = if at_once {
            // Whatever waited for him is no use any more.
            if let Some(open) = open {
                self.invitations[open].settled = Some(InvitationState::Accepted);
            }
            self.letters.push((address, false));
            None
        } else if let Some(expired) = open {
            self.renew(expired);
            self.invitations[expired].inviter = by.person();
            Some(expired)
        } else {
            Some(self.invite(who, by.person()))
        };
        Admitted {
            outcome: match (returns, at_once) {
                (true, _) => ImportOutcome::Revived,
                (false, true) => ImportOutcome::Verified,
                (false, false) => ImportOutcome::Invited,
            },
            who: Some(who),
            invitation,
            first_row: 0,
        }
    }

    /// The membership, new or begun anew.
    fn enter(&mut self, who: usize, (role, source): (Role, MemberSource), joined: bool) {
        let role = match role {
            Role::PrimaryAdmin => Role::SecondaryAdmin,
            role => role,
        };
        let is_primary = who == self.primary;
        let member = self.members.entry(who).or_insert(Membership {
            role,
            source,
            joined: false,
            removed: false,
            was_active: false,
            said_no: false,
            disabled: false,
            taken_out: false,
        });
        if !is_primary {
            member.role = role;
        }
        member.was_active |= member.joined;
        member.joined = joined;
        member.source = source;
        member.removed = false;
        if joined {
            member.said_no = false;
        }
    }

    /// Another address for somebody who has not accepted yet.
    pub(crate) fn correct(&mut self, by: By, who: usize, address: u8) -> Ruled {
        let by = self.may(by, Power::looks_after_people)?;
        let Some(member) = self.members.get(&who).cloned() else {
            return Err(missing("MEMBER_NOT_FOUND"));
        };
        if member.removed {
            return Err(refused("NOT_A_MEMBER"));
        }
        let role = self.role(who);
        if !by.grants(role) {
            return Err(denied());
        }
        if self.accounts[who].verified {
            return Err(refused("USER_VERIFIED"));
        }
        let open = self.open(who).ok_or_else(|| refused("NOT_A_MEMBER"))?;
        self.in_rate(open)?;
        let successor = self.known(address).filter(|other| *other != who);
        let Some(successor) = successor else {
            if self.guests_only && address >= SECOND && role != Role::Guest {
                return Err(refused("DOMAIN_REFUSED"));
            }
            self.renewable(open, Some(by))?;
            self.accounts[who].address = address;
            self.renew(open);
            self.invitations[open].inviter = by.person();
            return Ok(Said::Admitted(vec![Admitted {
                outcome: ImportOutcome::Invited,
                who: Some(who),
                invitation: Some(open),
                first_row: 0,
            }]));
        };
        // The address is somebody's: he comes in instead, with the same role.
        if who == self.primary {
            self.primary = successor;
        }
        self.end(who, InvitationState::Revoked, false);
        self.members.get_mut(&who).expect("a member").taken_out = false;
        self.depart(&[who]);
        let source = member.source;
        self.alone(address, Offered { role, source, by })
    }
}
