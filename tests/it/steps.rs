//! What may happen in a small world, generated: few teams and addresses, so that people meet in several teams. Steps name
//! things by number among those that exist, so that a sequence stays meaningful while it is shrunk.

use chrono::TimeDelta;
use muster::proto::Role;
use proptest::{
    collection::vec,
    option,
    prelude::{Just, Strategy, any},
    prop_oneof, sample,
};

use crate::departures::{Departure, any_departure};

/// One thing that somebody does.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    CreateTeam(Who, Option<i32>, How),
    UpdateTeam(u8, Setting, How),
    Invite(u8, Who, Role, Form, How),
    Import(u8, Vec<Option<Who>>, ImportManner),
    Resend(u8, How),
    BatchResend(u8, Vec<u8>, How),
    Revoke(u8, How),
    BatchRevoke(u8, Vec<u8>, How),
    TakeBack(u8, u8, How),
    Release(u8, u8, How),
    Answer(Link, Reply, How),
    CorrectEmail(u8, Who, How),
    CorrectAdmin(u8, Who, How),
    UpdateUser(u8, u8, How),
    UpdateMember(u8, Role, How),
    Part(Departure, How),
    Wait(TimeDelta),
}

/// One of six addresses in one of three spellings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who {
    /// Which address.
    pub(crate) number: u8,
    /// How it is written.
    pub(crate) spelling: u8,
}

/// In which manner a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Plainly,
    Rehearsed,
    Twice,
}

/// Which call invites.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    CreateInvitation,
    CreateUser,
}

/// How an import is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ImportManner {
    /// Few ids, so that they come again.
    pub(crate) id: u8,
    /// Whether its letters wait.
    pub(crate) held: bool,
    /// Whether only to try.
    pub(crate) rehearsed: bool,
}

/// A mailed link.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Link {
    /// The one mailed so many letters ago.
    Recent(u8),
    /// Any.
    Any(u8),
    /// One that nobody mailed.
    Unknown,
}

/// What is done with a link.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Reply {
    Accept,
    Decline,
    AskForNew,
}

/// A setting of a team and its new value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Setting {
    AskFirst(bool),
    Seats(Option<i32>),
    GuestsOnly(bool),
    Days(i64),
    Name(u8),
}

/// A sequence of at most so many steps; it begins with a team.
pub(crate) fn sequence(most: usize) -> impl Strategy<Value = Vec<Step>> {
    (who(), how(), vec(step(), 1..most)).prop_map(|(admin, how, mut steps)| {
        steps.insert(0, Step::CreateTeam(admin, None, how));
        steps
    })
}

/// Some of the six come often, so that they meet in several teams.
fn who() -> impl Strategy<Value = Who> {
    let number = sample::select(vec![0, 1, 1, 2, 2, 3, 3, 4, 5]);
    (number, 0..3_u8).prop_map(|(number, spelling)| Who { number, spelling })
}

/// What chance brings seldom: people who are known already when they are invited, imported or made the primary admin.
pub(crate) fn seldom() -> Vec<Vec<Step>> {
    let who = |number| Who {
        number,
        spelling: 0,
    };
    let plainly = How::Plainly;
    let team = |admin| Step::CreateTeam(who(admin), None, plainly);
    let invite =
        |team, number, role| Step::Invite(team, who(number), role, Form::CreateInvitation, plainly);
    let import = |team, number| {
        let manner = ImportManner {
            id: 0,
            held: true,
            rehearsed: false,
        };
        Step::Import(team, vec![Some(who(number))], manner)
    };
    let accept = Step::Answer(Link::Recent(0), Reply::Accept, plainly);
    let decline = Step::Answer(Link::Recent(0), Reply::Decline, plainly);
    let week = Step::Wait(TimeDelta::days(7));
    // Verified elsewhere while the invitation here expires, and wanted once more.
    let meanwhile = [
        team(0),
        team(1),
        invite(0, 2, Role::SecondaryAdmin),
        invite(1, 2, Role::Member),
        accept.clone(),
        week.clone(),
    ];
    let over_expired = |last: Step| [&meanwhile[..], &[last]].concat();
    // The primary admin's address is corrected to that of somebody who is, or was, in the team.
    let corrected_to = |ends: &[Step]| {
        let begins = [team(0), invite(0, 1, Role::Guest)];
        let correction = Step::CorrectAdmin(0, who(1), plainly);
        [&begins[..], ends, &[correction]].concat()
    };
    vec![
        over_expired(invite(0, 2, Role::Guest)),
        over_expired(import(0, 2)),
        corrected_to(&[]),
        corrected_to(std::slice::from_ref(&accept)),
        corrected_to(&[week]),
        corrected_to(&[decline]),
        vec![
            team(0),
            import(0, 1),
            Step::Release(0, 0, plainly),
            Step::CorrectEmail(1, who(2), plainly),
            Step::Wait(TimeDelta::minutes(2)),
            Step::Resend(1, plainly),
            Step::Revoke(1, plainly),
        ],
        // A role that waits, one that was taken up, and none over an end.
        vec![
            team(0),
            invite(0, 1, Role::Guest),
            Step::UpdateMember(1, Role::SecondaryAdmin, plainly),
            accept.clone(),
            Step::UpdateMember(1, Role::Member, plainly),
            Step::UpdateMember(0, Role::Member, plainly),
            invite(0, 2, Role::Member),
            Step::Answer(Link::Recent(0), Reply::Decline, plainly),
            Step::UpdateMember(2, Role::Guest, plainly),
        ],
        // Disabled everywhere before he joins, and erased: his address is another person's then.
        vec![
            team(0),
            team(3),
            invite(0, 1, Role::Member),
            invite(1, 1, Role::Guest),
            Step::Part(Departure::DisableUser(2), plainly),
            accept.clone(),
            Step::Part(Departure::EnableUser(2), plainly),
            Step::Part(Departure::Erase(0), plainly),
            Step::Part(Departure::Erase(2), plainly),
            invite(0, 1, Role::Member),
        ],
        // Out, back at once, out by himself and back when asked; to the top and down again.
        vec![
            team(0),
            invite(0, 1, Role::SecondaryAdmin),
            accept.clone(),
            Step::Part(Departure::Disable(1), plainly),
            Step::Part(Departure::Remove(1), plainly),
            invite(0, 1, Role::SecondaryAdmin),
            Step::Part(Departure::Leave(1), plainly),
            invite(0, 1, Role::SecondaryAdmin),
            Step::Part(Departure::Disable(1), plainly),
            accept,
            Step::Part(Departure::TakeOver(1), plainly),
            Step::Part(Departure::Enable(1), plainly),
            Step::Part(Departure::TakeOver(1), plainly),
            Step::Part(Departure::RemoveMany(vec![0, 1]), plainly),
        ],
    ]
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![6 => Just(How::Plainly), 1 => Just(How::Rehearsed), 2 => Just(How::Twice)]
}

fn role() -> impl Strategy<Value = Role> {
    sample::select(vec![
        Role::Member,
        Role::Guest,
        Role::SecondaryAdmin,
        Role::SsoAdmin,
    ])
}

fn step() -> impl Strategy<Value = Step> {
    let team = || any::<u8>();
    let one = || any::<u8>();
    let some = || vec(any::<u8>(), 1..5);
    prop_oneof![
        2 => (who(), option::of(1..4), how())
            .prop_map(|(admin, seats, how)| Step::CreateTeam(admin, seats, how)),
        2 => (team(), setting(), how())
            .prop_map(|(team, setting, how)| Step::UpdateTeam(team, setting, how)),
        6 => (team(), who(), role(), form(), how())
            .prop_map(|(team, who, role, form, how)| Step::Invite(team, who, role, form, how)),
        3 => (team(), vec(option::weighted(0.9, who()), 1..6), manner())
            .prop_map(|(team, rows, manner)| Step::Import(team, rows, manner)),
        2 => (one(), how()).prop_map(|(one, how)| Step::Resend(one, how)),
        1 => (team(), some(), how())
            .prop_map(|(team, some, how)| Step::BatchResend(team, some, how)),
        2 => (one(), how()).prop_map(|(one, how)| Step::Revoke(one, how)),
        1 => (team(), some(), how())
            .prop_map(|(team, some, how)| Step::BatchRevoke(team, some, how)),
        1 => (team(), 0..2_u8, how())
            .prop_map(|(team, import, how)| Step::TakeBack(team, import, how)),
        2 => (team(), 0..2_u8, how())
            .prop_map(|(team, import, how)| Step::Release(team, import, how)),
        8 => (link(), reply(), how())
            .prop_map(|(link, reply, how)| Step::Answer(link, reply, how)),
        3 => (one(), who(), how()).prop_map(|(one, who, how)| Step::CorrectEmail(one, who, how)),
        1 => (team(), who(), how()).prop_map(|(team, who, how)| Step::CorrectAdmin(team, who, how)),
        1 => (one(), one(), how()).prop_map(|(one, name, how)| Step::UpdateUser(one, name, how)),
        4 => (one(), role(), how())
            .prop_map(|(one, role, how)| Step::UpdateMember(one, role, how)),
        6 => (any_departure(), how()).prop_map(|(departure, how)| Step::Part(departure, how)),
        3 => sample::select(vec![
            TimeDelta::minutes(2),
            TimeDelta::hours(25),
            TimeDelta::days(7),
            TimeDelta::days(8),
        ])
        .prop_map(Step::Wait),
    ]
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![Just(Form::CreateInvitation), Just(Form::CreateUser)]
}

fn manner() -> impl Strategy<Value = ImportManner> {
    (
        0..2_u8,
        any::<bool>(),
        sample::select(vec![false, false, false, true]),
    )
        .prop_map(|(id, held, rehearsed)| ImportManner {
            id,
            held,
            rehearsed,
        })
}

fn link() -> impl Strategy<Value = Link> {
    prop_oneof![
        6 => (0..3_u8).prop_map(Link::Recent),
        3 => any::<u8>().prop_map(Link::Any),
        1 => Just(Link::Unknown),
    ]
}

fn reply() -> impl Strategy<Value = Reply> {
    prop_oneof![5 => Just(Reply::Accept), 2 => Just(Reply::Decline), 2 => Just(Reply::AskForNew)]
}

fn setting() -> impl Strategy<Value = Setting> {
    prop_oneof![
        any::<bool>().prop_map(Setting::AskFirst),
        option::of(1..6).prop_map(Setting::Seats),
        any::<bool>().prop_map(Setting::GuestsOnly),
        (1..10_i64).prop_map(Setting::Days),
        (0..3_u8).prop_map(Setting::Name),
    ]
}
