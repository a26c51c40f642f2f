//! Changing one's own address: a link to the new one, a note to the old one, and the switch.

use prost::Message;
use uuid::Uuid;

use super::{
    Call, Caller, Context, accounts,
    authority::{self, Place},
    calls::once,
    directories::keeping,
    letters, limits, resends, users,
};
use crate::{
    clock::Time,
    domain::{
        email::Email,
        email_changes::{EmailChange, VALID},
        events::EventType,
        invitations::Step,
        letters::LetterKind,
        permissions::Permission,
        teams::Team,
        tokens::LinkToken,
        users::User,
    },
    error::{Error, Reason, Result},
    ids, secrets,
    store::{self, Reads, Tx, email_changes::NewEmailChange, users::Hold},
};

/// Ask for another address.
pub struct Request {
    /// The account.
    pub user_id: Uuid,
    /// The new address.
    pub email: Email,
}

/// Asks for another address; until when its link is good. The one that the account has takes back what was asked for before.
/// Whether it is somebody else's is not asked: only who gets its mail may learn that.
///
/// # Errors
/// `PERMISSION_MISSING`, `USER_NOT_FOUND`, `USER_DISABLED`, `USER_NOT_VERIFIED`, `DIRECTORY_MANAGED`, `RESEND_TOO_SOON`, `RESENDS_USED_UP`, `ETAG_MISMATCH`.
pub async fn request<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    command: &Request,
    show: impl Fn(Option<Time>, Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    let id = command.user_id;
    once(
        ctx,
        (call, Place::Account(id), now),
        show,
        |tx| async move {
            let tx = &tx;
            authority::account(tx, call.caller(), (id, Permission::UsersUpdate)).await?;
            let user = accounts::lock(tx, id).await?;
            let open = store::email_changes::open_of(tx, id).await?;

            call.expect(&user.etag())?;
            user.undisabled()?;
            if user.verify_time.is_none() {
                return Err(Error::Refused(Reason::UserNotVerified));
            }
            let takes_back = command.email.typed() == user.email;
            if takes_back && open.is_none() {
                return Ok(None);
            }
            if !takes_back {
                keeping::is_nobodys(tx, &user).await?;
                limits::email_change(ctx, tx, id, now).await?;
            }

            if let Some(open) = open {
                store::outbox::cancel_change(tx, open.id, None, now).await?;
                store::email_changes::supersede(tx, open.id, now).await?;
            }
            let expire_time = if takes_back {
                None
            } else {
                Some(mail(ctx, tx, (&user, &command.email), now).await?)
            };
            let event = accounts::happened(id, EventType::EmailChangeRequested);
            store::events::append(tx, &[event], call.made(now)).await?;
            Ok(expire_time)
        },
    )
    .await
}

/// Notes the new address, and mails both.
async fn mail(ctx: &Context, tx: &Tx, (user, email): (&User, &Email), now: Time) -> Result<Time> {
    let token = LinkToken::new(secrets::random()?);
    let expire_time = now + VALID;
    let change = NewEmailChange {
        id: ids::new(now),
        user_id: user.id,
        hash: ctx.secrets.token_hash(token.bytes()),
        email: email.typed(),
        old_email: &user.email,
        expire_time,
    };
    let id = change.id;
    store::email_changes::insert(tx, change, now).await?;
    letters::post_change(ctx, tx, (user, id, &token), now).await?;
    Ok(expire_time)
}

/// Gives the account the address that was asked for; whether that was done before.
///
/// # Errors
/// `EMAIL_CHANGE_NOT_FOUND`, `EMAIL_CHANGE_EXPIRED`, `USER_DISABLED`, `DIRECTORY_MANAGED`, `EMAIL_TAKEN`.
pub async fn confirm<A: Message + Default>(
    ctx: &Context,
    call: &Call,
    token: &LinkToken,
    show: impl Fn((User, Step), Time) -> A,
) -> Result<A> {
    let now = ctx.clock.now();
    // A dead link is refused before anything is locked; an answer that was given is given again, whatever came since.
    if !call.is_repeatable() {
        present((ctx, call.caller()), &ctx.store, token)
            .await?
            .confirm(now)?;
    }
    once(ctx, (call, Place::Link, now), show, |tx| async move {
        let tx = &tx;
        let read = present((ctx, call.caller()), tx, token).await?;
        let user = owner(tx, &read).await?;
        let Some(wanted) = &read.email else {
            // Settled already: this only tells how.
            user.undisabled()?;
            return Ok((user, read.confirm(now)?));
        };
        let wanted = stored(wanted)?;
        let (teams, holders) = lock(tx, (&user, &wanted)).await?;
        // What became of it while others had the account.
        let change = present((ctx, call.caller()), tx, token).await?;
        let user = owner(tx, &change).await?;

        user.undisabled()?;
        let step = change.confirm(now)?;
        if step == Step::Taken {
            return Ok((user, step));
        }
        keeping::is_nobodys(tx, &user).await?;
        if holders.iter().any(|holder| *holder != user.id) {
            return Err(Error::Refused(Reason::EmailTaken));
        }

        let made = call.made(now);
        let event = users::updated(user.id, None, &["email"]);
        store::events::append(tx, &[event], made).await?;
        // First the letters, then the invitations, then the change: the order in which the relay locks them.
        let link = Some(LetterKind::EmailChange);
        store::outbox::cancel_change(tx, change.id, link, now).await?;
        resends::follow(ctx, tx, (&user, &teams), made).await?;
        store::email_changes::confirm(tx, &change, now).await?;
        store::users::switch_email(tx, user.id, &wanted, now).await?;
        Ok((owner(tx, &change).await?, step))
    })
    .await
}

/// Locks the teams that wait for the person's answer, and then the account and whoever has the wanted address, by normal form as
/// everybody does; those teams, and who has it. Whoever changed the account's address, or invited the person, before the
/// account was locked makes this one start again.
async fn lock(tx: &Tx, (user, wanted): (&User, &Email)) -> Result<(Vec<Team>, Vec<Uuid>)> {
    let waiting = store::invitations::waiting_in(tx, user.id).await?;
    let teams = store::teams::lock_all(tx, &waiting).await?;
    let current = stored(&user.email)?;
    let mut normals = [current.normal(), wanted.normal()];
    normals.sort_unstable();
    let locked = store::users::lock_by_emails(tx, &normals, Hold::Change).await?;
    let still = |(normal, one): &(String, User)| normal == current.normal() && one.id == user.id;
    let same_teams = store::invitations::waiting_in(tx, user.id).await? == waiting;
    let is_last = store::events::is_last_of(tx, user.id).await?;
    if !locked.iter().any(still) || !same_teams || !is_last {
        return Err(Error::Conflict);
    }
    let holders = locked
        .into_iter()
        .filter(|(normal, _)| normal == wanted.normal())
        .map(|(_, holder)| holder.id);
    Ok((teams, holders.collect()))
}

async fn owner(db: &impl Reads, change: &EmailChange) -> Result<User> {
    store::users::by_id(db, change.user_id)
        .await?
        .ok_or_else(|| Error::internal("a change of an address without an account"))
}

/// An address that was valid when it was stored.
fn stored(text: &str) -> Result<Email> {
    Email::parse("email", text).map_err(|broken| Error::kept(&broken))
}

async fn present(
    (ctx, caller): (&Context, &Caller),
    db: &impl Reads,
    token: &LinkToken,
) -> Result<EmailChange> {
    let hashes = ctx.secrets.token_hashes(token.bytes());
    let found = store::email_changes::by_hashes(db, &hashes).await?;
    // A key of one team sees nobody beyond it, and an account is beyond every team.
    found
        .filter(|_| caller.team_id.is_none())
        .ok_or_else(EmailChange::not_found)
}
