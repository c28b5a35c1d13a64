# chat-server alone, in a container: docker build -t chat-server .
#
#   docker run -d --name chat -p 6697:6697 -v chat-data:/var/lib/chat-server chat-server
#   docker exec -it chat chat-server account add Romain
#
# Settings come from the environment (CHAT_DATABASE_FILE, CHAT_SERVER_NAME, …) or from a file mounted at
# /etc/chat-server/config.toml.

FROM rust:1.89-bookworm AS build
WORKDIR /build
COPY . .
# No terminal library is linked: the console needs the other program's half.
RUN cargo build --locked --release --no-default-features --features server --bin chat-server

FROM debian:bookworm-slim
RUN useradd --system --home-dir /var/lib/chat-server --shell /usr/sbin/nologin chat-server \
    && install -d -o chat-server -g chat-server -m 0700 /var/lib/chat-server /run/chat-server
COPY --from=build /build/target/release/chat-server /usr/bin/chat-server
USER chat-server
WORKDIR /var/lib/chat-server
ENV CHAT_DATA_DIR=/var/lib/chat-server \
    CHAT_SOCKET=/run/chat-server/server.sock \
    CHAT_LISTEN_TLS=0.0.0.0:6697 \
    CHAT_LISTEN_HTTP=127.0.0.1:9667 \
    CHAT_LOG_FORMAT=json
VOLUME /var/lib/chat-server
EXPOSE 6697
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD \
    ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/9667 && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && head -n 1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["/usr/bin/chat-server"]
