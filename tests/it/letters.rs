//! What the letters are: their headers, both languages, links that work, names that do no harm, files.

use std::{env, fs, os::unix::fs::PermissionsExt};

use muster::{
    mail::{
        eml,
        letter::Sender,
        transport::{SentMail, Transport},
    },
    proto::{CreateTeamRequest, PeekInvitationRequest, PrimaryAdmin, ResendInvitationRequest},
};

use crate::{
    fixtures::{invitation_of, team_called, token},
    harness::{Harness, PUBLIC_URL, tests},
    refusals::Outcome,
    relays::run_dry,
};

tests![
    every_letter_has_its_headers_in_both_languages,
    a_person_is_written_to_in_his_own_language,
    answers_go_where_reply_to_says,
    the_links_of_a_letter_open_its_invitation,
    markup_and_line_breaks_in_names_are_refused_at_the_door,
    names_that_look_like_code_stay_text,
    a_letter_in_a_folder_is_its_owners_alone_and_its_link_works,
];

/// A header, unfolded; panics unless the letter has exactly one.
fn header(letter: &SentMail, name: &str) -> String {
    let raw = String::from_utf8(letter.raw.clone()).expect("a letter is ASCII");
    let (headers, _) = raw.split_once("\r\n\r\n").expect("a body");
    let headers = headers.replace("\r\n ", " ").replace("\r\n\t", " ");
    let start = format!("{name}: ");
    let mut values = headers.lines().filter_map(|line| line.strip_prefix(&start));
    let value = values.next().unwrap_or_else(|| panic!("no {name}"));
    assert_eq!(values.next(), None, "{name} twice");
    value.to_owned()
}

async fn peek(h: &Harness, token: String) -> String {
    h.invitations()
        .peek_invitation(PeekInvitationRequest { token })
        .await
        .answered()
        .team_display_name
}

async fn every_letter_has_its_headers_in_both_languages(h: &Harness) {
    h.verified("vera@a.example").await;
    let mut subjects = Vec::new();
    for language in ["en", "uk"] {
        let team = h
            .team_from(CreateTeamRequest {
                default_language: language.to_owned(),
                ..team_called(&format!("acme-{language}"))
            })
            .await;
        let invite = invitation_of(&team.id, &format!("ann-{language}@a.example"));
        let answer = h.invitations().create_invitation(invite).await.answered();
        let invitation = h.only_letter().await;
        let resent = answer.invitation.expect("an invitation").id;
        let request = ResendInvitationRequest {
            team_id: team.id.clone(),
            invitation_id: resent,
            ..ResendInvitationRequest::default()
        };
        h.invitations().resend_invitation(request).await.answered();
        let new_link = h.only_letter().await;
        let add = invitation_of(&team.id, "vera@a.example");
        h.invitations().create_invitation(add).await.answered();
        let added = h.only_letter().await;

        let rows = h.outbox().await;
        let newest = rows.iter().rev().take(3).rev();
        let letters = [(invitation, true), (new_link, true), (added, false)];
        for ((letter, has_link), row) in letters.iter().zip(newest) {
            assert_eq!(header(letter, "From"), "Muster <muster@muster.example>");
            assert!(header(letter, "To").contains(&format!("<{}>", letter.to)));
            assert_eq!(header(letter, "Auto-Submitted"), "auto-generated");
            assert_eq!(header(letter, "Content-Language"), language);
            assert_eq!(
                header(letter, "Message-ID"),
                format!("<{}@muster.example>", row.id)
            );
            assert!(header(letter, "Content-Type").starts_with("multipart/alternative;"));
            assert!(!header(letter, "Date").is_empty());
            assert!(!letter.subject.contains(['\r', '\n']));
            assert!(letter.subject.contains(&format!("acme-{language}")));
            assert!(!letter.text.is_empty() && !letter.html.is_empty());
            assert!(!letter.text.contains("{{") && !letter.html.contains("{{"));
            assert_eq!(letter.link().is_some(), *has_link);
            let raw = String::from_utf8_lossy(&letter.raw);
            assert!(!raw.contains("Reply-To:"));
            subjects.push(letter.subject.replace(&format!("acme-{language}"), ""));
        }
    }
    subjects.sort();
    subjects.dedup();
    assert_eq!(
        subjects.len(),
        6,
        "each kind and language has its own words"
    );
}

async fn a_person_is_written_to_in_his_own_language(h: &Harness) {
    let team = h
        .team_from(CreateTeamRequest {
            primary_admin: Some(PrimaryAdmin {
                email: "boss@acme.example".to_owned(),
                given_name: "Bea".to_owned(),
                family_name: "Boss".to_owned(),
                language: "en".to_owned(),
            }),
            default_language: "uk".to_owned(),
            ..team_called("acme")
        })
        .await;
    for (language, expected) in [("", "uk"), ("en", "en"), ("uk-UA", "uk"), ("de", "en")] {
        let mut request = invitation_of(&team.id, &format!("ann{language}@a.example"));
        language.clone_into(&mut request.language);
        h.invitations().create_invitation(request).await.answered();
        let letter = h.only_letter().await;
        assert_eq!(header(&letter, "Content-Language"), expected, "{language}");
    }
}

async fn answers_go_where_reply_to_says(h: &Harness) {
    let team = h.team("acme").await;
    let request = invitation_of(&team.id, "ann@a.example");
    h.invitations().create_invitation(request).await.answered();
    let mut relay = h.relay(h.mailbox.clone().into());
    let sender = Sender::parse("Muster <muster@muster.example>", Some("help@a.example"));
    relay.sender = sender.expect("a sender");
    run_dry(&relay).await;
    let letter = h.only_letter().await;
    assert_eq!(header(&letter, "Reply-To"), "help@a.example");
}

async fn the_links_of_a_letter_open_its_invitation(h: &Harness) {
    let team = h.team("acme").await;
    let request = invitation_of(&team.id, "ann@a.example");
    h.invitations().create_invitation(request).await.answered();
    let letter = h.only_letter().await;
    let link = letter.link().expect("a link");
    assert_eq!(link, format!("{PUBLIC_URL}/invitations/{}", token(&letter)));

    let targets: Vec<_> = letter.html.split("href=\"").skip(1).collect();
    assert!(!targets.is_empty());
    for target in targets {
        assert_eq!(target.split('"').next(), Some(link.as_str()));
    }
    // Scanners open links: it is as good afterwards.
    for _ in 0..2 {
        assert_eq!(peek(h, token(&letter)).await, "acme");
    }
    h.accept(&token(&letter)).await.answered();
}

async fn markup_and_line_breaks_in_names_are_refused_at_the_door(h: &Harness) {
    let team = h.team("acme").await;
    for (name, rule) in [
        ("\"><b>", "LOOKS_LIKE_LINK"),
        ("https://evil.example", "LOOKS_LIKE_LINK"),
        ("Eve\r\nBcc: all@a.example", "CONTROL_CHARACTER"),
        ("Eve\u{202e}", "CONTROL_CHARACTER"),
    ] {
        let mut request = invitation_of(&team.id, "ann@a.example");
        name.clone_into(&mut request.given_name);
        let answer = h.invitations().create_invitation(request).await;
        answer.invalid(&[("given_name", rule)]);
        let mut request = team_called("evil");
        name.clone_into(&mut request.display_name);
        let answer = h.teams().create_team(request).await;
        answer.invalid(&[("display_name", rule)]);
    }
    assert!(h.deliver().await.is_empty());
}

async fn names_that_look_like_code_stay_text(h: &Harness) {
    for (n, name) in [
        "{{7*7}}",
        "{% raw %}",
        "\"O'Brien\" & Söhne",
        "=?utf-8?q?Eve?=",
        "a@b.example, c",
        "\\\";--",
    ]
    .into_iter()
    .enumerate()
    {
        let mut request = team_called("acme");
        name.clone_into(&mut request.display_name);
        let admin = request.primary_admin.as_mut().expect("an admin");
        admin.email = format!("boss{n}@a.example");
        name.clone_into(&mut admin.given_name);
        let made = h.teams().create_team(request).await.answered();
        let letter = h.only_letter().await;

        assert_eq!(letter.to, format!("boss{n}@a.example"));
        assert!(header(&letter, "To").ends_with(&format!("<boss{n}@a.example>")));
        assert!(letter.text.contains(name), "{name}");
        // The link's own letters and digits are random.
        let html = letter.html.replace(&token(&letter), "");
        for raw in ["<b>", "49", "\"O'Brien\""] {
            assert!(!html.contains(raw), "{name}: {raw} in the HTML");
        }
        assert!(!letter.subject.contains("=?"));
        assert_eq!(peek(h, token(&letter)).await, name);
        let invitation = made.invitation.expect("an invitation");
        h.accept(&token(&letter)).await.answered();
        assert_eq!(h.user(&invitation.user_id).await.given_name, name);
    }
}

async fn a_letter_in_a_folder_is_its_owners_alone_and_its_link_works(h: &Harness) {
    let team = h.team("acme").await;
    let request = invitation_of(&team.id, "ann@a.example");
    let answer = h.invitations().create_invitation(request).await.answered();
    let row = h.letter_of(&answer.invitation.expect("one").id).await;
    let folder = env::temp_dir().join(format!("muster-it-letters-{}", row.id));
    let url = format!("file:{}", folder.display());
    run_dry(&h.relay(Transport::parse(&url).expect("a mail URL"))).await;

    let names: Vec<_> = fs::read_dir(&folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert_eq!(names, [format!("{}.eml", row.id).as_str()]);
    let file = folder.join(&names[0]);
    let mode = fs::metadata(&file)
        .expect("the letter")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let link = eml::link(&fs::read(&file).expect("the letter")).expect("a link");
    let (_, token) = link.rsplit_once('/').expect("a path");
    assert_eq!(peek(h, token.to_owned()).await, "acme");
    fs::remove_dir_all(folder).expect("removed");
}
