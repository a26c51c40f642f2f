//! Admins at odds, each at a process of his own: whatever they do to each other at once, the team has exactly one primary admin,
//! who loses hears why, and each change leaves one event.

use std::sync::Arc;

use libtest_mimic::Trial;
use muster::proto::{
    AcceptInvitationRequest, EventType, ListMembersRequest, Member, MemberState, Role,
    invitation_service_client::InvitationServiceClient, team_service_client::TeamServiceClient,
};
use tonic::{Code, Status, service::interceptor::InterceptedService};

use crate::{
    backends::{Backend, block_on},
    binary::Server,
    deployments::{Deployment, Look},
    fixtures::{invitation_of, team_of, with_role},
    harness::{BearerKey, Keyed},
    refusals::{Outcome, reason},
    removals::removal,
    transfers::transfer,
};

/// How often they meet.
const ROUNDS: usize = 300;
/// How many processes there are, and how many admins.
const SIZE: usize = 3;

/// These start the program on a migrated, empty database of the backend.
pub(crate) fn on_backend(backend: &Arc<Backend>) -> Vec<Trial> {
    let own = Arc::clone(backend);
    let name = "of_admins_at_odds_at_three_processes_one_is_always_the_primary_one";
    let name = format!("{}::rival_admins::{name}", backend.name());
    vec![Trial::test(name, move || {
        let database = own.database();
        block_on(meet(&database.url));
        Ok(())
    })]
}

/// What one admin does to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    HandOver,
    Demote,
    Remove,
}

/// Who does what to whom.
#[derive(Debug, Clone, Copy)]
struct Act {
    deed: Deed,
    actor: usize,
    target: usize,
}

/// A team on three processes.
struct Stage {
    servers: Vec<Server>,
    key: String,
    team: String,
    people: Vec<String>,
}

impl Stage {
    fn channel(&self, process: usize, actor: Option<usize>) -> Keyed {
        let mut bearer = BearerKey::new(&self.key);
        if let Some(actor) = actor {
            bearer = bearer.acting_as(&self.people[actor]);
        }
        InterceptedService::new(self.servers[process % SIZE].channel(), bearer)
    }

    fn teams(&self) -> TeamServiceClient<Keyed> {
        TeamServiceClient::new(self.channel(0, None))
    }

    async fn act(&self, process: usize, act: Act) -> Result<(), Status> {
        let mut client = TeamServiceClient::new(self.channel(process, Some(act.actor)));
        let (team, target) = (&self.team, &self.people[act.target]);
        match act.deed {
            Deed::HandOver => {
                let request = transfer(team, target);
                client.transfer_primary_admin(request).await.map(drop)
            }
            Deed::Demote => {
                let request = with_role(team, target, Role::Member);
                client.update_member(request).await.map(drop)
            }
            Deed::Remove => client.remove_member(removal(team, target)).await.map(drop),
        }
    }

    /// Everybody who is there.
    async fn members(&self) -> Vec<Member> {
        let request = ListMembersRequest {
            team_id: self.team.clone(),
            ..ListMembersRequest::default()
        };
        self.teams().list_members(request).await.answered().members
    }

    /// Makes everybody an admin again, and says who is the primary one.
    async fn restore(&self) -> usize {
        let members = self.members().await;
        let mut primary = None;
        for (index, person) in self.people.iter().enumerate() {
            let member = members.iter().find(|one| one.user_id == *person);
            match member.map(Member::role) {
                Some(Role::PrimaryAdmin) => primary = Some(index),
                Some(Role::SecondaryAdmin) => {}
                Some(_) => {
                    let request = with_role(&self.team, person, Role::SecondaryAdmin);
                    self.teams().update_member(request).await.answered();
                }
                None => {
                    let mut request = invitation_of(&self.team, &email(index));
                    request.set_role(Role::SecondaryAdmin);
                    let mut client = InvitationServiceClient::new(self.channel(0, None));
                    let answer = client.create_invitation(request).await.answered();
                    let member = answer.member.expect("the member");
                    assert_eq!(member.state(), MemberState::Active);
                }
            }
        }
        primary.expect("a primary admin")
    }

    /// How many events of a type there are.
    async fn count(&self, look: &Look, kind: EventType) -> i64 {
        let word = kind.as_str_name().replace("EVENT_TYPE_", "");
        let query = format!("SELECT count(*) AS it FROM events WHERE type = '{word}'");
        look.number(&query).await
    }
}

fn email(index: usize) -> String {
    format!("admin{index}@acme.example")
}

async fn stage(deployment: &Deployment, look: &Look) -> Stage {
    let servers: Vec<Server> = (0..SIZE).map(|_| deployment.serve()).collect();
    let mut stage = Stage {
        servers,
        key: deployment.key(),
        team: String::new(),
        people: Vec::new(),
    };
    let request = team_of("acme", &email(0));
    let made = stage.teams().create_team(request).await.answered();
    stage.team = made.team.expect("the team").id;
    stage.people.push(made.member.expect("the admin").user_id);
    let mut invitations = InvitationServiceClient::new(stage.channel(0, None));
    for index in 1..SIZE {
        let mut request = invitation_of(&stage.team, &email(index));
        request.set_role(Role::SecondaryAdmin);
        let answer = invitations.create_invitation(request).await.answered();
        stage
            .people
            .push(answer.member.expect("the member").user_id);
    }
    look.letters_are_sent().await;
    for token in deployment.tokens() {
        let request = AcceptInvitationRequest {
            token,
            ..AcceptInvitationRequest::default()
        };
        invitations.accept_invitation(request).await.answered();
    }
    stage
}

/// Two admins, and two deeds that are not the same; which ones, the number of the round says.
fn acts(round: usize, primary: usize) -> [Act; 2] {
    let others = [(primary + 1) % SIZE, (primary + 2) % SIZE];
    let act = |deed, actor, target| Act {
        deed,
        actor,
        target,
    };
    let [one, two] = if round.is_multiple_of(2) {
        others
    } else {
        [others[1], others[0]]
    };
    match round % 7 {
        0 => [
            act(Deed::HandOver, primary, one),
            act(Deed::Remove, two, one),
        ],
        1 => [
            act(Deed::HandOver, primary, one),
            act(Deed::Demote, two, one),
        ],
        2 => [
            act(Deed::HandOver, primary, one),
            act(Deed::HandOver, primary, two),
        ],
        3 => [
            act(Deed::HandOver, primary, one),
            act(Deed::Remove, one, primary),
        ],
        4 => [act(Deed::Remove, one, two), act(Deed::Remove, two, one)],
        5 => [act(Deed::Demote, one, two), act(Deed::Remove, primary, one)],
        _ => [
            act(Deed::HandOver, primary, one),
            act(Deed::Demote, one, primary),
        ],
    }
}

async fn meet(url: &str) {
    let deployment = Deployment::on(url);
    let look = Look::at(url).await;
    let stage = &stage(&deployment, &look).await;
    let kinds = [
        EventType::TeamPrimaryAdminChanged,
        EventType::MemberUpdated,
        EventType::MemberRemoved,
    ];
    let (mut losses, mut changes) = (0, 0);
    for round in 0..ROUNDS {
        let primary = stage.restore().await;
        let mut before = Vec::new();
        for kind in kinds {
            before.push(stage.count(&look, kind).await);
        }

        let [first, second] = acts(round, primary);
        let (one, other) = tokio::join!(stage.act(round, first), stage.act(round + 1, second));

        let mut expected = [0, 0, 0];
        for (act, answer) in [(first, one), (second, other)] {
            match answer {
                Ok(()) => {
                    changes += 1;
                    match act.deed {
                        // One for the team, and one for who held the role.
                        Deed::HandOver => {
                            expected[0] += 1;
                            expected[1] += 1;
                        }
                        Deed::Demote => expected[1] += 1,
                        Deed::Remove => expected[2] += 1,
                    }
                }
                Err(status) => {
                    losses += 1;
                    lost(act, &status);
                }
            }
        }
        let mut happened = Vec::new();
        for (kind, before) in kinds.into_iter().zip(before) {
            happened.push(stage.count(&look, kind).await - before);
        }
        assert_eq!(happened, expected, "{first:?} {second:?}");

        let members = stage.members().await;
        let primaries: Vec<&Member> = members
            .iter()
            .filter(|one| one.role() == Role::PrimaryAdmin)
            .collect();
        assert_eq!(primaries.len(), 1, "{first:?} {second:?}");
        assert_eq!(primaries[0].state(), MemberState::Active);
    }
    assert!(
        losses > ROUNDS / 4 && changes >= ROUNDS,
        "{losses} {changes}"
    );
}

/// Who loses is told why.
fn lost(act: Act, status: &Status) {
    let reason = reason(status);
    let expected = match status.code() {
        Code::PermissionDenied => reason == "PERMISSION_MISSING",
        // The actor is in the team no more.
        Code::NotFound => reason == "TEAM_NOT_FOUND",
        Code::FailedPrecondition => [
            "PRIMARY_ADMIN_PROTECTED",
            "NOT_A_SECONDARY_ADMIN",
            "NOT_A_MEMBER",
        ]
        .contains(&reason.as_str()),
        _ => false,
    };
    assert!(expected, "{act:?}: {:?} {reason}", status.code());
}
