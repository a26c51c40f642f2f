//! The calls that the model knows, and how they are drawn: some fit what is there, many do not.

use muster::proto::Role;
use proptest::{collection::vec, option, prelude::*, sample};
use proptest_state_machine::ReferenceStateMachine;

use crate::model::Model;

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
}

/// How many addresses there are.
pub(crate) const ADDRESSES: u8 = 6;

/// The machine that the calls are compared with.
pub(crate) struct Reference;

impl ReferenceStateMachine for Reference {
    type State = Model;
    type Transition = Step;

    fn init_state() -> BoxedStrategy<Model> {
        // The shorter the beginning, the simpler; a team with people in it gets farther.
        prop_oneof![1 => Just(0), 1 => Just(1), 4 => Just(beginning().len())]
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
            Step::Wait(_) | Step::Settle(_) => !model.deleted,
            Step::Elsewhere(address) => {
                let who = model.known(*address);
                !who.is_some_and(|who| model.accounts[who].elsewhere)
            }
            Step::Invite(by, ..) | Step::Import(by, _) | Step::Delete(by, _) => known(by),
            Step::Resend(by, offer) | Step::Revoke(by, offer) => known(by) && *offer < offers,
            Step::Answer(offer, older, _) => {
                !model.deleted && *offer < offers && *older < model.invitations[*offer].sent
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
        }
    }
}

/// How a team with people in it begins: its primary admin joins, and so do one of each kind.
pub(crate) fn beginning() -> Vec<Step> {
    let join = |number: usize, role| {
        let address = u8::try_from(number).expect("a few");
        [
            Step::Invite(By::Operator, address, role),
            Step::Answer(number, 0, Reply::Accept),
        ]
    };
    let mut steps = vec![Step::Answer(0, 0, Reply::Accept)];
    steps.extend(join(1, Role::SecondaryAdmin));
    steps.extend(join(2, Role::Member));
    steps.extend(join(3, Role::SsoAdmin));
    steps
}

fn steps(model: &Model) -> BoxedStrategy<Step> {
    let people = model.accounts.len();
    let who = move || 0..people;
    let address = || 0..ADDRESSES;
    let by = move || {
        prop_oneof![
            3 => Just(By::Operator),
            1 => Just(By::Service),
            7 => who().prop_map(By::Person),
        ]
    };
    let open: Vec<usize> = (0..model.invitations.len())
        .filter(|one| model.invitations[*one].settled.is_none())
        .collect();
    let every = 0..model.invitations.len();
    let offer = move || {
        if open.is_empty() {
            every.clone().boxed()
        } else {
            prop_oneof![3 => sample::select(open.clone()), 1 => every.clone()].boxed()
        }
    };
    let role = || {
        sample::select(vec![
            Role::Member,
            Role::Guest,
            Role::SecondaryAdmin,
            Role::SsoAdmin,
        ])
    };
    let coming = prop_oneof![
        6 => (by(), address(), role()).prop_map(|(by, who, role)| Step::Invite(by, who, role)),
        2 => (by(), vec(option::weighted(0.9, address()), 1..4))
            .prop_map(|(by, rows)| Step::Import(by, rows)),
        8 => (offer(), prop_oneof![5 => Just(0), 1 => 0..3], reply())
            .prop_map(|(offer, older, reply)| Step::Answer(offer, older, reply)),
        3 => (by(), offer()).prop_map(|(by, offer)| Step::Resend(by, offer)),
        2 => (by(), offer()).prop_map(|(by, offer)| Step::Revoke(by, offer)),
        2 => (by(), who(), address())
            .prop_map(|(by, who, address)| Step::CorrectEmail(by, who, address)),
        1 => address().prop_map(Step::Elsewhere),
    ];
    let going = prop_oneof![
        4 => (by(), who(), role()).prop_map(|(by, who, role)| Step::SetRole(by, who, role)),
        3 => (by(), who()).prop_map(|(by, who)| Step::Disable(by, who)),
        2 => (by(), who()).prop_map(|(by, who)| Step::Enable(by, who)),
        4 => (by(), who()).prop_map(|(by, who)| Step::Remove(by, who)),
        1 => (by(), sample::subsequence((0..people).collect::<Vec<_>>(), 1..=people.min(3)))
            .prop_map(|(by, all)| Step::RemoveMany(by, all)),
        3 => who().prop_map(Step::Leave),
        3 => (by(), who()).prop_map(|(by, who)| Step::Transfer(by, who)),
    ];
    let else_ = prop_oneof![
        4 => sample::select(vec![120, 25 * 3_600, 7 * 24 * 3_600]).prop_map(Step::Wait),
        3 => setting().prop_map(Step::Settle),
        1 => (by(), any::<bool>()).prop_map(|(by, force)| Step::Delete(by, force)),
    ];
    prop_oneof![10 => coming, 8 => going, 3 => else_].boxed()
}

fn reply() -> impl Strategy<Value = Reply> {
    prop_oneof![5 => Just(Reply::Accept), 2 => Just(Reply::Decline), 2 => Just(Reply::AskForNew)]
}

fn setting() -> impl Strategy<Value = Setting> {
    prop_oneof![
        2 => option::of(1..6).prop_map(Setting::Seats),
        1 => any::<bool>().prop_map(Setting::AskFirst),
        1 => any::<bool>().prop_map(Setting::GuestsOnly),
    ]
}
