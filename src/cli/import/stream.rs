//! The transport of an import: a reader's bytes as parts of one `ImportUsers` call.

use std::{io, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    sync::mpsc,
};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status};

use crate::{
    cli::{
        client::Connection,
        print::{Progress, number},
    },
    proto::{
        ImportUsersEnd, ImportUsersHeader, ImportUsersRequest, ImportUsersResponse,
        import_users_end::Count, import_users_request::Part,
        user_service_client::UserServiceClient,
    },
};

/// How much of a file goes into one message. Small messages cost more than they carry, and h2 counts them.
const CHUNK_BYTES: u64 = 64 * 1024;

/// How many chunks wait for the network.
const QUEUED_PARTS: usize = 4;

/// More than 5,000 results are; tonic's own limit of 4 MiB is close to what they may be.
const ANSWER_MAX_BYTES: usize = 16 * 1024 * 1024;

/// A client of the user service.
pub type Users = UserServiceClient<Connection>;

/// A client that reads the answer of a whole import.
#[must_use]
pub fn users(connection: Connection) -> Users {
    UserServiceClient::new(connection).max_decoding_message_size(ANSWER_MAX_BYTES)
}

/// How a file is sent.
pub struct Upload {
    /// What the import is to do.
    pub header: ImportUsersHeader,
    /// How long the whole call may take, reading included.
    pub timeout: Duration,
    /// Where to show how far it is.
    pub progress: Progress,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The reader failed. Nothing was imported, since `end` was not sent.
    #[error("cannot read: {0}")]
    Reading(#[source] io::Error),
    /// The server refused. Nothing was imported.
    #[error("{0}")]
    Refused(Box<Status>),
    /// Something broke after `end`: the import may have happened. A repeat under the same import id tells, safely.
    #[error("{0}")]
    Lost(Box<Status>),
}

/// Sends `reader` to its end as the CSV of one import.
///
/// # Errors
///
/// See [`Broken`], which tells whether the import can have happened.
pub async fn stream_csv<R>(
    client: &mut Users,
    upload: &Upload,
    reader: R,
) -> Result<ImportUsersResponse, Broken>
where
    R: AsyncRead + Unpin,
{
    let (parts, queue) = mpsc::channel(QUEUED_PARTS);
    let mut request = Request::new(ReceiverStream::new(queue));
    request.set_timeout(upload.timeout);
    let call = client.import_users(request);
    let feeding = feed(upload, parts, reader);
    tokio::pin!(call, feeding);

    let mut ended = false;
    loop {
        tokio::select! {
            fed = &mut feeding, if !ended => match fed {
                Ok(()) => ended = true,
                Err(error) => return Err(Broken::Reading(error)),
            },
            // Early, if the server has seen enough; what was not sent by then is not missed.
            answer = &mut call => return match answer {
                Ok(answer) => Ok(answer.into_inner()),
                Err(status) if ended && is_outcome_unknown(status.code()) => Err(Broken::Lost(Box::new(status))),
                Err(status) => Err(Broken::Refused(Box::new(status))),
            },
        }
    }
}

/// Sends header, csv and `end`; the last only if every byte was read, since it is what makes the import happen.
async fn feed<R>(
    upload: &Upload,
    parts: mpsc::Sender<ImportUsersRequest>,
    mut reader: R,
) -> io::Result<()>
where
    R: AsyncRead + Unpin,
{
    send(&parts, Part::Header(upload.header.clone())).await;
    let mut sent: u64 = 0;
    loop {
        let mut chunk = Vec::new();
        (&mut reader)
            .take(CHUNK_BYTES)
            .read_to_end(&mut chunk)
            .await?;
        if chunk.is_empty() {
            break;
        }
        sent += chunk.len() as u64;
        send(&parts, Part::Csv(chunk)).await;
        upload
            .progress
            .show(&format!("sent {} KiB", number(sent.div_ceil(1024))));
    }

    let byte_count = i64::try_from(sent).map_err(io::Error::other)?;
    let end = ImportUsersEnd {
        count: Some(Count::ByteCount(byte_count)),
    };
    send(&parts, Part::End(end)).await;
    upload.progress.show("waiting for the results");
    Ok(())
}

/// Waits until the part is on its way. If the call is over nobody takes it, and the call's answer says why.
async fn send(parts: &mpsc::Sender<ImportUsersRequest>, part: Part) {
    if parts
        .send(ImportUsersRequest { part: Some(part) })
        .await
        .is_err()
    {
        std::future::pending::<()>().await;
    }
}

/// Whether a call that ended so may have been carried out.
fn is_outcome_unknown(code: Code) -> bool {
    matches!(
        code,
        Code::Cancelled
            | Code::Unknown
            | Code::DeadlineExceeded
            | Code::Internal
            | Code::Unavailable
    )
}
