//! One team's people try every call with another team's ids, in every mixture: nothing is told, nothing is changed.

use std::collections::{BTreeMap, BTreeSet};

use muster::{
    domain::{
        keys::Scope,
        new_keys::{NewKey, Scopes},
    },
    proto::{
        ListDomainsRequest, ListHubsRequest, ListImportResultsRequest, ListImportsRequest,
        ListInvitationsRequest, ListMembersRequest, ListProductAccessResponse, ListProjectsRequest,
        ListRolesRequest, ListSsoConnectionsRequest, MemberFilter, MemberState,
        ProductAccessFilter, Role,
    },
};
use prost::Message;
use tonic::{Code, Status};

use crate::{
    fixtures::{invitation_of, team_of},
    harness::{Harness, tests},
    keyring::{self, service},
    raw_calls::{Voice, call, methods},
    refusals::{Outcome, reason},
    residual::{of, report},
    samples::{Things, encoded, named, sample, told},
};

tests![nobody_gets_at_another_team_by_its_ids];

/// What a request can be mixed of. A link's token is no id: whoever holds it is whom it was mailed to.
const IDS: [&str; 13] = [
    "group_id",
    "mapping_id",
    "connection_id",
    "directory_id",
    "id_token",
    "role_id",
    "hub_id",
    "project_id",
    "team_id",
    "user_id",
    "actor_user_id",
    "invitation_id",
    "import_id",
];

async fn nobody_gets_at_another_team_by_its_ids(h: &Harness) {
    let (mine, my_admin) = furnish(h, "mine").await;
    let (theirs, their_admin) = furnish(h, "theirs").await;
    let before = everything(h, &theirs).await;
    // What only their answers hold. The names are theirs alone.
    let mut secrets: BTreeSet<String> = theirs
        .iter()
        .filter(|(name, _)| IDS.contains(name) || **name == "email")
        .map(|(_, text)| text.clone())
        .collect();
    secrets.extend(["theirs", "Theirson"].map(str::to_owned));
    secrets.insert(their_admin.clone());
    let service = h.made(&service("mine", Some(&mine["team_id"]), &[])).await;
    // Every scope but the operator's: it may act for people too.
    let acting = NewKey {
        scopes: Scopes::parse("scopes", Scope::ALL[1..].to_vec()).expect("scopes"),
        ..keyring::service("acting", Some(&mine["team_id"]), &[])
    };
    let acting = h.made(&acting).await.text().to_owned();
    let stranger = Some(their_admin);
    let voices = [
        ("the admin", Some(my_admin.clone()), h.key().to_owned()),
        ("a service of the team", None, service.text().to_owned()),
        ("a service for the admin", Some(my_admin), acting.clone()),
        ("a service for another team's", stranger, acting),
    ];
    let mut crawled = 0;
    for method in methods() {
        let own = sample(&method, &mine);
        let used: BTreeSet<String> = own.iter().flat_map(named).map(|(_, text)| text).collect();
        let ids: Vec<&str> = IDS
            .into_iter()
            .filter(|name| used.contains(&mine[name]))
            .collect();
        for mixture in 1..1_usize << ids.len() {
            let swapped = |name: &&str| {
                let place = ids.iter().position(|id| id == name);
                place.is_some_and(|place| mixture & (1 << place) != 0)
            };
            let things: Things = mine
                .iter()
                .map(|(name, text)| {
                    (
                        *name,
                        if swapped(name) { &theirs[name] } else { text }.clone(),
                    )
                })
                .collect();
            let messages = sample(&method, &things);
            if messages == own {
                continue;
            }
            let sent: BTreeSet<String> =
                messages.iter().flat_map(named).map(|(_, id)| id).collect();
            for (who, actor, key) in &voices {
                let voice = Voice {
                    key: key.clone(),
                    actor: actor.clone(),
                };
                let answer = call(h, &method, &voice, encoded(&messages)).await;
                let told = format!("{who}: {}", told(&method, &messages));
                known(&told, &answer);
                let answer = bytes(answer);
                for secret in secrets.difference(&sent) {
                    let found = answer
                        .windows(secret.len())
                        .any(|part| part == secret.as_bytes());
                    assert!(!found, "{told} tells {secret}");
                }
                crawled += 1;
            }
        }
        h.deliver().await;
        assert!(
            before == everything(h, &theirs).await,
            "{} changed it",
            method.full_name()
        );
    }
    assert!(crawled > 50, "{crawled}");
}

/// Refusals of a kind that says nothing of what the ids stand for.
fn known(told: &str, answer: &Result<Vec<u8>, Status>) {
    if let Err(status) = answer {
        let code = status.code();
        // Their token, brought with a key of mine; a second directory of mine, whatever id it is to have.
        if ["ID_TOKEN_INVALID", "DIRECTORY_EXISTS"].contains(&&*reason(status)) {
            return;
        }
        let may = [
            Code::NotFound,
            Code::PermissionDenied,
            Code::FailedPrecondition,
            Code::ResourceExhausted,
        ];
        assert!(may.contains(&code), "{told}: {code:?} {}", reason(status));
    }
}

/// All that a caller is sent: the message, or the status with its details.
fn bytes(answer: Result<Vec<u8>, Status>) -> Vec<u8> {
    match answer {
        Ok(bytes) => bytes,
        Err(status) => [status.message().as_bytes(), status.details()].concat(),
    }
}

/// A team of this name with one of everything; and its admin.
async fn furnish(h: &Harness, name: &str) -> (Things, String) {
    let team = h
        .team_from(team_of(name, &format!("boss@{name}.example")))
        .await;
    h.accept(&team.token).await.answered();
    let email = format!("somebody@{name}.example");
    let mut request = invitation_of(&team.id, &email);
    let family = if name == "theirs" {
        "Theirson"
    } else {
        "Myson"
    };
    family.clone_into(&mut request.family_name);
    let invited = h.invite_from(request).await;
    let import = format!("import-{}", team.invitation);
    h.import_held(&team.id, &import, &[&format!("row@{name}.example")])
        .await;
    let role = h
        .role(&team.id, &format!("of {name}"), &["team.read"])
        .await;
    let hub = h.hub(&team.id, "acc").await;
    let project = h.project(&hub, &format!("of {name}")).await;
    h.put_into(&project, &invited.user).await;
    h.grant(&hub, &invited.user).await;
    // Somebody who still gets in, though he has left.
    let mut request = invitation_of(&team.id, &format!("gone@{name}.example"));
    family.clone_into(&mut request.family_name);
    let gone = h.invite_from(request).await;
    h.accept(&gone.token).await.answered();
    h.grant(&hub, &gone.user).await;
    h.remove(&team.id, &gone.user).await;
    let reported = report(&hub, &gone.user);
    let mut products = h.products();
    products.report_residual_access(reported).await.answered();
    h.only_letter().await;
    let sso = h.sso_things(&team.id, name).await;
    let (directory, _) = h.directory(&team.id).await;
    let group = h.group_things(&directory).await;
    let mut things = BTreeMap::from([
        ("role_id", role.id),
        ("directory_id", directory.id),
        ("hub_id", hub.id),
        ("project_id", project.id),
        ("product_id", "acc".to_owned()),
        ("team_id", team.id),
        ("user_id", invited.user.clone()),
        ("actor_user_id", invited.user),
        ("invitation_id", invited.id),
        ("import_id", import),
        ("key_id", "0123456789ab".to_owned()),
        ("token", invited.token),
        ("email", email),
        ("display_name", format!("of {name}")),
        ("role", Role::Member.as_str_name().to_owned()),
    ]);
    things.extend(sso);
    things.extend(group);
    (things, team.admin)
}

/// A team as its admins see it, in bytes.
async fn everything(h: &Harness, things: &Things) -> Vec<u8> {
    let team_id = &things["team_id"];
    let members = ListMembersRequest {
        team_id: team_id.clone(),
        filter: Some(MemberFilter {
            states: vec![
                MemberState::Invited.into(),
                MemberState::Active.into(),
                MemberState::Disabled.into(),
                MemberState::Removed.into(),
            ],
            ..MemberFilter::default()
        }),
        ..ListMembersRequest::default()
    };
    let invitations = ListInvitationsRequest {
        team_id: team_id.clone(),
        ..ListInvitationsRequest::default()
    };
    let imports = ListImportsRequest {
        team_id: team_id.clone(),
        ..ListImportsRequest::default()
    };
    let roles = ListRolesRequest {
        team_id: team_id.clone(),
        ..ListRolesRequest::default()
    };
    let hubs = ListHubsRequest {
        team_id: team_id.clone(),
        ..ListHubsRequest::default()
    };
    let projects = ListProjectsRequest {
        team_id: team_id.clone(),
        hub_id: things["hub_id"].clone(),
        ..ListProjectsRequest::default()
    };
    let connections = ListSsoConnectionsRequest {
        team_id: team_id.clone(),
        ..ListSsoConnectionsRequest::default()
    };
    let domains = ListDomainsRequest {
        team_id: team_id.clone(),
        ..ListDomainsRequest::default()
    };
    let mut sso = h.sso();
    let accesses = h.accesses(team_id, ProductAccessFilter::default()).await;
    let accesses = ListProductAccessResponse {
        accesses,
        ..ListProductAccessResponse::default()
    };
    let mut products = h.products();
    let residual = products
        .list_residual_access(of(team_id, "", ""))
        .await
        .answered();
    assert_eq!(residual.people.len(), 1);
    let results = ListImportResultsRequest {
        team_id: team_id.clone(),
        import_id: things["import_id"].clone(),
        ..ListImportResultsRequest::default()
    };
    let (mut teams, mut users) = (h.teams(), h.users());
    let directory = h.directory_now(team_id).await;
    let parts = [
        directory.encode_to_vec(),
        h.counts(team_id).await.encode_to_vec(),
        teams.list_members(members).await.answered().encode_to_vec(),
        h.invitations()
            .list_invitations(invitations)
            .await
            .answered()
            .encode_to_vec(),
        h.roles().list_roles(roles).await.answered().encode_to_vec(),
        users.list_imports(imports).await.answered().encode_to_vec(),
        products.list_hubs(hubs).await.answered().encode_to_vec(),
        products
            .list_projects(projects)
            .await
            .answered()
            .encode_to_vec(),
        accesses.encode_to_vec(),
        sso.list_sso_connections(connections)
            .await
            .answered()
            .encode_to_vec(),
        sso.list_domains(domains).await.answered().encode_to_vec(),
        residual.encode_to_vec(),
        users
            .list_import_results(results)
            .await
            .answered()
            .encode_to_vec(),
    ];
    parts.concat()
}
