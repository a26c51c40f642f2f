//! The rules of hubs, projects and access once more: who gets in by which path, and what is left of it when he leaves.

use std::collections::{BTreeMap, BTreeSet};

use muster::proto::AccessState;

use crate::{
    model::{Model, Moment, Said, missing, refused},
    model_hub_letters::HubLetters,
    model_hub_steps::HubStep,
    model_powers::Power,
    model_rules::Ruled,
    model_steps::By,
};

/// The team's hubs, each with a number, and all that anybody has or had in them.
#[derive(Clone, Default)]
pub(crate) struct Hubs {
    pub(crate) sites: Vec<Hub>,
    pub(crate) projects: Vec<Project>,
    pub(crate) accesses: BTreeMap<Path, Access>,
    pub(crate) letters: HubLetters,
}

/// A site of a product.
#[derive(Clone)]
pub(crate) struct Hub {
    /// Whether its product's rule lets access remain.
    pub(crate) remains: bool,
    pub(crate) admins: BTreeSet<usize>,
}

/// A project in a hub.
#[derive(Clone)]
pub(crate) struct Project {
    pub(crate) hub: usize,
    pub(crate) people: BTreeSet<usize>,
}

/// Who gets into which hub, and through which project, if through any.
pub(crate) type Path = (usize, usize, Option<usize>);

/// To which hub, whether through a project, and what became of it.
pub(crate) type Left = (usize, bool, AccessState);

/// What somebody has or had by a path.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Access {
    pub(crate) state: AccessState,
    pub(crate) granted: Moment,
    pub(crate) granter: Option<usize>,
    pub(crate) ended: Option<Moment>,
    pub(crate) reported: Option<Moment>,
    /// Whether a rule decided.
    pub(crate) ruled: bool,
}

impl Access {
    pub(crate) fn is_residual(&self) -> bool {
        matches!(self.state, AccessState::Remains | AccessState::Reported)
    }

    /// Ends it by somebody's wish; what had ended before keeps when that was.
    fn end(&mut self, now: Moment) {
        self.state = AccessState::Ended;
        self.ended = self.ended.or(Some(now));
    }
}

impl Hubs {
    /// All that somebody has or had in a hub.
    fn of(&self, who: usize, hub: usize) -> impl Iterator<Item = (&Path, &Access)> {
        let all = self.accesses.iter();
        all.filter(move |(path, _)| (path.0, path.1) == (who, hub))
    }

    /// The access that a report concerns: what is on the list already, or what ended last. More than one are equally good.
    pub(crate) fn reportable(&self, who: usize, hub: usize) -> Vec<Path> {
        let listed = |one: &Access| one.is_residual();
        let last = self.of(who, hub).filter_map(|(_, one)| one.ended).max();
        let any_listed = self.of(who, hub).any(|(_, one)| listed(one));
        let fits = |one: &Access| {
            if any_listed {
                listed(one)
            } else {
                one.ended == last
            }
        };
        let all = self.of(who, hub).filter(|(_, one)| fits(one));
        all.map(|(path, _)| *path).collect()
    }
}

impl Model {
    /// The power to do something in a hub, which its own admins have too.
    fn may_in(&self, by: By, hub: usize) -> Result<Power, Said> {
        let admins = &self.hubs.sites[hub].admins;
        let own = |power: Power| power.person().is_some_and(|who| admins.contains(&who));
        self.may(by, |power| power.is_admin() || own(power))
    }

    /// Somebody in the team, invited, active or disabled.
    fn stands(&self, who: usize) -> Result<(), Said> {
        match self.members.get(&who) {
            Some(member) if !member.removed => Ok(()),
            Some(_) | None => Err(refused("NOT_A_MEMBER")),
        }
    }

    pub(crate) fn in_hub(&mut self, by: By, step: HubStep) -> Ruled {
        let now = self.now;
        match step {
            HubStep::Create(remains) => {
                self.may(by, Power::is_admin)?;
                let admins = BTreeSet::new();
                self.hubs.sites.push(Hub { remains, admins });
            }
            HubStep::AddAdmin(hub, who) => {
                self.may(by, Power::is_admin)?;
                self.stands(who)?;
                self.hubs.sites[hub].admins.insert(who);
            }
            HubStep::CreateProject(hub) => {
                self.may_in(by, hub)?;
                let people = BTreeSet::new();
                self.hubs.projects.push(Project { hub, people });
            }
            HubStep::AddToProject(project, address) => {
                let hub = self.hubs.projects[project].hub;
                let power = self.may_in(by, hub)?;
                let said = self.bring_to_project(power, address)?;
                let who = self.known(address).expect("who was brought in");
                self.hubs.projects[project].people.insert(who);
                self.grant((who, hub, Some(project)), power);
                return Ok(said);
            }
            HubStep::TakeOut(project, who) => {
                let hub = self.hubs.projects[project].hub;
                self.may_in(by, hub)?;
                if !self.hubs.projects[project].people.remove(&who) {
                    return Err(missing("PROJECT_MEMBER_NOT_FOUND"));
                }
                let through = self.hubs.accesses.get_mut(&(who, hub, Some(project)));
                through.expect("a place gives access").end(now);
            }
            HubStep::Grant(hub, who) => {
                let power = self.may_in(by, hub)?;
                self.stands(who)?;
                let path = (who, hub, None);
                self.grant(path, power);
                return Ok(Said::Accesses(vec![(path, AccessState::Active)]));
            }
            HubStep::Revoke(hub, who) => {
                return self.take_back(by, (hub, who), |path, one| {
                    one.is_residual() || (one.state == AccessState::Active && path.2.is_none())
                });
            }
            HubStep::RemoveFrom(hub, who) => {
                let said = self.take_back(by, (hub, who), |_, one| {
                    one.is_residual() || one.state == AccessState::Active
                })?;
                let projects = self.hubs.projects.iter_mut();
                for project in projects.filter(|one| one.hub == hub) {
                    project.people.remove(&who);
                }
                return Ok(said);
            }
            HubStep::Report(hub, who) => return self.report(by, (hub, who)),
        }
        Ok(Said::Done)
    }

    /// Whoever has it keeps it as it is; what ended, remained or was reported is forgotten.
    fn grant(&mut self, path: Path, by: Power) {
        let new = Access {
            state: AccessState::Active,
            granted: self.now,
            granter: by.person(),
            ended: None,
            reported: None,
            ruled: false,
        };
        let access = self.hubs.accesses.entry(path).or_insert(new.clone());
        if access.state != AccessState::Active {
            *access = new;
        }
    }

    /// Ends some of what somebody has in a hub; all of it as it is then.
    fn take_back(
        &mut self,
        by: By,
        (hub, who): (usize, usize),
        ends: impl Fn(&Path, &Access) -> bool,
    ) -> Ruled {
        let now = self.now;
        self.may_in(by, hub)?;
        let mut all = Vec::new();
        for (path, access) in &mut self.hubs.accesses {
            if (path.0, path.1) != (who, hub) {
                continue;
            }
            if ends(path, access) {
                access.end(now);
            }
            all.push((*path, access.state));
        }
        if all.is_empty() {
            return Err(missing("ACCESS_NOT_FOUND"));
        }
        Ok(Said::Accesses(all))
    }

    fn report(&mut self, by: By, (hub, who): (usize, usize)) -> Ruled {
        self.may_in(by, hub)?;
        let is_active = |(_, one): (&Path, &Access)| one.state == AccessState::Active;
        if self.hubs.of(who, hub).any(is_active) {
            return Err(refused("ACCESS_ACTIVE"));
        }
        let Some(path) = self.hubs.reportable(who, hub).pop() else {
            return Err(missing("ACCESS_NOT_FOUND"));
        };
        let now = self.now;
        let access = self.hubs.accesses.get_mut(&path).expect("the access");
        let state = if access.is_residual() {
            access.state
        } else {
            access.state = AccessState::Reported;
            access.reported = Some(now);
            self.tell(hub, Some(who));
            AccessState::Reported
        };
        Ok(Said::Accesses(vec![(path, state)]))
    }

    /// What people have in hubs ends or remains when they have left the team, as the products' rules say; each one's.
    pub(crate) fn depart(&mut self, leaving: &[usize]) -> BTreeMap<usize, Vec<Left>> {
        self.hubs.letters.forget(leaving);
        for hub in &mut self.hubs.sites {
            hub.admins.retain(|admin| !leaving.contains(admin));
        }
        for project in &mut self.hubs.projects {
            project.people.retain(|one| !leaving.contains(one));
        }
        let mut left: BTreeMap<usize, Vec<Left>> = BTreeMap::new();
        let mut open = BTreeSet::new();
        for ((who, hub, project), access) in &mut self.hubs.accesses {
            if !leaving.contains(who) || access.state == AccessState::Ended {
                continue;
            }
            // What remains since they left before is told too, and changes no more.
            if access.state == AccessState::Active {
                access.state = if self.hubs.sites[*hub].remains {
                    open.insert(*hub);
                    AccessState::Remains
                } else {
                    AccessState::Ended
                };
                access.ended = Some(self.now);
                access.ruled = true;
            }
            let one = (*hub, project.is_some(), access.state);
            left.entry(*who).or_default().push(one);
        }
        for own in left.values_mut() {
            own.sort_unstable();
        }
        for hub in open {
            self.tell(hub, None);
        }
        left
    }
}
