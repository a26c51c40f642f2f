//! Writing letters into the outbox, with a fresh link where one belongs in.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Context,
    authority::{self, Place},
    calls::once,
};
use crate::{
    clock::Time,
    domain::{events::EventType, letters::LetterKind, tokens::LinkToken, users::User},
    error::Result,
    ids, secrets,
    store::{self, Tx, outbox::NewLetter, tokens::NewToken},
};

/// The language of a letter to somebody who has none, where no team has one for him.
const ENGLISH: &str = "en";

/// The link of an invitation.
#[derive(Debug, Clone, Copy)]
pub struct Link {
    /// The invitation.
    pub invitation_id: Uuid,
    /// Which of its links it is, from 1.
    pub number: i32,
}

/// A letter to write.
pub struct Posting {
    /// What it says.
    pub kind: LetterKind,
    /// The team.
    pub team_id: Uuid,
    /// Who gets it.
    pub user_id: Uuid,
    /// The person whom it names as the one who invites.
    pub inviter_user_id: Option<Uuid>,
    /// The link that it brings; its token is made here.
    pub link: Option<Link>,
    /// The import that caused it.
    pub import_id: Option<String>,
    /// The language of its words.
    pub language: String,
    /// Whether it waits for its release.
    pub held: bool,
}

/// Posts letters. A token leaves here only as a keyed hash and sealed for its letter.
///
/// # Errors
/// Only the database's.
pub async fn post(ctx: &Context, tx: &Tx, postings: Vec<Posting>, now: Time) -> Result<()> {
    let mut tokens = Vec::with_capacity(postings.len());
    let mut letters = Vec::with_capacity(postings.len());
    for posting in postings {
        let id = ids::new(now);
        let sealed_token = match posting.link {
            None => None,
            Some(link) => {
                let token = LinkToken::new(secrets::random()?);
                tokens.push(NewToken {
                    hash: ctx.secrets.token_hash(token.bytes()),
                    invitation_id: link.invitation_id,
                    number: link.number,
                });
                Some(ctx.secrets.seal(token.bytes(), id.as_bytes())?)
            }
        };
        letters.push(NewLetter {
            id,
            kind: posting.kind,
            team_id: Some(posting.team_id),
            user_id: posting.user_id,
            inviter_user_id: posting.inviter_user_id,
            invitation_id: posting.link.map(|link| link.invitation_id),
            email_change_id: None,
            import_id: posting.import_id,
            language: posting.language,
            sealed_token,
            held: posting.held,
            due_time: None,
            hub: None,
        });
    }
    store::tokens::insert(tx, tokens, now).await?;
    store::outbox::post(tx, letters, now).await
}

/// Posts the letters of a change of an address: the link to the new one, and a note to the old one, in the person's language.
///
/// # Errors
/// Only the database's.
pub(super) async fn post_change(
    ctx: &Context,
    tx: &Tx,
    (user, change, token): (&User, Uuid, &LinkToken),
    now: Time,
) -> Result<()> {
    let letter = |kind: LetterKind| NewLetter {
        id: ids::new(now),
        kind,
        team_id: None,
        user_id: user.id,
        inviter_user_id: None,
        invitation_id: None,
        email_change_id: Some(change),
        import_id: None,
        language: user.language.clone().unwrap_or_else(|| ENGLISH.to_owned()),
        sealed_token: None,
        held: false,
        due_time: None,
        hub: None,
    };
    let mut link = letter(LetterKind::EmailChange);
    link.sealed_token = Some(ctx.secrets.seal(token.bytes(), link.id.as_bytes())?);
    let note = letter(LetterKind::EmailChangeNote);
    store::outbox::post(tx, vec![link, note], now).await
}

/// Releases the held letters of an import, and starts the time of its open invitations anew, but for those that offer what
/// the caller could not give.
///
/// # Errors
/// `TEAM_NOT_FOUND`, `PERMISSION_MISSING`, `IMPORT_NOT_FOUND`.
pub async fn release<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    (team_id, import_id): (Uuid, &str),
    show: impl Fn(Released, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    once(
        ctx,
        (call, Place::Team(team_id), now),
        show,
        |tx| async move {
            let tx = &tx;
            let (team, power) = authority::enter(tx, call.caller(), team_id).await?;
            if store::imports::find(tx, team.id, import_id)
                .await?
                .is_none()
            {
                return Err(super::no_import(import_id));
            }
            let held = store::outbox::held(tx, team.id, import_id).await?;
            let waiting: Vec<Uuid> = held
                .iter()
                .filter_map(|letter| letter.invitation_id)
                .collect();
            let invitations = store::invitations::by_ids(tx, team.id, &waiting).await?;
            let people: Vec<Uuid> = invitations.values().map(|one| one.user_id).collect();
            let roles = store::members::roles(tx, &team, &people).await?;
            let custom = store::member_roles::permissions_of(tx, team.id, &people).await?;
            let gives = |user: Uuid| {
                let role = roles
                    .get(&user)
                    .map_or(Ok(()), |role| power.grant(*role, team.id));
                let held = custom.get(&user).map_or(&[][..], Vec::as_slice);
                role.is_ok() && power.require_all(held, team.id).is_ok()
            };
            let mut seats = super::admission::seats(tx, &team, now).await?;

            let mut denied = Vec::new();
            let mut no_seat = Vec::new();
            let mut letters = Vec::new();
            let mut renewed = Vec::new();
            for letter in held {
                if let Some(invitation) = letter.invitation_id.and_then(|id| invitations.get(&id)) {
                    if !gives(invitation.user_id) {
                        denied.push(invitation.id);
                        continue;
                    }
                    let is_primary = invitation.user_id == team.primary_admin_user_id;
                    if now >= invitation.expire_time && !is_primary && !seats.take() {
                        no_seat.push(invitation.id);
                        continue;
                    }
                    renewed.push(invitation.id);
                }
                letters.push(letter.id);
            }

            store::outbox::release(tx, &letters, now).await?;
            let expire_time = now + team.settings.invitation_ttl.delta();
            store::invitations::release(tx, &renewed, expire_time).await?;
            let released = (&team, &renewed[..]);
            store::events::append_of_invitations(
                tx,
                EventType::InvitationReleased,
                released,
                call.made(now),
            )
            .await?;
            Ok(Released {
                letters: letters.len(),
                no_seat,
                denied,
            })
        },
    )
    .await
}

/// What a release did.
#[derive(Debug)]
pub struct Released {
    /// How many letters were queued.
    pub letters: usize,
    /// Expired invitations for which there was no seat.
    pub no_seat: Vec<Uuid>,
    /// Invitations that offer what the caller could not give.
    pub denied: Vec<Uuid>,
}
