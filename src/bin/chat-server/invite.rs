//! `chat-server invite`: codes by which one account each may be registered. They go through the server while one runs.

use chat_tui::proto::text::shown;
use chat_tui::server::admin::invitations::{InvitationCommand, InvitationEntry};
use clap::Subcommand;

/// What is done.
#[derive(Subcommand)]
pub enum Invite {
    /// Make a code and print it: whoever has it may register one account
    Create {
        /// For whom, or what for; only operators see it
        #[arg(default_value = "")]
        note: String,
        /// How long it counts: 12h, 7d, 2w; 0 is for ever
        #[arg(long = "for", value_name = "TIME", default_value = "7d")]
        duration: String,
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// List the invitations that wait to be used, without their codes
    List {
        /// As JSON, for programs
        #[arg(long)]
        json: bool,
    },
    /// Let an invitation count no more
    Revoke {
        /// Its number, as the list has it
        number: String,
    },
}

impl Invite {
    /// What is asked of the server, and whether the answer is printed as JSON.
    pub fn into_command(self) -> (InvitationCommand, bool) {
        match self {
            Self::Create { note, duration, json } => (InvitationCommand::Create { duration, note }, json),
            Self::List { json } => (InvitationCommand::List, json),
            Self::Revoke { number } => (InvitationCommand::Revoke { number }, false),
        }
    }
}

/// Prints a new invitation: its code alone on standard output, so that it can be passed on.
pub fn tell_made(made: &InvitationEntry, as_json: bool) -> anyhow::Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(made)?);
        return Ok(());
    }
    println!("{}", shown(made.code.as_deref().unwrap_or_default()));
    let until = made.until.as_deref().map_or_else(|| "for ever".to_owned(), |until| format!("until {until}"));
    eprintln!("invitation {}: it counts once, {}, and is shown this once", made.number, shown(&until));
    Ok(())
}

/// Prints invitations: as columns or as JSON.
pub fn tell(invitations: &[InvitationEntry], as_json: bool) -> anyhow::Result<()> {
    if as_json {
        println!("{}", serde_json::to_string_pretty(invitations)?);
        return Ok(());
    }
    for it in invitations {
        let until = it.until.as_deref().unwrap_or("for ever");
        let [since, by, note] = [&it.since, &it.by, &it.note].map(|text| text.as_deref().unwrap_or_default());
        println!("{}", shown(format!("{:6}  {since}  {until:24}  {by}  {note}", it.number).trim_end()));
    }
    Ok(())
}
