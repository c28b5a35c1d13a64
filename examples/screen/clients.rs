//! The clients that are measured, and how each is told to connect.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::Result;
use clap::ValueEnum;

use crate::server::CHANNEL;
use crate::terminal::Program;

/// Who logs in.
const NAME: &str = "bench";

/// A client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Client {
    /// Ours
    ChatTui,
    /// WeeChat
    Weechat,
    /// irssi
    Irssi,
}

impl Client {
    /// The name in figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChatTui => "chat-tui",
            Self::Weechat => "weechat",
            Self::Irssi => "irssi",
        }
    }

    /// How it is started, with its settings in `home`, to connect to a port of this machine and to be in the channel.
    pub fn program(self, path: &Path, home: &Path, port: u16) -> Result<Program> {
        let mut command: Vec<OsString> = vec![path.into()];
        let mut environment = Vec::new();
        match self {
            Self::ChatTui => {
                let server = format!("irc://127.0.0.1:{port}");
                let data = home.join("data/chat-tui");
                fs::create_dir_all(&data)?;
                fs::set_permissions(&data, fs::Permissions::from_mode(0o700))?;
                let file = data.join("logins.toml");
                fs::write(
                    &file,
                    format!("[[login]]\nserver = \"{server}\"\naccount = \"{NAME}\"\ntoken = \"ctd1_x\"\n"),
                )?;
                fs::set_permissions(&file, fs::Permissions::from_mode(0o600))?;
                command.extend(["--server".into(), server.into(), "--name".into(), NAME.into()]);
                for (variable, directory) in
                    [("XDG_DATA_HOME", "data"), ("XDG_CONFIG_HOME", "config"), ("XDG_STATE_HOME", "state")]
                {
                    environment.push((variable.to_owned(), home.join(directory).into()));
                }
            }
            Self::Weechat => {
                let add = format!("/server add bench 127.0.0.1/{port} -notls -nicks={NAME} -autojoin={CHANNEL}");
                command.extend([
                    "-d".into(),
                    home.into(),
                    "-r".into(),
                    add.into(),
                    // As many lines as it is sent: the others keep them all, too.
                    "-r".into(),
                    "/set weechat.history.max_buffer_lines_number 0".into(),
                    "-r".into(),
                    "/connect bench".into(),
                ]);
            }
            // Without its pauses between commands, which would only be waited for.
            Self::Irssi => {
                let config = format!(
                    "servers = ({{ address = \"127.0.0.1\"; chatnet = \"bench\"; port = \"{port}\"; autoconnect = \"Yes\"; }});\n\
                     chatnets = {{ bench = {{ type = \"IRC\"; nick = \"{NAME}\"; }}; }};\n\
                     channels = ({{ name = \"{CHANNEL}\"; chatnet = \"bench\"; autojoin = \"Yes\"; }});\n\
                     settings = {{ core = {{ real_name = \"{NAME}\"; user_name = \"{NAME}\"; nick = \"{NAME}\"; }}; \
                     \"irc/core\" = {{ cmd_queue_speed = \"1msec\"; cmds_max_at_once = \"100\"; }}; \"fe-common/core\" = {{ window_auto_change = \"Yes\"; }}; }};\n"
                );
                fs::create_dir_all(home)?;
                fs::write(home.join("config"), config)?;
                command.push(format!("--home={}", home.display()).into());
            }
        }
        Ok(Program { command, environment })
    }
}
