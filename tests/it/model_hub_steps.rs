//! The calls about hubs that the model knows, and how they are drawn.

use proptest::{prelude::*, sample};

use crate::{
    model::Model,
    model_steps::{By, Step, address, by, who},
};

/// A call about a hub, which has a number as its projects do.
#[derive(Debug, Clone, Copy)]
pub(crate) enum HubStep {
    /// Of a product of which access remains, or of one of which it ends.
    Create(bool),
    AddAdmin(usize, usize),
    CreateProject(usize),
    /// Of whatever team the address is.
    AddToProject(usize, u8),
    TakeOut(usize, usize),
    Grant(usize, usize),
    Revoke(usize, usize),
    RemoveFrom(usize, usize),
    Report(usize, usize),
}

/// How many hubs there are at most, and how many projects: what an answer about many names is then all.
const FEW: usize = 3;

impl HubStep {
    /// Whether it may be asked of this team.
    pub(crate) fn fits(self, model: &Model) -> bool {
        let (hubs, projects) = (model.hubs.sites.len(), model.hubs.projects.len());
        let people = model.accounts.len();
        match self {
            Self::Create(_) => hubs < FEW,
            Self::CreateProject(hub) => hub < hubs && projects < FEW,
            Self::AddToProject(project, _) => project < projects,
            Self::TakeOut(project, who) => project < projects && who < people,
            Self::AddAdmin(hub, who)
            | Self::Grant(hub, who)
            | Self::Revoke(hub, who)
            | Self::RemoveFrom(hub, who) => hub < hubs && who < people,
            // Which of two that are equally good is nobody's rule.
            Self::Report(hub, who) => {
                hub < hubs && who < people && model.hubs.reportable(who, hub).len() < 2
            }
        }
    }
}

/// How a team with hubs begins: one of each kind, with a project in the one of which access remains, and one person in it.
pub(crate) fn beginning() -> Vec<Step> {
    let steps = [
        HubStep::Create(true),
        HubStep::Create(false),
        HubStep::CreateProject(0),
        HubStep::AddToProject(0, 2),
        HubStep::Grant(1, 2),
    ];
    steps
        .map(|step| Step::InHub(By::Operator, step))
        .into_iter()
        .collect()
}

pub(crate) fn steps(model: &Model) -> BoxedStrategy<Step> {
    let hubs = model.hubs.sites.len();
    let make = any::<bool>().prop_map(HubStep::Create);
    let step = if hubs == 0 {
        make.boxed()
    } else {
        prop_oneof![2 => make, 20 => within(model, hubs)].boxed()
    };
    let (often, admin) = hub_admins(model);
    let by = prop_oneof![4 => by(model), often => admin];
    (by, step)
        .prop_map(|(by, step)| Step::InHub(by, step))
        .boxed()
}

/// The admins of hubs, if there are any.
fn hub_admins(model: &Model) -> (u32, BoxedStrategy<By>) {
    let all = model.hubs.sites.iter().flat_map(|hub| hub.admins.iter());
    let all: Vec<usize> = all.copied().collect();
    if all.is_empty() {
        (0, Just(By::Operator).boxed())
    } else {
        (2, sample::select(all).prop_map(By::Person).boxed())
    }
}

/// Of a hub and somebody, mostly of one who has or had something there.
fn within(model: &Model, hubs: usize) -> BoxedStrategy<HubStep> {
    let any_pair = (0..hubs, who(model));
    let had = model.hubs.accesses.keys().map(|path| (path.1, path.0));
    let had: Vec<(usize, usize)> = had.collect();
    let pair = if had.is_empty() {
        any_pair.clone().boxed()
    } else {
        prop_oneof![4 => sample::select(had), 1 => any_pair.clone()].boxed()
    };
    // What remained is there to be closed; that it is, is rare otherwise.
    let open = model
        .hubs
        .accesses
        .iter()
        .filter(|(_, one)| one.is_residual());
    let open: Vec<(usize, usize)> = open.map(|(path, _)| (path.1, path.0)).collect();
    let (closing, open) = if open.is_empty() {
        (0, any_pair.clone().boxed())
    } else {
        (10, sample::select(open).boxed())
    };
    let projects = model.hubs.projects.len();
    let project = 0..projects.max(1);
    let often = u32::from(projects > 0);
    let make = (0..hubs).prop_map(HubStep::CreateProject);
    prop_oneof![
        closing => open.prop_map(|(hub, who)| HubStep::Revoke(hub, who)),
        3 => any_pair.clone().prop_map(|(hub, who)| HubStep::AddAdmin(hub, who)),
        1 => make,
        9 * often => (project.clone(), address(model))
            .prop_map(|(project, address)| HubStep::AddToProject(project, address)),
        2 * often => (project, who(model))
            .prop_map(|(project, who)| HubStep::TakeOut(project, who)),
        5 => any_pair.prop_map(|(hub, who)| HubStep::Grant(hub, who)),
        3 => pair.clone().prop_map(|(hub, who)| HubStep::Revoke(hub, who)),
        2 => pair.clone().prop_map(|(hub, who)| HubStep::RemoveFrom(hub, who)),
        4 => pair.prop_map(|(hub, who)| HubStep::Report(hub, who)),
    ]
    .boxed()
}
