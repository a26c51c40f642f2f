//! What each step makes of the model: what people do with their links, and what admins do with people who are in.

use muster::proto::{InvitationState, Role};

use crate::{
    model::{Model, Said, denied, exhausted, missing, refused},
    model_powers::{Power, is_admin},
    model_steps::{By, Reply, Setting, Step},
};

/// What one who is asked for something answers: why not, or that it is done.
pub(crate) type Ruled = Result<Said, Said>;

impl Model {
    /// Takes a step.
    pub(crate) fn take(&mut self, step: &Step) {
        self.letters.clear();
        let before = self.clone();
        self.said = match self.rule(step) {
            Ok(said) => said,
            Err(said) => {
                // Who is refused leaves no trace.
                *self = before;
                said
            }
        };
        self.send_due();
        self.letters.sort_unstable();
    }

    fn rule(&mut self, step: &Step) -> Ruled {
        match step {
            Step::Wait(time) => self.now += time,
            Step::Settle(_) if self.deleted => return Err(missing("TEAM_NOT_FOUND")),
            Step::Settle(Setting::Seats(limit)) => self.seat_limit = *limit,
            Step::Settle(Setting::AskFirst(asks)) => self.asks_first = *asks,
            Step::Settle(Setting::GuestsOnly(only)) => self.guests_only = *only,
            Step::Settle(Setting::AnySource(any)) => self.any_source = *any,
            Step::InHub(by, step) => return self.in_hub(*by, *step),
            Step::Elsewhere(address) => {
                let who = self.account(*address);
                self.accounts[who].verified = true;
                self.accounts[who].elsewhere = true;
            }
            Step::Invite(by, address, role) => return self.invite_one(*by, *address, *role),
            Step::Import(by, rows) => return self.import(*by, rows),
            Step::CorrectEmail(by, who, address) => return self.correct(*by, *who, *address),
            Step::Resend(by, offer) => return self.resend(*by, *offer),
            Step::Revoke(by, offer) => return self.revoke(*by, *offer),
            Step::Answer(offer, older, Reply::Accept) => return self.accept(*offer, *older),
            Step::Answer(offer, older, Reply::Decline) => return self.decline(*offer, *older),
            Step::Answer(offer, older, Reply::AskForNew) => self.ask_for_new(*offer, *older),
            Step::SetRole(by, who, role) => return self.set_role(*by, *who, *role),
            Step::Disable(by, who) => return self.disable(*by, *who),
            Step::Enable(by, who) => return self.enable(*by, *who),
            Step::Remove(by, who) => {
                let power = self.may(*by, Power::looks_after_people)?;
                self.removable(power, *who)?;
                self.end(*who, InvitationState::Revoked, false);
                return Ok(self.left(*who));
            }
            Step::RemoveMany(by, all) => return self.remove_many(*by, all),
            Step::Leave(who) => return self.leave(*who),
            Step::Transfer(by, who) => return self.transfer(*by, *who),
            Step::Delete(by, force) => return self.delete(*by, *force),
        }
        Ok(Said::Done)
    }

    /// Why a link is dead, unless it is not.
    fn dead(&self, offer: usize, older: i32) -> Option<Said> {
        if older > 0 {
            return Some(refused("INVITATION_SUPERSEDED"));
        }
        Some(refused(match self.invitations[offer].state(self.now) {
            InvitationState::Accepted => "INVITATION_ACCEPTED",
            InvitationState::Revoked => "INVITATION_REVOKED",
            InvitationState::Declined => "INVITATION_DECLINED",
            InvitationState::Expired => "INVITATION_EXPIRED",
            InvitationState::Pending | InvitationState::Unspecified => return None,
        }))
    }

    fn accept(&mut self, offer: usize, older: i32) -> Ruled {
        let dead = self.dead(offer, older);
        if dead == Some(refused("INVITATION_ACCEPTED")) {
            return Ok(Said::Joined(true));
        }
        dead.map_or(Ok(()), Err)?;
        let (who, inviter) = (self.invitations[offer].who, self.invitations[offer].inviter);
        let role = self.role(who);
        let still_grants = |inviter| self.power_of(inviter).grants(role);
        let is_offered = matches!(role, Role::SecondaryAdmin | Role::SsoAdmin);
        if is_offered && !inviter.is_none_or(still_grants) {
            return Err(refused("INVITER_LOST_AUTHORITY"));
        }
        self.invitations[offer].settled = Some(InvitationState::Accepted);
        self.accounts[who].verified = true;
        let member = self.members.get_mut(&who).expect("who is invited");
        member.joined = true;
        member.said_no = false;
        Ok(Said::Joined(false))
    }

    fn decline(&mut self, offer: usize, older: i32) -> Ruled {
        let dead = self.dead(offer, older);
        if dead == Some(refused("INVITATION_DECLINED")) {
            return Ok(Said::Done);
        }
        dead.map_or(Ok(()), Err)?;
        let who = self.invitations[offer].who;
        if who == self.primary {
            return Err(refused("PRIMARY_ADMIN_PROTECTED"));
        }
        self.end(who, InvitationState::Declined, true);
        self.depart(&[who]);
        Ok(Said::Done)
    }

    /// The answer is the same whatever is true.
    fn ask_for_new(&mut self, offer: usize, older: i32) {
        if self.dead(offer, older).is_some() && self.renewable(offer, None).is_ok() {
            self.renew(offer);
        }
    }

    /// Whether an invitation may get a new link, from somebody or from the one who invited.
    pub(crate) fn renewable(&self, offer: usize, by: Option<Power>) -> Result<(), Said> {
        let one = &self.invitations[offer];
        match one.state(self.now) {
            InvitationState::Accepted => return Err(refused("INVITATION_ACCEPTED")),
            InvitationState::Declined => return Err(refused("INVITATION_DECLINED")),
            InvitationState::Revoked => return Err(refused("INVITATION_REVOKED")),
            InvitationState::Pending | InvitationState::Expired | InvitationState::Unspecified => {}
        }
        if by.is_some_and(|power| !power.grants(self.role(one.who))) {
            return Err(denied());
        }
        self.in_rate(offer)?;
        let needs_seat = self.now >= one.expires && one.who != self.primary;
        if needs_seat && !self.has_seat() {
            return Err(refused("NO_SEAT"));
        }
        Ok(())
    }

    /// 5 further links a day, and 1 a minute.
    pub(crate) fn in_rate(&self, offer: usize) -> Result<(), Said> {
        let resends = &self.invitations[offer].resends;
        let since = |time| resends.iter().filter(|one| self.now - **one < time).count();
        if since(24 * 3_600) >= 5 {
            Err(exhausted("RESENDS_USED_UP"))
        } else if since(60) > 0 {
            Err(exhausted("RESEND_TOO_SOON"))
        } else {
            Ok(())
        }
    }

    fn resend(&mut self, by: By, offer: usize) -> Ruled {
        let power = self.may(by, Power::looks_after_people)?;
        self.renewable(offer, Some(power))?;
        self.renew(offer);
        self.invitations[offer].inviter = power.person();
        Ok(Said::Done)
    }

    fn revoke(&mut self, by: By, offer: usize) -> Ruled {
        let power = self.may(by, Power::looks_after_people)?;
        let who = self.invitations[offer].who;
        let state = self.invitations[offer].state(self.now);
        match state {
            InvitationState::Accepted => return Err(refused("INVITATION_ACCEPTED")),
            InvitationState::Declined => return Err(refused("INVITATION_DECLINED")),
            InvitationState::Revoked => {}
            InvitationState::Pending | InvitationState::Expired | InvitationState::Unspecified => {
                if who == self.primary {
                    return Err(refused("PRIMARY_ADMIN_PROTECTED"));
                }
            }
        }
        if !power.removes(self.role(who)) {
            return Err(denied());
        }
        if state != InvitationState::Revoked {
            self.end(who, InvitationState::Revoked, false);
            self.depart(&[who]);
        }
        Ok(Said::Done)
    }

    /// Somebody who is in the team, invited or joined.
    fn present(&self, who: usize) -> Result<(), Said> {
        match self.members.get(&who) {
            None => Err(missing("MEMBER_NOT_FOUND")),
            Some(member) if member.removed => Err(refused("NOT_A_MEMBER")),
            Some(_) => Ok(()),
        }
    }

    fn set_role(&mut self, by: By, who: usize, role: Role) -> Ruled {
        let power = self.may(by, Power::looks_after_people)?;
        self.present(who)?;
        if who == self.primary {
            return Err(refused("PRIMARY_ADMIN_PROTECTED"));
        }
        let old = self.role(who);
        if old == role {
            return Ok(Said::Done);
        }
        let unmakes = is_admin(old);
        let may =
            power.grants(role) && (!unmakes || (power.is_admin() && power.person() != Some(who)));
        if !may {
            return Err(denied());
        }
        let member = self.members.get_mut(&who).expect("a member");
        member.role = role;
        // Whoever offers an admin's role to somebody who has not joined answers for it.
        if !member.joined && is_admin(role) {
            let open = self.open(who).expect("who is invited has an invitation");
            self.invitations[open].inviter = power.person();
        }
        Ok(Said::Done)
    }

    /// Whether somebody may be removed or disabled.
    fn removable(&self, power: Power, who: usize) -> Result<(), Said> {
        self.present(who)?;
        if who == self.primary {
            return Err(refused("PRIMARY_ADMIN_PROTECTED"));
        }
        let role = self.role(who);
        let is_himself = is_admin(role) && power.person() == Some(who);
        if is_himself || !power.removes(role) {
            return Err(denied());
        }
        Ok(())
    }

    fn disable(&mut self, by: By, who: usize) -> Ruled {
        let power = self.may(by, Power::looks_after_people)?;
        self.removable(power, who)?;
        self.members.get_mut(&who).expect("a member").disabled = true;
        self.hubs.letters.forget(&[who]);
        Ok(Said::Done)
    }

    fn enable(&mut self, by: By, who: usize) -> Ruled {
        let power = self.may(by, Power::looks_after_people)?;
        self.present(who)?;
        if !power.removes(self.role(who)) {
            return Err(denied());
        }
        self.members.get_mut(&who).expect("a member").disabled = false;
        Ok(Said::Done)
    }

    fn remove_many(&mut self, by: By, all: &[usize]) -> Ruled {
        let power = self.may(by, Power::looks_after_people)?;
        let answers = all.iter().map(|who| match self.removable(power, *who) {
            Ok(()) => (*who, String::new()),
            Err(Said::Refused(_, reason)) => (*who, reason),
            Err(other) => panic!("{other:?}"),
        });
        let answers: Vec<_> = answers.collect();
        let leaving = answers.iter().filter(|(_, reason)| reason.is_empty());
        let leaving: Vec<usize> = leaving.map(|(who, _)| *who).collect();
        for who in &leaving {
            self.end(*who, InvitationState::Revoked, false);
        }
        let mut left = self.depart(&leaving);
        let answers = answers.into_iter().map(|(who, reason)| {
            let own = left.remove(&who).unwrap_or_default();
            (who, reason, own)
        });
        Ok(Said::Removed(answers.collect()))
    }

    fn leave(&mut self, who: usize) -> Ruled {
        self.may(By::Person(who), |power| power.person().is_some())?;
        if who == self.primary {
            return Err(refused("PRIMARY_ADMIN_PROTECTED"));
        }
        self.end(who, InvitationState::Revoked, true);
        Ok(self.left(who))
    }

    /// What is left of the access of somebody who has just left.
    fn left(&mut self, who: usize) -> Said {
        Said::Left(self.depart(&[who]).remove(&who).unwrap_or_default())
    }

    fn transfer(&mut self, by: By, who: usize) -> Ruled {
        self.may(by, Power::is_primary)?;
        if !self.members.contains_key(&who) {
            return Err(missing("MEMBER_NOT_FOUND"));
        }
        if who == self.primary {
            return Ok(Said::Done);
        }
        if self.power_of(who) != Power::Person(who, Role::SecondaryAdmin) {
            return Err(refused("NOT_A_SECONDARY_ADMIN"));
        }
        let former = self
            .members
            .get_mut(&self.primary)
            .expect("the primary admin");
        former.role = Role::SecondaryAdmin;
        self.primary = who;
        Ok(Said::Done)
    }

    fn delete(&mut self, by: By, force: bool) -> Ruled {
        let power = self.may(by, Power::is_primary)?;
        if force && power != Power::Operator {
            return Err(denied());
        }
        let is_there = |who: &usize| !self.members[who].removed;
        let there: Vec<usize> = self.members.keys().copied().filter(is_there).collect();
        if there.len() > 1 && !force {
            return Err(refused("TEAM_NOT_EMPTY"));
        }
        for who in there {
            self.end(who, InvitationState::Revoked, false);
        }
        self.deleted = true;
        Ok(Said::Done)
    }
}
