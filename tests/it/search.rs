//! Search by the beginning of a name or address, whatever its case and accents.

use muster::proto::{
    CorrectEmailRequest, CreateInvitationRequest, ListMembersRequest, ListUsersRequest,
    MemberFilter, MemberState, Role, UpdateUserRequest, User, UserFilter,
};
use prost_types::FieldMask;

use crate::{
    fixtures::invitation_of,
    harness::{Harness, tests},
    invitation_life::decline,
    lists::List,
    refusals::Outcome,
    uploads::{crowd, held},
};

tests![
    people_are_found_by_the_beginning_of_either_name_or_address,
    case_accents_and_width_make_no_difference,
    who_matches_twice_is_listed_once,
    a_team_finds_its_own_people_only,
    a_search_is_narrowed_by_every_other_filter,
    a_changed_name_or_address_is_found_and_the_old_one_is_not,
    many_of_one_name_are_found_once_each_however_small_the_pages,
    a_search_that_cannot_be_is_refused,
];

const PEOPLE: [(&str, &str, &str); 8] = [
    ("Åsa", "Ångström", "asa@acme.example"),
    ("İpek", "Işık", "ipek@acme.example"),
    ("Jörg", "Groß", "jg@acme.example"),
    ("Łukasz", "Żółć", "lz@acme.example"),
    ("Йосип", "Їжак", "yosyp@acme.example"),
    ("Ｗｉｄｅ", "Ｎａｍｅ", "wide@acme.example"),
    ("Zoe\u{308}", "de  la Cruz", "ZdlC@acme.example"),
    ("Lee", "Lee", "lee.lee@acme.example"),
];

async fn invite(h: &Harness, team: &str, (given, family, email): (&str, &str, &str)) -> String {
    let request = CreateInvitationRequest {
        given_name: given.to_owned(),
        family_name: family.to_owned(),
        ..invitation_of(team, email)
    };
    h.invite_from(request).await.user
}

/// A team of these people, with their ids in the order of [`PEOPLE`]; its admin is Bea Boss.
async fn people(h: &Harness, name: &str) -> (String, Vec<String>) {
    let team = h.team(name).await.id;
    let mut ids = Vec::new();
    for person in PEOPLE {
        ids.push(invite(h, &team, person).await);
    }
    (team, ids)
}

fn in_team(team: &str, filter: MemberFilter) -> List {
    List::Members(ListMembersRequest {
        team_id: team.to_owned(),
        filter: Some(filter),
        ..ListMembersRequest::default()
    })
}

fn team_search(team: &str, query: &str) -> List {
    let filter = MemberFilter {
        query: query.to_owned(),
        ..MemberFilter::default()
    };
    in_team(team, filter)
}

fn search(query: &str, team: &str) -> List {
    List::Users(ListUsersRequest {
        filter: Some(UserFilter {
            query: query.to_owned(),
            team_id: team.to_owned(),
            ..UserFilter::default()
        }),
        ..ListUsersRequest::default()
    })
}

/// Who is found in the team, which its members, its accounts and all accounts must agree about.
async fn find(h: &Harness, team: &str, query: &str) -> Vec<String> {
    let found = team_search(team, query).all(h).await;
    assert_eq!(search(query, team).all(h).await, found, "{query}");
    assert_eq!(search(query, "").all(h).await, found, "{query}");
    found
}

async fn people_are_found_by_the_beginning_of_either_name_or_address(h: &Harness) {
    let (team, ids) = people(h, "acme").await;
    for (query, person) in [
        ("jorg", 2),
        ("jorg g", 2),
        ("jorg gross", 2),
        ("gross", 2),
        ("gross jo", 2),
        ("jg@acme", 2),
        ("zoe de la", 6),
        ("de la c", 6),
        ("zdlc@acme.example", 6),
        ("yosyp", 4),
    ] {
        assert_eq!(
            find(h, &team, query).await,
            [ids[person].as_str()],
            "{query}"
        );
    }
    for nobody in [
        "org",
        "ross",
        "acme",
        "jorgg",
        "%",
        "_",
        "j%",
        "jorg gross x",
        "\u{10FFFD}",
    ] {
        assert_eq!(
            find(h, &team, nobody).await,
            Vec::<String>::new(),
            "{nobody}"
        );
    }
}

async fn case_accents_and_width_make_no_difference(h: &Harness) {
    let (team, ids) = people(h, "acme").await;
    let spellings: [&[&str]; 8] = [
        &[
            "ÅNGSTRÖM",
            "angstrom",
            "A\u{30A}ngstro",
            " ångström  åSA ",
            "ASA",
        ],
        &["İPEK", "ipek", "IPEK", "ıpek", "ISIK", "işık"],
        &["GROSS", "groß", "GROẞ", "JÖRG GROS"],
        &["lukasz", "ŁUKASZ ZOLC", "żółć", "ZOLC L"],
        &["йосип", "ИОСИП", "їжак", "ІЖАК", "\u{418}\u{306}осип"],
        &["wide name", "ＷＩＤＥ", "Name\u{3000}wide"],
        &["zoë", "ZOE", "de la cruz", "DE\u{A0}LA  CRUZ ZOE"],
        &["lee", "LEE LEE", "LEE.lee@"],
    ];
    for (spellings, id) in spellings.into_iter().zip(&ids) {
        for query in spellings {
            assert_eq!(
                &find(h, &team, query).await,
                std::slice::from_ref(id),
                "{query}"
            );
        }
    }
}

async fn who_matches_twice_is_listed_once(h: &Harness) {
    let team = h.team("acme").await.id;
    let mut ids = Vec::new();
    // All match by all three keys, in another order by each.
    for person in [
        ("Ada", "Azur", "a3@acme.example"),
        ("Abe", "Ahab", "a1@acme.example"),
        ("Aya", "Abel", "a2@acme.example"),
        ("Ada", "Azur", "a4@acme.example"),
        ("Zed", "Zorn", "ada@acme.example"),
        ("Aa", "Aa", "aa@acme.example"),
    ] {
        ids.push(invite(h, &team, person).await);
    }
    // By the smallest key that matches: "a1@..", "a2@..", "a3@..", "a4@..", "aa aa", "ada@..".
    let expected = [1, 2, 0, 3, 5, 4].map(|person: usize| ids[person].clone());
    assert_eq!(find(h, &team, "a").await, expected);
    // "ada azur" twice, oldest account first, then "ada@..".
    assert_eq!(
        find(h, &team, "ada").await,
        [&ids[0], &ids[3], &ids[4]].map(Clone::clone)
    );
}

async fn a_team_finds_its_own_people_only(h: &Harness) {
    let (team, ids) = people(h, "acme").await;
    let other = h.team("other").await.id;
    let ann = invite(h, &other, ("Jörg", "Anders", "joerg@other.example")).await;
    assert_eq!(team_search(&team, "jorg").all(h).await, [ids[2].as_str()]);
    assert_eq!(team_search(&other, "jorg").all(h).await, [ann.as_str()]);
    assert_eq!(
        search("jorg", "").all(h).await,
        [ann.clone(), ids[2].clone()]
    );

    // Who comes into a second team is found there too.
    invite(h, &other, PEOPLE[2]).await;
    assert_eq!(
        team_search(&other, "jorg").all(h).await,
        [ann, ids[2].clone()]
    );
}

async fn a_search_is_narrowed_by_every_other_filter(h: &Harness) {
    let team = h.team("acme").await.id;
    let ann = h.join(&team, "ann1@acme.example").await;
    let gus = h.invite_guest(&team, "ann2@acme.example").await;
    let gone = h.invite(&team, "ann3@acme.example").await;
    decline(h, &gone.token).await;
    let query = "ann".to_owned();
    let by = async |filter: MemberFilter| in_team(&team, filter).all(h).await;
    let plain = MemberFilter {
        query,
        ..MemberFilter::default()
    };
    assert_eq!(
        by(plain.clone()).await,
        [ann.user.clone(), gus.user.clone()]
    );
    let verified = MemberFilter {
        verified: Some(true),
        ..plain.clone()
    };
    assert_eq!(by(verified).await, [ann.user.as_str()]);
    let guests = MemberFilter {
        roles: vec![Role::Guest.into()],
        ..plain.clone()
    };
    assert_eq!(by(guests).await, [gus.user.as_str()]);
    let removed = MemberFilter {
        states: vec![MemberState::Removed.into()],
        ..plain.clone()
    };
    assert_eq!(by(removed).await, [gone.user.as_str()]);
    h.advance(crate::fixtures::WEEK);
    let expired = MemberFilter {
        invitation_expired: true,
        ..plain
    };
    assert_eq!(by(expired).await, [gus.user.as_str()]);
}

async fn a_changed_name_or_address_is_found_and_the_old_one_is_not(h: &Harness) {
    let (team, ids) = people(h, "acme").await;
    let other = h.team("other").await.id;
    invite(h, &other, PEOPLE[2]).await;
    let request = UpdateUserRequest {
        user: Some(User {
            id: ids[2].clone(),
            family_name: "Müller".to_owned(),
            ..User::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["family_name".to_owned()],
        }),
        ..UpdateUserRequest::default()
    };
    h.users().update_user(request).await.answered();
    for place in [&team, &other] {
        assert_eq!(
            team_search(place, "jorg mull").all(h).await,
            [ids[2].as_str()]
        );
        assert_eq!(
            team_search(place, "gross").all(h).await,
            Vec::<String>::new()
        );
    }

    let request = CorrectEmailRequest {
        team_id: team.clone(),
        user_id: ids[3].clone(),
        email: "right@acme.example".to_owned(),
        ..CorrectEmailRequest::default()
    };
    h.users().correct_email(request).await.answered();
    h.only_letter().await;
    assert_eq!(find(h, &team, "right@").await, [ids[3].as_str()]);
    assert_eq!(find(h, &team, "lz@").await, Vec::<String>::new());
}

async fn many_of_one_name_are_found_once_each_however_small_the_pages(h: &Harness) {
    let team = h.team("acme").await.id;
    // "ann lee" is smaller than "ann17@..": a long run of places at which nobody is listed follows the names.
    let results = h
        .import_rows(held(&team, "march"), &crowd("ann", 250))
        .await;
    let ids: Vec<String> = results.into_iter().map(|one| one.user_id).collect();
    for query in ["ann", "ann lee", "a"] {
        for size in [7, 100, 1_000] {
            let found = team_search(&team, query).by_pages_of(h, size).await;
            assert_eq!(found, ids, "{query} by {size}");
            assert_eq!(search(query, "").by_pages_of(h, size).await, ids);
        }
    }
}

async fn a_search_that_cannot_be_is_refused(h: &Harness) {
    let team = h.team("acme").await.id;
    for (query, rule) in [
        (" ".to_owned(), "REQUIRED"),
        ("a".repeat(101), "TOO_LONG"),
        ("a".repeat(100_000), "TOO_LONG"),
        ("\0".to_owned(), "CONTROL_CHARACTER"),
        ("ann\0".to_owned(), "CONTROL_CHARACTER"),
        ("ann\u{202e}".to_owned(), "CONTROL_CHARACTER"),
        ("\u{301}\u{308}".to_owned(), "MALFORMED"),
        ("\u{10FFFF}".to_owned(), "MALFORMED"),
    ] {
        let filter = MemberFilter {
            query: query.clone(),
            ..MemberFilter::default()
        };
        let request = ListMembersRequest {
            team_id: team.clone(),
            filter: Some(filter),
            ..ListMembersRequest::default()
        };
        let answer = h.teams().list_members(request).await;
        answer.invalid(&[("filter.query", rule)]);
        let filter = UserFilter {
            query,
            ..UserFilter::default()
        };
        let request = ListUsersRequest {
            filter: Some(filter),
            ..ListUsersRequest::default()
        };
        let answer = h.users().list_users(request).await;
        answer.invalid(&[("filter.query", rule)]);
    }
    for longest in ["\u{FDFA}", "ß", "\u{1D160}"] {
        let found = team_search(&team, &longest.repeat(100)).all(h).await;
        assert_eq!(found, Vec::<String>::new());
    }
    // A name that folds to much more than itself is stored, and found.
    let long = "\u{FDFA}".repeat(100);
    let id = invite(h, &team, (&long, &long, "long@acme.example")).await;
    assert_eq!(find(h, &team, &long).await, [id]);
}
