//! Every call of the contract as its descriptor tells it, made with bytes: so that what is claimed of all of them is tried on
//! one that nobody has thought of yet.

use http::uri::PathAndQuery;
use muster::proto::DESCRIPTORS;
use prost::bytes::{Buf, BufMut};
use prost_reflect::{DescriptorPool, MethodDescriptor};
use tonic::{
    Request, Status,
    body::Body,
    client::{Grpc, GrpcService},
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    codegen::StdError,
    metadata::{Ascii, MetadataValue},
    service::{
        Interceptor,
        interceptor::{InterceptedService, ResponseBody},
    },
};

use crate::harness::Harness;

/// Every call of the contract.
pub(crate) fn methods() -> Vec<MethodDescriptor> {
    let pool = DescriptorPool::decode(DESCRIPTORS).expect("descriptors");
    let services = pool.services();
    let ours = services.filter(|service| service.package_name() == "muster.v1");
    ours.flat_map(|service| service.methods().collect::<Vec<_>>())
        .collect()
}

/// Service and method, as in `TeamService/GetTeam`.
pub(crate) fn name(method: &MethodDescriptor) -> String {
    format!("{}/{}", method.parent_service().name(), method.name())
}

/// Who calls: a key, and perhaps a person for whom it acts.
#[derive(Clone)]
pub(crate) struct Voice {
    /// The text of the key.
    pub(crate) key: String,
    /// The person's id.
    pub(crate) actor: Option<String>,
}

impl Interceptor for Voice {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let ascii = |text: &str| -> MetadataValue<Ascii> { text.parse().expect("plain ASCII") };
        let key = ascii(&format!("Bearer {}", self.key));
        request.metadata_mut().insert("authorization", key);
        if let Some(actor) = &self.actor {
            request.metadata_mut().insert("muster-actor", ascii(actor));
        }
        Ok(request)
    }
}

/// Makes a call and gives the bytes of its answer; of a stream, of its first message.
pub(crate) async fn call(
    h: &Harness,
    method: &MethodDescriptor,
    voice: &Voice,
    messages: Vec<Vec<u8>>,
) -> Result<Vec<u8>, Status> {
    let channel = InterceptedService::new(h.channel(), voice.clone());
    call_over(channel, method, messages).await
}

/// The same over any connection.
pub(crate) async fn call_over<S>(
    channel: S,
    method: &MethodDescriptor,
    messages: Vec<Vec<u8>>,
) -> Result<Vec<u8>, Status>
where
    S: GrpcService<Body, ResponseBody = ResponseBody<Body>>,
{
    let mut client = Grpc::new(channel);
    let ready: Result<(), StdError> = client.ready().await.map_err(Into::into);
    ready.expect("a connection");
    let path = PathAndQuery::try_from(format!("/muster.v1.{}", name(method))).expect("a path");
    let stream = Request::new(tokio_stream::iter(messages));
    if method.is_server_streaming() {
        let mut answers = client.streaming(stream, path, Bytes).await?.into_inner();
        Ok(answers.message().await?.unwrap_or_default())
    } else {
        let answer = client.client_streaming(stream, path, Bytes).await?;
        Ok(answer.into_inner())
    }
}

/// Messages as the bytes that they are.
pub(crate) struct Bytes;

impl Codec for Bytes {
    type Encode = Vec<u8>;
    type Decode = Vec<u8>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn encode(&mut self, item: Vec<u8>, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&item);
        Ok(())
    }
}

impl Decoder for Bytes {
    type Item = Vec<u8>;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Vec<u8>>, Status> {
        let mut bytes = vec![0; buffer.remaining()];
        buffer.copy_to_slice(&mut bytes);
        Ok(Some(bytes))
    }
}
