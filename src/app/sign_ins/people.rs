//! Who signed in: somebody known by his identity, somebody known by his address, or somebody new.

use crate::{
    app::team_domains::is_own,
    clock::Time,
    domain::{
        email::Email,
        id_tokens::{SignIn, TokenFault},
        names::PersonName,
        sso::SsoConnection,
        teams::Team,
        users::{Profile, User},
    },
    error::{Error, Reason, Result},
    store::{self, Tx, users::Hold},
};

/// What stands for a name that the provider does not tell.
const NAMELESS: &str = "-";

/// Somebody who signed in.
pub(super) struct Person {
    /// The address of his account.
    pub(super) email: Email,
    /// His account, if he has none yet.
    pub(super) profile: Profile,
    /// The account that he has.
    pub(super) known: Option<User>,
    /// Whether the connection sees his identity for the first time.
    pub(super) is_new_to_connection: bool,
}

/// Tells who signed in. His account, if he has one, is locked, and verified if it was found by its address.
///
/// # Errors
/// `ID_TOKEN_INVALID`, `EMAIL_MISMATCH`, `USER_DISABLED`.
pub(super) async fn identify(
    tx: &Tx,
    (team, connection): (&Team, &SsoConnection),
    sign_in: &SignIn,
    now: Time,
) -> Result<Person> {
    let place = (connection.team_id, connection.id);
    if let Some(id) = store::identities::user_of(tx, place, &sign_in.subject).await? {
        let user = store::users::lock(tx, id).await?;
        // Whoever was erased since has no identities any more.
        let user = user.filter(|user| user.delete_time.is_none());
        let user = user.ok_or(Error::Conflict)?;
        user.undisabled()?;
        return Ok(Person {
            email: address(&user)?,
            profile: profile(sign_in, &address(&user)?)?,
            known: Some(user),
            is_new_to_connection: false,
        });
    }

    let email = sign_in.email.clone().ok_or(TokenFault::Email)?;
    if !is_own(tx, team, &email).await? {
        return Err(Error::Refused(Reason::EmailMismatch));
    }
    let known = store::users::lock_by_emails(tx, &[email.normal()], Hold::Change).await?;
    let known = known.into_iter().next().map(|(_, user)| user);
    if let Some(user) = &known {
        // The address is somebody else's now: the one who had it signs in with another identity.
        if store::identities::has_one(tx, place, user.id).await? {
            return Err(Error::Refused(Reason::EmailMismatch));
        }
        user.undisabled()?;
        store::users::verify(tx, &[user.id], now).await?;
    }
    Ok(Person {
        profile: profile(sign_in, &email)?,
        email,
        known,
        is_new_to_connection: true,
    })
}

/// The address of an account.
pub(super) fn address(user: &User) -> Result<Email> {
    Email::parse("email", &user.email).map_err(|broken| Error::kept(&broken))
}

/// The names of the token; of somebody whose provider tells none, what stands before the @.
fn profile(sign_in: &SignIn, email: &Email) -> Result<Profile> {
    let local = email.typed().split_once('@').map_or("", |(local, _)| local);
    let nameless = PersonName::parse("name", NAMELESS).map_err(|broken| Error::kept(&broken))?;
    let given = sign_in.given_name.clone();
    let given = given.or_else(|| PersonName::parse("given_name", local).ok());
    Ok(Profile::named(
        given.unwrap_or_else(|| nameless.clone()),
        sign_in.family_name.clone().unwrap_or(nameless),
        None,
    ))
}
