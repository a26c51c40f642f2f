// Why a call was refused: the reason that programs switch on, beside the status code.

import protobuf from 'protobufjs';

// The part of google.rpc (https://github.com/googleapis/googleapis/tree/master/google/rpc) that carries it.
const { root } = protobuf.parse(`
  syntax = "proto3";
  package google.rpc;
  message Any { string type_url = 1; bytes value = 2; }
  message Status { int32 code = 1; string message = 2; repeated Any details = 3; }
  message ErrorInfo { string reason = 1; string domain = 2; map<string, string> metadata = 3; }
`);
const Status = root.lookupType('google.rpc.Status');
const ErrorInfo = root.lookupType('google.rpc.ErrorInfo');

export function reasonOf(error) {
  const [details] = error.metadata.get('grpc-status-details-bin');
  const found = Status.decode(details).details.find(({ type_url, typeUrl }) =>
    (type_url ?? typeUrl).endsWith('/google.rpc.ErrorInfo'),
  );
  const info = ErrorInfo.decode(found.value);
  return info.domain === 'muster' ? info.reason : undefined;
}
