//! `muster health`: asks a server whether it serves, for probes and for people.

use std::{process::ExitCode, time::Duration};

use tonic::{Code, Request};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use super::{
    CliError,
    client::{self, AddressArgs},
    print,
};
use crate::config::span;

/// Which server to ask, and about what.
#[derive(clap::Args)]
pub struct HealthArgs {
    /// Where it is.
    #[command(flatten)]
    pub address: AddressArgs,
    /// One service, such as `muster.v1.UserService`; the server as a whole if not given.
    #[arg(
        long,
        value_name = "NAME",
        default_value = "",
        hide_default_value = true
    )]
    pub service: String,
    /// How long the answer may take.
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = span::argument)]
    pub timeout: Duration,
}

/// Prints the status. Exit code 0: it serves; 1: it answers that it does not.
///
/// # Errors
///
/// Nobody answers, in time or at all.
pub async fn run(args: &HealthArgs) -> Result<ExitCode, CliError> {
    let channel = client::reach(&args.address.address, &args.address.trust).await?;
    let mut request = Request::new(HealthCheckRequest {
        service: args.service.clone(),
    });
    request.set_timeout(args.timeout);

    let status = match HealthClient::new(channel).check(request).await {
        Ok(answer) => answer.into_inner().status(),
        // By the protocol: this server has no such service.
        Err(status) if status.code() == Code::NotFound => ServingStatus::ServiceUnknown,
        Err(status) => return Err(CliError::from(status)),
    };
    print::answer(status.as_str_name())?;
    Ok(match status {
        ServingStatus::Serving => ExitCode::SUCCESS,
        ServingStatus::Unknown | ServingStatus::NotServing | ServingStatus::ServiceUnknown => {
            ExitCode::FAILURE
        }
    })
}
