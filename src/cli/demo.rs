//! `muster demo`: the real server on a folder and port of its own, a team, and 5,000 people imported over TCP.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    CliError,
    args::DemoArgs,
    client::{self, Connection},
    import::{
        outcome,
        stream::{Upload, stream_csv, users},
        summary,
    },
    print::{self, Progress, number},
    serve,
    trust::TrustArgs,
};
use crate::{
    clock::Clock,
    config::{
        DatabaseUrl, LogArgs, LogFormat, MailConfig, MailTarget, MigrateMode, OperatorKey,
        SecretKeyArgs, ServeConfig, Settings, read_secret,
    },
    ids,
    proto::{
        CreateTeamRequest, GetTeamRequest, ImportUsersHeader, ImportUsersResponse, PrimaryAdmin,
        team_service_client::TeamServiceClient,
    },
    server::{self, start},
    store::{self, Store},
    telemetry,
};

/// 5,000 made-up people with addresses of reserved domains.
const PEOPLE: &[u8] = include_bytes!("../../examples/people-5000.csv");

/// How long the whole import may take.
const TIMEOUT: Duration = Duration::from_mins(2);

/// Shows everything at once.
///
/// # Errors
/// What keeps the server from starting, or a call from being answered.
pub async fn run(args: &DemoArgs) -> Result<ExitCode, CliError> {
    let folder = folder(args.folder.as_deref())?;
    let config = config(&folder)?;
    telemetry::begin(&config.log).map_err(|error| CliError::new(error.to_string()))?;
    let started = start::open(&config).await?;
    let relay = serve::relay(&started.ctx, &config)?;
    let store = started.ctx.store.clone();
    let listener = TcpListener::bind(config.listen).await?;
    let address = listener.local_addr()?.to_string();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(server::run(
        started.ctx,
        relay,
        listener,
        stop.clone().cancelled_owned(),
    ));
    let interrupted = serve::stop()?;

    let shown = tokio::select! {
        shown = show(args, &folder, (&address, &store)) => shown,
        () = interrupted => Ok(ExitCode::SUCCESS),
    };
    stop.cancel();
    serving
        .await
        .map_err(|error| CliError::new(error.to_string()))??;
    store.close().await?;
    shown
}

/// What happens beside the server: the calls of a client, then waiting.
async fn show(
    args: &DemoArgs,
    folder: &Path,
    (address, store): (&str, &Store),
) -> Result<ExitCode, CliError> {
    let key_file = folder.join("muster.key");
    let key = read_secret(&key_file)?;
    let connection =
        client::connect(&format!("http://{address}"), &TrustArgs::default(), &key).await?;
    print::note(&format!(
        "A server listens on {address}; everything is in {}.",
        folder.display()
    ));
    let team = create_team(&connection).await?;
    let imported = import(&connection, &team).await?;
    print::answer(&summary::text(&imported))?;
    print::answer(&format!(
        "\nThe letters are files in {}\n\n{}",
        folder.join("outbox").display(),
        recipes(address, &key_file, &team)
    ))?;

    if !args.exit {
        print::answer("\nServing until Ctrl-C.")?;
        std::future::pending::<()>().await;
    }
    drain(store).await?;
    let undelivered = undelivered(&connection, &team).await?;
    let refused = imported
        .results
        .iter()
        .filter(|result| outcome::is_refused(result))
        .count();
    print::answer(&format!(
        "\nEvery letter has left; {refused} rows were refused, {undelivered} letters could not be delivered."
    ))?;
    Ok(if refused == 0 && undelivered == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn create_team(connection: &Connection) -> Result<String, CliError> {
    let request = CreateTeamRequest {
        display_name: "Acme Demonstration".to_owned(),
        primary_admin: Some(PrimaryAdmin {
            email: "ada.lovelace@acme.example".to_owned(),
            given_name: "Ada".to_owned(),
            family_name: "Lovelace".to_owned(),
            language: "en".to_owned(),
        }),
        ..CreateTeamRequest::default()
    };
    let mut teams = TeamServiceClient::new(connection.clone());
    let team = teams.create_team(request).await?.into_inner().team;
    Ok(team.map(|team| team.id).unwrap_or_default())
}

async fn import(connection: &Connection, team: &str) -> Result<ImportUsersResponse, CliError> {
    let upload = Upload {
        header: ImportUsersHeader {
            team_id: team.to_owned(),
            import_id: ids::new(Clock::System.now()).to_string(),
            ..ImportUsersHeader::default()
        },
        timeout: TIMEOUT,
        progress: Progress::new(),
    };
    let mut users = users(connection.clone());
    stream_csv(&mut users, &upload, PEOPLE)
        .await
        .map_err(|broken| CliError::new(broken.to_string()))
}

async fn undelivered(connection: &Connection, team: &str) -> Result<i64, CliError> {
    let request = GetTeamRequest {
        team_id: team.to_owned(),
    };
    let mut teams = TeamServiceClient::new(connection.clone());
    let counts = teams.get_team(request).await?.into_inner().counts;
    Ok(counts.unwrap_or_default().undelivered_invitations)
}

/// Waits until the relay has sent what is queued.
async fn drain(store: &Store) -> Result<(), CliError> {
    let progress = Progress::new();
    loop {
        let queued = store::outbox::queued(store).await?;
        if queued == 0 {
            return Ok(());
        }
        progress.show(&format!("{} letters wait", number(queued)));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Lines that work as they are printed, in another terminal.
fn recipes(address: &str, key_file: &Path, team: &str) -> String {
    let call = |method: &str, body: &str| {
        format!(
            "  grpcurl -plaintext -H \"authorization: Bearer $(cat '{}')\" -d '{body}' {address} muster.v1.{method}",
            key_file.display()
        )
    };
    [
        "Try, in another terminal:".to_owned(),
        call("TeamService/GetTeam", &format!(r#"{{"team_id":"{team}"}}"#)),
        call(
            "TeamService/ListMembers",
            &format!(r#"{{"team_id":"{team}","page_size":3}}"#),
        ),
        call(
            "InvitationService/CreateInvitation",
            &format!(
                r#"{{"team_id":"{team}","email":"grace@navy.example","given_name":"Grace","family_name":"Hopper","role":"ROLE_SECONDARY_ADMIN"}}"#
            ),
        ),
    ]
    .join("\n")
}

fn folder(given: Option<&Path>) -> Result<PathBuf, CliError> {
    let folder = given.map_or_else(
        || std::env::temp_dir().join(format!("muster-demo-{}", ids::new(Clock::System.now()))),
        Path::to_owned,
    );
    std::fs::create_dir_all(&folder)
        .map_err(|error| CliError::new(format!("cannot make {}: {error}", folder.display())))?;
    // Letters and keys carry it; they must work from any other folder.
    Ok(folder.canonicalize()?)
}

fn config(folder: &Path) -> Result<ServeConfig, CliError> {
    let database = DatabaseUrl::parse(&format!("sqlite://{}/muster.db", folder.display()))?;
    let secret_key = SecretKeyArgs {
        secret_key_file: None,
        secret_key: None,
    };
    Ok(ServeConfig {
        listen: ([127, 0, 0, 1], 0).into(),
        http_listen: None,
        http_url: String::new(),
        tls: None,
        public_url: "http://localhost:8080".to_owned(),
        migrate: MigrateMode::Auto,
        log: LogArgs {
            log: LogFormat::Human,
            log_filter: "warn".to_owned(),
        },
        mail: MailConfig {
            target: MailTarget::Folder(folder.join("outbox")),
            from: "muster <no-reply@localhost>".to_owned(),
            reply_to: None,
        },
        secret_key: secret_key.check(&database)?,
        operator_key: OperatorKey::MakeIn(database.beside("muster.key")),
        settings: Settings::default(),
        database,
    })
}
