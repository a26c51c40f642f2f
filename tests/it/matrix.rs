//! Who may do what: every role, every call, every target, as the domain's own table has it.

use std::collections::BTreeMap;

use muster::{
    domain::keys::Scope,
    proto::{ListEventsRequest, Role},
};
use tonic::Code;
use tonic_types::StatusExt;

use crate::{
    fixtures::{NewTeam, invitation_of},
    harness::{Harness, tests},
    keyring::service,
    permission_table::{CALLS, ENDS, GRANTS, HOLDERS},
    raw_calls::{Voice, call, methods, name},
    refusals::{Outcome, reason},
    samples::{Things, encoded, sample, told},
};

tests![
    every_call_has_a_line_in_the_table,
    the_document_has_the_same_table,
    every_role_may_do_what_the_table_says_and_nothing_else,
    a_service_needs_the_scope_of_each_call_and_sees_no_team_but_its_own,
];

async fn every_call_has_a_line_in_the_table(_: &Harness) {
    let mut ours: Vec<String> = methods().iter().map(name).collect();
    let mut table: Vec<&str> = CALLS.iter().map(|(call, ..)| *call).collect();
    ours.sort();
    table.sort_unstable();
    assert_eq!(ours, table);
}

async fn the_document_has_the_same_table(_: &Harness) {
    let document = include_str!("../../docs/permissions.md");
    let has = |line: &str| {
        let found = document.lines().any(|one| one.starts_with(line));
        assert!(found, "docs/permissions.md has no line {line}");
    };
    for (call, permission, scope) in CALLS {
        let needs = match *permission {
            "" if *scope == "teams:read" => "nothing".to_owned(),
            "" if *scope == "identity:write" => "the ID token".to_owned(),
            "" => "the mailed token".to_owned(),
            permission => format!("`{permission}`"),
        };
        has(&format!("| `{call}` | {needs} | `{scope}` |"));
    }
    let lines = document.lines();
    let calls = lines.filter(|line| line.contains("Service/")).count();
    assert_eq!(calls, CALLS.len(), "calls that there are not");
    for (permission, letters) in HOLDERS {
        let line = document
            .lines()
            .find(|line| line.starts_with(&format!("| `{permission}` | to ")));
        let line = line.expect(permission);
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let said: String = "PSOV"
            .chars()
            .zip(&columns[3..7])
            .filter_map(|(letter, cell)| (*cell == "yes").then_some(letter))
            .collect();
        let letters: String = letters
            .chars()
            .filter(|one| "PSOV".contains(*one))
            .collect();
        assert_eq!(said, letters, "{permission}");
    }
}

/// Somebody who calls, and his letter in the table.
struct Caller {
    letter: char,
    voice: Voice,
}

async fn every_role_may_do_what_the_table_says_and_nothing_else(h: &Harness) {
    let team = h.team("acme").await;
    let callers = callers(h, &team).await;
    let holders: BTreeMap<&str, &str> = HOLDERS.iter().copied().collect();
    let rules: BTreeMap<&str, (&str, &str)> = CALLS
        .iter()
        .map(|(call, permission, scope)| (*call, (*permission, *scope)))
        .collect();
    let mut cells = 0;
    for method in methods() {
        let rpc = name(&method);
        let (base, _) = rules[rpc.as_str()];
        for (role, extra) in [
            (Role::Member, ["", ""]),
            (Role::Guest, ["", ""]),
            (Role::SecondaryAdmin, ["admins.grant", "admins.remove"]),
            (Role::SsoAdmin, ["sso_admins.grant", "admins.remove"]),
        ] {
            let extra = match rpc.as_str() {
                rpc if GRANTS.contains(&rpc) => extra[0],
                rpc if ENDS.contains(&rpc) => extra[1],
                _ => "",
            };
            let mut things = if rpc == "TeamService/UpdateMember" {
                // Who is to become this is a member yet.
                let member = target(h, &team, Role::Member).await;
                with(member, "role", role.as_str_name())
            } else {
                target(h, &team, role).await
            };
            if rpc.starts_with("RoleService") {
                let role = h.role(&team.id, &things["email"], &["team.read"]).await;
                things = with(things, "role_id", &role.id);
            }
            if rpc.starts_with("SsoService") {
                let name = format!("sso{cells}");
                things.extend(h.sso_things(&team.id, &name).await);
            }
            if rpc.starts_with("DirectoryService") {
                things.extend(h.directory_things(&team.id).await);
            }
            let messages = sample(&method, &things);
            let missing = |caller: &Caller| {
                [base, extra].into_iter().find(|permission| {
                    let holds = match caller.letter {
                        'A' => *permission != "team.leave",
                        letter => permission.is_empty() || holders[permission].contains(letter),
                    };
                    !holds
                })
            };
            let (able, unable): (Vec<_>, Vec<_>) =
                callers.iter().partition(|caller| missing(caller).is_none());
            let before = newest_event(h).await;
            for caller in unable {
                let answer = call(h, &method, &caller.voice, encoded(&messages)).await;
                let told = format!("{} {role:?} {}", caller.letter, told(&method, &messages));
                may_not(
                    &told,
                    (caller.letter, missing(caller).expect("one")),
                    answer,
                );
                cells += 1;
            }
            assert_eq!(newest_event(h).await, before, "{rpc} {role:?}");
            for caller in able {
                let answer = call(h, &method, &caller.voice, encoded(&messages)).await;
                let told = format!("{} {role:?} {}", caller.letter, told(&method, &messages));
                may(&told, answer);
                cells += 1;
            }
            if rpc.starts_with("SsoService") {
                h.disconnect(&team.id).await;
            }
            h.deliver().await;
        }
    }
    assert!(cells > 1_000, "{cells}");
}

fn may(told: &str, answer: Result<Vec<u8>, tonic::Status>) {
    let Err(status) = answer else { return };
    let refused = [
        Code::PermissionDenied,
        Code::Unauthenticated,
        Code::InvalidArgument,
        Code::Unimplemented,
        Code::Internal,
        Code::Unavailable,
    ];
    let reason = reason(&status);
    assert!(
        !refused.contains(&status.code()) && reason != "TEAM_NOT_FOUND",
        "{told}: {reason}"
    );
}

/// Strangers do not learn that there is such a team; who has to do with it learns what he lacks.
fn may_not(told: &str, (letter, permission): (char, &str), answer: Result<Vec<u8>, tonic::Status>) {
    let Err(status) = answer else {
        panic!("{told}: answered");
    };
    let above = [
        "teams.create",
        "teams.list",
        "users.read",
        "users.update",
        "keys.update",
        "products.manage",
    ]
    .contains(&permission);
    if letter == 'X' && !above {
        assert_eq!(
            (status.code(), reason(&status).as_str()),
            (Code::NotFound, "TEAM_NOT_FOUND"),
            "{told}"
        );
        return;
    }
    let refused = (status.code(), reason(&status));
    assert_eq!(
        refused,
        (Code::PermissionDenied, "PERMISSION_MISSING".to_owned()),
        "{told}"
    );
    let info = status.get_error_details();
    let info = info.error_info().expect("ErrorInfo");
    assert_eq!(
        info.metadata.get("permission").map(String::as_str),
        Some(permission),
        "{told}"
    );
}

/// A key of each kind: without one scope, of another team, of this one.
async fn a_service_needs_the_scope_of_each_call_and_sees_no_team_but_its_own(h: &Harness) {
    let (team, other) = (h.team("acme").await, h.team("other").await);
    let voice = async |name: &str, team: Option<&str>, without: &[Scope]| Voice {
        key: h
            .made(&service(name, team, without))
            .await
            .text()
            .to_owned(),
        actor: None,
    };
    let own = voice("own", Some(&team.id), &[]).await;
    let stranger = voice("stranger", Some(&other.id), &[]).await;
    let mut lame = BTreeMap::new();
    for scope in Scope::ALL {
        lame.insert(scope.word(), voice(scope.word(), None, &[*scope]).await);
    }
    let holders: BTreeMap<&str, &str> = HOLDERS.iter().copied().collect();
    for method in methods() {
        let rpc = name(&method);
        let line = CALLS.iter().find(|(call, ..)| *call == rpc);
        let (_, permission, scope) = line.expect("a line");
        let things = target(h, &team, Role::Member).await;
        let mut things = with(things, "role_id", &h.unknown_id());
        if rpc.starts_with("DirectoryService") {
            things.extend(h.directory_things(&team.id).await);
        }
        let things = with(things, "connection_id", &h.unknown_id());
        let messages = sample(&method, &things);
        let told = told(&method, &messages);

        let answer = call(h, &method, &lame[scope], encoded(&messages)).await;
        let status = answer.expect_err("a scope is missing");
        assert_eq!(reason(&status), "PERMISSION_MISSING", "{told}");
        let details = status.get_error_details();
        let info = details.error_info().expect("ErrorInfo");
        assert_eq!(
            info.metadata.get("scope").map(String::as_str),
            Some(*scope),
            "{told}"
        );

        if *scope == "operator" || permission.is_empty() {
            continue;
        }
        let answer = call(h, &method, &stranger, encoded(&messages)).await;
        if rpc.contains("CheckMembership") {
            // Whether somebody is a member is answered with no, as for a team that there is not.
            let nobody = call(h, &method, &stranger, encoded(&messages)).await;
            assert!(!nobody.expect("an answer").contains(&1), "{told}");
        } else if holders[permission].contains('V') {
            let status = answer.expect_err("another team");
            assert_eq!(reason(&status), "TEAM_NOT_FOUND", "{told}");
            may(&told, call(h, &method, &own, encoded(&messages)).await);
        } else {
            answer.expect_err("nothing for a service");
        }
        h.deliver().await;
    }
}

/// Everybody, the powerless first: eXternals, Removed, Invited, Guest, Member, then the admins and the operAtor.
async fn callers(h: &Harness, team: &NewTeam) -> Vec<Caller> {
    h.accept(&team.token).await.answered();
    let joined = async |role: Role, email: &str| {
        let mut request = invitation_of(&team.id, email);
        request.set_role(role);
        let invited = h.invite_from(request).await;
        h.accept(&invited.token).await.answered();
        invited.user
    };
    let stranger = h.verified("stranger@else.example").await.id;
    let gone = h.invite(&team.id, "gone@acme.example").await;
    h.decline(&gone.token).await;
    let invited = h.invite(&team.id, "invited@acme.example").await.user;
    let people = [
        ('X', stranger),
        ('X', gone.user),
        ('I', invited),
        ('G', joined(Role::Guest, "guest@acme.example").await),
        ('M', joined(Role::Member, "member@acme.example").await),
        ('O', joined(Role::SsoAdmin, "sso@acme.example").await),
        (
            'S',
            joined(Role::SecondaryAdmin, "second@acme.example").await,
        ),
        ('P', team.admin.clone()),
    ];
    let mut callers: Vec<Caller> = people
        .into_iter()
        .map(|(letter, person)| Caller {
            letter,
            voice: Voice {
                key: h.key().to_owned(),
                actor: Some(person),
            },
        })
        .collect();
    let service = h.made(&service("service", None, &[])).await;
    callers.push(Caller {
        letter: 'V',
        voice: Voice {
            key: service.text().to_owned(),
            actor: None,
        },
    });
    callers.push(Caller {
        letter: 'A',
        voice: Voice {
            key: h.key().to_owned(),
            actor: None,
        },
    });
    callers
}

fn with(mut things: Things, name: &'static str, text: &str) -> Things {
    things.insert(name, text.to_owned());
    things
}

/// Where the newest event stands.
async fn newest_event(h: &Harness) -> String {
    let request = ListEventsRequest {
        page_size: 1,
        newest_first: true,
        ..ListEventsRequest::default()
    };
    let events = h.events().list_events(request).await.answered().events;
    events[0].position.clone()
}

/// Somebody of a role whom nobody has touched yet, and all that has to do with him.
async fn target(h: &Harness, team: &NewTeam, role: Role) -> Things {
    let number = newest_event(h).await;
    let email = format!("target{number}@acme.example");
    let mut request = invitation_of(&team.id, &email);
    request.set_role(role);
    let invited = h.invite_from(request).await;
    let import = format!("import-{number}");
    h.import_held(&team.id, &import, &[&format!("row{number}@acme.example")])
        .await;
    let hub = h.hub(&team.id, "acc").await;
    let project = h.project(&hub, "One").await;
    BTreeMap::from([
        ("team_id", team.id.clone()),
        ("user_id", invited.user.clone()),
        ("actor_user_id", invited.user),
        ("invitation_id", invited.id),
        ("import_id", import),
        ("key_id", "0123456789ab".to_owned()),
        ("token", invited.token),
        ("email", format!("new{number}@acme.example")),
        ("display_name", format!("Name {number}")),
        ("role", role.as_str_name().to_owned()),
        ("hub_id", hub.id),
        ("project_id", project.id),
        ("product_id", "acc".to_owned()),
    ])
}
