//! The program: everything it does is in the library, see [`muster::cli`].

use std::{process::ExitCode, time::Duration};

use tokio::runtime::Runtime;

/// How long a read that nobody waits for any more, such as one of a silent stdin, may hold the process up.
const LEFTOVERS_TIMEOUT: Duration = Duration::from_secs(1);

fn main() -> std::io::Result<ExitCode> {
    let runtime = Runtime::new()?;
    let code = runtime.block_on(muster::cli::main());
    runtime.shutdown_timeout(LEFTOVERS_TIMEOUT);
    Ok(code)
}
