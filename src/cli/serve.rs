//! `muster serve`: everything in one process, until it is told to stop.

use std::{net::SocketAddr, process::ExitCode};

use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use super::{CliError, print};
use crate::{
    app::Context,
    config::{MailConfig, MailTarget, ServeArgs, ServeConfig},
    mail::{
        letter::Sender,
        relay::Relay,
        transport::{Folder, Transport},
    },
    server::{self, Door, Doors, Tls, Web, socket, start},
    telemetry,
};

/// Serves until SIGTERM or Ctrl-C.
///
/// # Errors
/// What keeps it from starting, or calls that still ran at the end.
pub async fn run(args: &ServeArgs) -> Result<ExitCode, CliError> {
    let config = args.check()?;
    telemetry::begin(&config.log).map_err(|error| CliError::new(error.to_string()))?;
    let tls = config.tls.as_ref().map(Tls::load).transpose()?;
    let web_tls = match (&config.tls, config.http_listen) {
        (Some(files), Some(_)) => Some(Tls::load_for_web(files)?),
        (None, _) | (_, None) => None,
    };
    socket::make_room(&config.settings.connections);
    let relay = |ctx: &Context| relay(ctx, &config);
    let started = start::open(&config).await?;
    let relay = relay(&started.ctx)?;
    if let Some(file) = &started.operator_key_file {
        print::note(&format!(
            "The operator's key is in {}. Keep it safe; it is shown nowhere else.",
            file.display()
        ));
    }

    let listener = listen(config.listen, "--listen").await?;
    let web = match config.http_listen {
        Some(address) => Some(listen(address, "--http-listen").await?),
        None => None,
    };
    let web_address = web.as_ref().map(TcpListener::local_addr).transpose()?;
    let web = web.map(|listener| Web {
        door: Door::of_web(listener, web_tls),
        url: config.http_url.clone(),
    });
    let address = listener.local_addr()?;
    let stop = stop()?;
    let http = web_address.map(tracing::field::display);
    tracing::info!(%address, http, tls = tls.is_some(), database = %config.database, mail = %config.mail.target, "serving");
    let store = started.ctx.store.clone();
    let doors = Doors {
        grpc: Door::new(listener, tls),
        web,
    };
    Box::pin(server::run(started.ctx, relay, doors, stop)).await?;
    store.close().await?;
    Ok(ExitCode::SUCCESS)
}

async fn listen(address: SocketAddr, flag: &str) -> Result<TcpListener, CliError> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| {
        CliError::new(format!("cannot listen on {address}: {error}")).advise(format!(
            "Is another server running? Choose another address with {flag}."
        ))
    })
}

/// The relay that the configuration describes.
///
/// # Errors
/// A mail URL or sender that cannot be used.
pub(super) fn relay(ctx: &Context, config: &ServeConfig) -> Result<Relay, CliError> {
    let (transport, sender) = mail(&config.mail)?;
    Ok(Relay {
        store: ctx.store.clone(),
        clock: ctx.clock.clone(),
        secrets: ctx.secrets.clone(),
        settings: ctx.settings.clone(),
        transport,
        sender,
        public_url: config.public_url.clone(),
    })
}

/// How letters travel and who they come from.
pub(super) fn mail(config: &MailConfig) -> Result<(Transport, Sender), CliError> {
    let transport = match &config.target {
        MailTarget::Folder(folder) => Transport::File(Folder::new(folder.clone())),
        MailTarget::Smtp(url) => Transport::parse(url.expose())
            .map_err(|error| CliError::new(format!("--mail (MUSTER_MAIL): {error}")))?,
    };
    let sender = Sender::parse(&config.from, config.reply_to.as_deref())
        .map_err(|error| CliError::new(format!("--mail-from or --mail-reply-to: {error}")))?;
    Ok((transport, sender))
}

/// Ends on the first SIGTERM or Ctrl-C; the handlers are in place when this returns.
pub(super) fn stop() -> Result<impl Future<Output = ()>, CliError> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
