//! The calls that the model knows, and how they are drawn: some fit what is there, many do not.

use std::ops::Range;

use muster::proto::{InvitationState, Role};
use proptest::{collection::vec, option, prelude::*, sample};
use proptest_state_machine::ReferenceStateMachine;

use crate::{
    model::Model,
    model_hub_steps::{self, HubStep},
    model_powers::is_admin,
};

/// Who makes a call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum By {
    Operator,
    Service,
    /// An account.
    Person(usize),
}

/// A call, or time.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Wait(i64),
    Settle(Setting),
    /// Somebody joins another team.
    Elsewhere(u8),
    Invite(By, u8, Role),
    /// Rows without an address are broken.
    Import(By, Vec<Option<u8>>),
    Resend(By, usize),
    Revoke(By, usize),
    /// With the newest link, or one so many links older.
    Answer(usize, i32, Reply),
    SetRole(By, usize, Role),
    Disable(By, usize),
    Enable(By, usize),
    Remove(By, usize),
    RemoveMany(By, Vec<usize>),
    Leave(usize),
    Transfer(By, usize),
    /// Even if others are in it.
    Delete(By, bool),
    CorrectEmail(By, usize, u8),
    InHub(By, HubStep),
}

/// What is done with a link.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    Accept,
    Decline,
    AskForNew,
}

/// A setting of the team and its new value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Setting {
    Seats(Option<i32>),
    AskFirst(bool),
    GuestsOnly(bool),
    AnySource(bool),
}

/// How many addresses there are.
pub(crate) const ADDRESSES: u8 = 7;

/// The machine that the calls are compared with.
pub(crate) struct Reference;

impl ReferenceStateMachine for Reference {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        // The shorter the beginning, the simpler; a team with people in it gets farther.
        let whole = beginning().len();
        prop_oneof![1 => Just(0), 2 => Just(whole - 1), 4 => Just(whole)]
            .prop_map(|length| {
                let steps = beginning().into_iter().take(length);
                let mut model = Model::new();
                model.begun = length;
                for step in steps {
                    model.take(&step);
                }
                model
            })
            .boxed()
    }

    fn transitions(model: &Model) -> BoxedStrategy<Step> {
        steps(model)
    }

    fn apply(mut model: Model, step: &Step) -> Model {
        model.take(step);
        model
    }

    fn preconditions(model: &Model, step: &Step) -> bool {
        let people = model.accounts.len();
        let offers = model.invitations.len();
        let known = |by: &By| match by {
            By::Operator | By::Service => true,
            By::Person(who) => *who < people,
        };
        match step {
            Step::Wait(_) | Step::Settle(_) => true,
            Step::Elsewhere(address) => {
                let who = model.known(*address);
                !who.is_some_and(|who| model.accounts[who].elsewhere)
            }
            Step::Invite(by, ..) | Step::Import(by, _) | Step::Delete(by, _) => known(by),
            Step::Resend(by, offer) | Step::Revoke(by, offer) => known(by) && *offer < offers,
            Step::Answer(offer, older, _) => {
                *offer < offers && *older < model.invitations[*offer].sent
            }
            Step::SetRole(by, who, _)
            | Step::Disable(by, who)
            | Step::Enable(by, who)
            | Step::Remove(by, who)
            | Step::Transfer(by, who)
            | Step::CorrectEmail(by, who, _) => known(by) && *who < people,
            Step::RemoveMany(by, all) => {
                let mut each = all.clone();
                each.sort_unstable();
                each.dedup();
                known(by) && each.len() == all.len() && all.iter().all(|who| *who < people)
            }
            Step::Leave(who) => *who < people,
            Step::InHub(by, step) => known(by) && step.fits(model),
        }
    }
}

/// How a team with people in it begins: one of each kind joins, and last its primary admin.
pub(crate) fn beginning() -> Vec<Step> {
    let join = |number: usize, role| {
        let address = u8::try_from(number).expect("a few");
        [
            Step::Invite(By::Operator, address, role),
            Step::Answer(number, 0, Reply::Accept),
        ]
    };
    let mut steps = Vec::new();
    steps.extend(join(1, Role::SecondaryAdmin));
    steps.extend(join(2, Role::Member));
    steps.extend(join(3, Role::SsoAdmin));
    steps.extend(model_hub_steps::beginning());
    steps.push(Step::Answer(0, 0, Reply::Accept));
    steps
}

fn steps(model: &Model) -> BoxedStrategy<Step> {
    let some = if open(model).is_empty() { 1 } else { 14 };
    prop_oneof![8 => coming(model), some => asked(model), 8 => going(model), 4 => others(model),
        10 => model_hub_steps::steps(model)]
    .boxed()
}

/// Who calls: mostly somebody who may do something.
pub(crate) fn by(model: &Model) -> BoxedStrategy<By> {
    let people = 0..model.accounts.len();
    let admins = people.clone().filter(|who| model.power_of(*who).is_admin());
    let admins: Vec<usize> = admins.collect();
    let person = if admins.is_empty() {
        people.boxed()
    } else {
        prop_oneof![3 => sample::select(admins), 1 => people].boxed()
    };
    prop_oneof![3 => Just(By::Operator), 1 => Just(By::Service), 7 => person.prop_map(By::Person)]
        .boxed()
}

pub(crate) fn who(model: &Model) -> Range<usize> {
    0..model.accounts.len()
}

/// An address: mostly of somebody who is not in the team.
pub(crate) fn address(model: &Model) -> BoxedStrategy<u8> {
    let is_out = |address: &u8| {
        let member = model
            .known(*address)
            .and_then(|who| model.members.get(&who));
        member.is_none_or(|member| member.removed || !member.joined)
    };
    let out: Vec<u8> = (0..ADDRESSES).filter(is_out).collect();
    if out.is_empty() {
        (0..ADDRESSES).boxed()
    } else {
        prop_oneof![3 => sample::select(out), 1 => 0..ADDRESSES].boxed()
    }
}

fn role() -> impl Strategy<Value = Role> {
    sample::select(vec![
        Role::Member,
        Role::Guest,
        Role::SecondaryAdmin,
        Role::SsoAdmin,
    ])
}

/// The open invitations.
fn open(model: &Model) -> Vec<usize> {
    let all = 0..model.invitations.len();
    all.filter(|one| model.invitations[*one].settled.is_none())
        .collect()
}

/// An invitation: mostly one that waits.
fn offer(model: &Model) -> BoxedStrategy<usize> {
    let every = 0..model.invitations.len();
    let is_over = |one: &usize| {
        let end = model.invitations[*one].settled;
        end.is_some_and(|end| end != InvitationState::Accepted)
    };
    let over: Vec<usize> = every.clone().filter(is_over).collect();
    let rest = if over.is_empty() {
        every.boxed()
    } else {
        prop_oneof![2 => sample::select(over), 1 => every].boxed()
    };
    match open(model) {
        open if open.is_empty() => rest,
        open => prop_oneof![3 => sample::select(open), 1 => rest].boxed(),
    }
}

fn coming(model: &Model) -> impl Strategy<Value = Step> + use<> {
    prop_oneof![
        6 => (by(model), address(model), role())
            .prop_map(|(by, address, role)| Step::Invite(by, address, role)),
        4 => (by(model), vec(option::weighted(0.9, address(model)), 1..4))
            .prop_map(|(by, rows)| Step::Import(by, rows)),
        2 => address(model).prop_map(Step::Elsewhere),
    ]
}

/// Somebody to whom something happens, now and then one whose offer waits.
fn whom(model: &Model) -> BoxedStrategy<usize> {
    let inviters = open(model)
        .into_iter()
        .filter(|open| is_admin(model.role(model.invitations[*open].who)))
        .filter_map(|open| model.invitations[open].inviter);
    let inviters: Vec<usize> = inviters.collect();
    if inviters.is_empty() {
        who(model).boxed()
    } else {
        prop_oneof![1 => who(model), 2 => sample::select(inviters)].boxed()
    }
}

/// What is done with invitations.
fn asked(model: &Model) -> impl Strategy<Value = Step> + use<> {
    let waits = open(model)
        .into_iter()
        .map(|open| model.invitations[open].who);
    let waits: Vec<usize> = waits.collect();
    let one = if waits.is_empty() {
        who(model).boxed()
    } else {
        prop_oneof![3 => sample::select(waits), 1 => who(model)].boxed()
    };
    let links: Vec<i32> = model.invitations.iter().map(|one| one.sent).collect();
    // Whoever invited them may do so no longer: that is rare, and so is what comes of it.
    let is_lost = |open: &usize| {
        let one = &model.invitations[*open];
        let role = model.role(one.who);
        let still = |inviter| model.power_of(inviter).grants(role);
        is_admin(role) && !one.inviter.is_none_or(still)
    };
    let lost: Vec<usize> = open(model).into_iter().filter(is_lost).collect();
    let (often, lost) = if lost.is_empty() {
        (0, offer(model))
    } else {
        (12, sample::select(lost).boxed())
    };
    let is_late = |open: &usize| model.now >= model.invitations[*open].expires;
    let late: Vec<usize> = open(model).into_iter().filter(is_late).collect();
    // That no seat is left for one is rare: seats are taken away while it waits.
    let (filling, again, late) = match (late.is_empty(), model.has_seat()) {
        (true, _) => (0, 0, offer(model)),
        (false, true) => (8, 6, sample::select(late).boxed()),
        (false, false) => (0, 24, sample::select(late).boxed()),
    };
    let taken = Step::Settle(Setting::Seats(Some(model.seats().max(1))));
    prop_oneof![
        filling => Just(taken),
        again => (by(model), late).prop_map(|(by, offer)| Step::Resend(by, offer)),
        often => lost.prop_map(|offer| Step::Answer(offer, 0, Reply::Accept)),
        8 => (offer(model), 0..8, reply()).prop_map(move |(offer, draw, reply)| {
            // One in four is with an older link, where there is one.
            let older = if draw < 6 { 0 } else { (draw - 5) % links[offer] };
            Step::Answer(offer, older, reply)
        }),
        3 => (by(model), offer(model)).prop_map(|(by, offer)| Step::Resend(by, offer)),
        2 => (by(model), offer(model)).prop_map(|(by, offer)| Step::Revoke(by, offer)),
        3 => (by(model), one, address(model))
            .prop_map(|(by, who, address)| Step::CorrectEmail(by, who, address)),
    ]
}

/// What is done with people who are in.
fn going(model: &Model) -> impl Strategy<Value = Step> + use<> {
    let people: Vec<usize> = who(model).collect();
    let most = people.len().min(3);
    let several = sample::subsequence(people, 1..=most);
    prop_oneof![
        4 => (by(model), whom(model), role())
            .prop_map(|(by, who, role)| Step::SetRole(by, who, role)),
        3 => (by(model), whom(model)).prop_map(|(by, who)| Step::Disable(by, who)),
        2 => (by(model), who(model)).prop_map(|(by, who)| Step::Enable(by, who)),
        4 => (by(model), whom(model)).prop_map(|(by, who)| Step::Remove(by, who)),
        1 => (by(model), several).prop_map(|(by, all)| Step::RemoveMany(by, all)),
        2 => whom(model).prop_map(Step::Leave),
        3 => (by(model), who(model)).prop_map(|(by, who)| Step::Transfer(by, who)),
    ]
}

fn others(model: &Model) -> impl Strategy<Value = Step> + use<> {
    prop_oneof![
        4 => sample::select(vec![120, 25 * 3_600, 7 * 24 * 3_600, 7 * 24 * 3_600]).prop_map(Step::Wait),
        3 => setting(model).prop_map(Step::Settle),
        1 => (by(model), any::<bool>()).prop_map(|(by, force)| Step::Delete(by, force)),
    ]
}

fn reply() -> impl Strategy<Value = Reply> {
    prop_oneof![5 => Just(Reply::Accept), 2 => Just(Reply::Decline), 2 => Just(Reply::AskForNew)]
}

fn setting(model: &Model) -> impl Strategy<Value = Setting> + use<> {
    // As many as are taken: none is free.
    let full = Setting::Seats(Some(model.seats().max(1)));
    prop_oneof![
        2 => Just(full),
        1 => option::of(1..6).prop_map(Setting::Seats),
        1 => any::<bool>().prop_map(Setting::AskFirst),
        4 => proptest::bool::weighted(0.8).prop_map(Setting::GuestsOnly),
        1 => any::<bool>().prop_map(Setting::AnySource),
    ]
}
