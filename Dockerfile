# Every RUN line is also run by .ci/run, word for word: no image can be built where that runs, so the steps are tried
# there one by one.
FROM rust:1.95-bookworm AS build
WORKDIR /src
COPY . .
# .git is not here; say which commit this is: docker build --build-arg MUSTER_COMMIT="$(git rev-parse --short=12 HEAD)" .
ARG MUSTER_COMMIT=unknown
ENV MUSTER_COMMIT=$MUSTER_COMMIT
RUN cargo build --release --locked
RUN mkdir -p target/data

FROM gcr.io/distroless/cc-debian12:nonroot
COPY --from=build /src/target/release/muster /usr/local/bin/muster
# The nonroot user's, and so is a new volume that is mounted over it: database, secret, operator's key and letters.
COPY --from=build --chown=nonroot:nonroot /src/target/data /data
WORKDIR /data
VOLUME /data
# Directories come in by SCIM where MUSTER_HTTP_LISTEN says, for instance 0.0.0.0:50080.
# Beyond loopback the server starts only with TLS (MUSTER_TLS_CERTIFICATE, MUSTER_TLS_KEY), or if whoever runs the image
# says that the network is private or a proxy before it speaks TLS: MUSTER_INSECURE_NO_TLS=true. With TLS the health check
# needs MUSTER_ADDRESS=https://127.0.0.1:50051, MUSTER_SERVER_NAME and, for a private authority, MUSTER_CA.
ENV MUSTER_LISTEN=0.0.0.0:50051
EXPOSE 50051
USER nonroot
# The program is its own probe: there is no shell here.
HEALTHCHECK --interval=10s --timeout=6s --start-period=10s CMD ["/usr/local/bin/muster", "health"]
# SIGTERM drains; give it longer than --drain-timeout and --drain-delay together.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/local/bin/muster"]
